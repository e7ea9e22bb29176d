// The reader does everything wrong: the page says what has happened, goes on, and can start again.
//
//     node misdeeds.mjs SITE [SCREENSHOTS]
//
// CASE=name runs only that case. Most misdeeds are the matter of lab/misdeeds.mjs, which needs no browser.

import { openMachine, press, restored, run, stored, titled } from './kept.mjs';
import { accessible, check, end } from './site.mjs';

/** The challenge of step 3 that is judged by the picture alone, and what solves it. */
const [CHALLENGE, SOLUTION] = ['#challenge-two-hostnames', ['unshare --map-root-user --uts bash', 'hostname inside']];

/** The longest that the page may draw nothing, in ms. */
const STILL = 1000;

const CGROUP = '/sys/fs/cgroup/x';

/** How long something may take on a slow machine, in ms. */
const timeout = 60_000;

const screenshots = process.argv[3];

/** Waits until something holds in the page, and checks that it came to hold. */
async function holds(page, what, condition, argument) {
    const held = await page.waitForFunction(condition, argument, { timeout }).then(() => true, () => false);
    const said = await page.locator('.lab-status, .lab-trouble').allInnerTexts();
    check(held, `${what}; it says ${said.join(' | ')}`);
}

/** From now on, keeps the longest time between two frames. */
const watchFrames = (page) => page.evaluate(() => {
    let before = performance.now();
    window.still = 0;
    const frame = (now) => {
        window.still = Math.max(window.still, now - before);
        before = now;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
});

const says = (page, what, text) => holds(page, `after ${what} the page does not say "${text}"`, (text) => {
    const bar = document.querySelector('.lab-trouble');
    return bar?.checkVisibility() && bar.textContent.includes(text);
}, text);

const heals = (page, what) => holds(page, `after ${what} something is wrong still`, () => !document.querySelector('.lab-trouble').checkVisibility());

/** Types a line of root's when the shell of a terminal has a prompt. */
async function types(page, line, terminal = 0) {
    await run(page, 'sudo env PATH="$PATH" bash', terminal);
    await page.evaluate(([line, terminal]) => book.lab.shells[terminal].terminal.input(`${line}\r`), [line, terminal]);
}

/** Presses the bar's button; the machine is to be a new one. */
async function startsAgain(page, what) {
    await page.locator('.lab-trouble button').click();
    await heals(page, what);
    await page.evaluate(() => book.lab.ready);
    check((await run(page, 'echo $mine.')).join() === '.', `after ${what} the machine is the same`);
    check((await run(page, 'id -u', 1)).join() === '1000', `after ${what} terminal 2 is ${await run(page, 'id -u', 1)}`);
}

const state = (page) => page.locator(CHALLENGE).getAttribute('data-state');

/** Begins the challenge. */
async function begin(page) {
    await page.locator(CHALLENGE).getByRole('button', { name: /^Begin/ }).click();
    await holds(page, 'the challenge does not begin', (selector) => document.querySelector(selector).dataset.state === 'open', CHALLENGE);
}

/** Whatever the page or the kernel needs is ended, stopped, frozen or filled. */
async function troubles() {
    const page = await openMachine('misdeeds');
    const progress = () => page.evaluate(() => JSON.stringify(['challenges', 'step03-uts.html'].map((it) => book.progress.of(it))));
    const before = await progress();
    await watchFrames(page);

    // The page's own shell is stopped while a challenge is judged; when it goes on, the challenge does.
    await begin(page);
    await types(page, 'kill -STOP $(pidof control)', 1);
    await says(page, 'a SIGSTOP', 'SIGSTOP');
    await says(page, 'a SIGSTOP', 'The challenge is not judged meanwhile.');
    check(await state(page) === 'open', `without the page's shell the challenge is ${await state(page)}`);
    await accessible(page, '.lab-panel', 'trouble');
    if (screenshots) {
        await page.screenshot({ path: `${screenshots}/trouble.png` });
    }
    await page.evaluate(() => book.lab.shells[1].terminal.input('kill -CONT $(pidof control)\r'));
    await heals(page, 'a SIGCONT');

    // It is killed, and all other processes: init starts shells again, of the right size.
    await page.evaluate(() => book.lab.shells[1].terminal.input('kill -9 -1\r'));
    await holds(page, 'it is not said that shells were started again', () => /init has started/.test(document.querySelector('.lab-status').textContent));
    await holds(page, 'there are no new prompts', () => book.lab.shells.every(({ prompt }) => prompt === '$'));
    const size = (await run(page, 'stty size', 1)).join();
    const shown = await page.evaluate(() => `${book.lab.shells[1].terminal.rows} ${book.lab.shells[1].terminal.cols}`);
    check(size === shown, `a new shell takes its terminal for ${size}, not ${shown}`);
    check(await state(page) === 'open' && await progress() === before, `after kill -9 -1 the challenge is ${await state(page)}`);
    for (const line of SOLUTION) {
        await page.waitForFunction(() => book.lab.shells[0].prompt);
        await page.evaluate((line) => book.lab.shells[0].terminal.input(`${line}\r`), line);
    }
    await holds(page, 'the challenge cannot be solved any more', (selector) => document.querySelector(selector).dataset.state === 'solved', CHALLENGE);
    const solved = await progress();
    await page.locator('.lab-head').getByRole('button', { name: 'Start again' }).click();
    await page.evaluate(() => book.lab.ready);

    for (const [what, line, text] of [
        ['a freezer', `mkdir ${CGROUP}; echo $$ >${CGROUP}/cgroup.procs; echo 1 >${CGROUP}/cgroup.freeze`, 'terminal 1 is frozen, as its cgroup /x is'],
        ['pids.max', `mkdir ${CGROUP}; echo 0 >${CGROUP}/pids.max; echo $$ >${CGROUP}/cgroup.procs; ls`, 'pids.max of /x is 0'],
        ['a bomb', 'bomb() { bomb | bomb & }; bomb', 'processes are in this machine'],
        ['a reset', 'reboot -f', 'no disk'],
        ['memory that is full', 'echo 1 >/proc/sys/vm/panic_on_oom; cd /dev/shm; mount -o remount,size=100% .; cat /dev/zero >full', 'has panicked'],
    ]) {
        await run(page, 'mine=old');
        await types(page, line);
        await says(page, what, text);
        await startsAgain(page, what);
    }

    // A machine that has panicked comes back as what it is.
    await types(page, 'echo c >/proc/sysrq-trigger');
    await says(page, 'a panic', 'has panicked');
    const still = await page.evaluate(() => window.still);
    check(still < STILL, `the page drew nothing for ${still} ms`);
    await stored(page);
    await page.reload({ waitUntil: 'load' });
    await restored(page);
    await says(page, 'a reload', 'has panicked');
    await page.locator('a.other-language').click();
    await titled(page, '3단계');
    await says(page, 'a page in Korean', '커널이 패닉으로 멈추어');
    await page.goBack();
    await titled(page, 'Step 3');
    await startsAgain(page, 'a panic');
    await press(page, '$ step03-uts helo\n');
    check(await progress() === solved, `the progress was ${solved}, and is ${await progress()}`);
    await page.context().close();
}

/** What names and texts are made of that would do something in a page, in a terminal, or to a decoder. */
const ATOMS = [
    '<img src=x onerror=injected()>', '<script>injected()</script>', '<b onclick=injected()>', '<iframe src=//x>', '"><svg onload=injected()>',
    'javascript:injected()', '${injected()}', '{{injected()}}', '&lt;u&gt;', '&#60;', '\'"`', '</style>', '<!--', ']]>', '../..', '한', '\u202e', '\u2028', '\ufeff',
    '\x1b[31m', '\x1b]0;<img src=x>\x07', '\x1b[c', '\x1b[6n', '\x9b5n', '\x07', '\b', '\t', '\x7f', '\x01',
];

/** Texts at random, the same each time; each is a list of bytes, with some that are no UTF-8, and no longer than a length. */
function* randomTexts(count, length) {
    let seed = 20;
    const random = (below) => {
        seed = (seed * 1103515245 + 12345) % 2 ** 31;
        return Math.floor(seed / 2 ** 31 * below);
    };
    for (let made = 0; made < count; made += 1) {
        const bytes = [];
        while (bytes.length < length) {
            bytes.push(...random(4) === 0 ? [128 + random(128)] : Buffer.from(ATOMS[random(ATOMS.length)]));
        }
        yield bytes.slice(0, length);
    }
}

/** As printf takes it, without what cannot be in the name of a file. */
const octal = (bytes) => bytes.filter((byte) => byte !== 0 && byte !== 10 && byte !== 47)
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

/** Names that the machine holds and texts that it prints do nothing in the page but to be shown. */
async function injection() {
    const page = await openMachine('injection');
    await page.evaluate(() => {
        window.violations = [];
        window.injected = () => window.violations.push('injected() was called');
        document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => window.violations.push(violatedDirective));
    });
    const title = await page.title();
    const root = async (command) => {
        const answer = await page.evaluate((command) => Promise.race([
            book.lab.computer.control.run(command), new Promise((late) => setTimeout(late, 10_000)),
        ]), command);
        check(answer !== undefined, `injection: no answer to ${command.slice(0, 200)}`);
    };
    /** Root runs a command with a name as $n; what it starts is no child of the page's shell. */
    const withName = (name, command) => root(`n=$(printf '${name}'); ${command}`);
    const stays = (script) => `(sh -c '${script}; sleep 1000; :' - "$n" </dev/null >/dev/null 2>&1 &)`;

    // Processes, hostnames, mounts and cgroups with such names; the cgroups' path has almost 4 kB.
    const [short, middle, long] = [[8, 15], [4, 60], [12, 250]].map(([count, length]) => [...randomTexts(count, length)].map(octal));
    for (const name of [...short, octal([...Buffer.from('<img src=x>')])]) {
        await withName(name, stays('printf %s "$1" >/proc/$$/comm'));
    }
    for (const name of middle) {
        await withName(name, `(unshare -u sh -c 'printf %s "$1" >/proc/sys/kernel/hostname; sleep 1000; :' - "$n" </dev/null >/dev/null 2>&1 &)`);
        await withName(name, `(unshare -m sh -c 'mount -t tmpfs "$1" /mnt; sleep 1000; :' - "$n" </dev/null >/dev/null 2>&1 &)`);
    }
    await root('cd /sys/fs/cgroup');
    for (const name of long) {
        await withName(name, 'mkdir "$n"; cd "$n"');
    }
    await root('cd /');
    await holds(page, 'the names are not there', () => {
        const { processes, cgroups, namespaces } = book.lab.view.now;
        return processes.some(({ comm }) => comm === '<img src=x>') && cgroups.some(({ path }) => path.length > 2900)
            && namespaces.some(({ nodename }) => nodename?.includes('<'));
    });

    // What is printed: titles, links, clipboards, questions, and noise.
    for (const text of [
        '\\033]0;<img src=x onerror=injected()>\\007', '\\033]8;;javascript:injected()\\033\\\\link\\033]8;;\\033\\\\',
        '\\033]52;c;aW5qZWN0ZWQoKQ==\\007', '\\033P<img src=x>\\033\\\\', `\\033]0;${'x'.repeat(3800)}\\007`,
        ...[...randomTexts(12, 400)].map(octal),
    ]) {
        await root(`printf '${text}' >/dev/ttyS1`);
    }
    // All of it is looked at.
    await page.evaluate(() => {
        document.querySelector('.lab-kernel input[type=checkbox]').click();
        [...document.querySelectorAll('.lab-kernel button')].find((it) => it.textContent === 'show')?.click();
    });
    await page.evaluate(() => book.lab.shells[1].terminal.scrollToTop());
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const found = await page.evaluate(() => [
        ...[...document.querySelectorAll('.lab-panel :is(img, script, iframe, svg[onload], [onerror], [onclick], a[href^="javascript"]), main :is(img[src="x"], script)')].map((it) => it.outerHTML),
        ...window.violations,
    ]);
    check(found.length === 0, `what the machine holds or prints is in the page as ${found}`);
    check(await page.locator('.lab-kernel').innerText().then((it) => it.includes('<img src=x>')), 'the name of a process is not shown as it is');
    check(await page.title() === title, `the title is ${await page.title()}`);
    check(!/[\u202e\u2028\x1b]/.test(await page.locator('.lab-kernel').innerText()), 'the picture shows characters that change others');
    await page.evaluate(() => book.lab.startAgain());
    await page.evaluate(() => book.lab.ready);
    check((await run(page, 'echo here', 1)).join() === 'here', 'after that the machine does not start again');
    await page.context().close();
}

const cases = { troubles, injection };
for (const [name, run] of Object.entries(cases).filter(([name]) => !process.env.CASE || name === process.env.CASE)) {
    const start = Date.now();
    await run();
    console.log(`${name}: ${Math.round((Date.now() - start) / 1000)} s`);
}
await end();
