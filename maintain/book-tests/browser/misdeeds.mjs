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

const cases = { troubles };
for (const [name, run] of Object.entries(cases).filter(([name]) => !process.env.CASE || name === process.env.CASE)) {
    const start = Date.now();
    await run();
    console.log(`${name}: ${Math.round((Date.now() - start) / 1000)} s`);
}
await end();
