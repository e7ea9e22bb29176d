// Presses every button of the Korean book that runs a terminal session, and compares what
// appears on the terminals with the book. The English book has to have the same sessions.
//
//     node lab.mjs SITE             everything
//     PAGE=step03 node lab.mjs SITE  the pages with this in their names
//     PAGE=none node lab.mjs SITE    everything but the pages
//     SAMPLE='step0[346]' …          only these pages' buttons are pressed: lab/record runs the
//                                    sessions of all pages, and compares what appears, without a browser

import { checkComparison, compared, Pairs } from './comparison.mjs';
import { accessible, answers, check, end, open, origin, pages } from './site.mjs';
import * as numbers from '../../../lab/page/numbers.js';

/** How many terminal sessions have no button. */
const NOT_RUN = 11;

/** How long a block may take on a slow machine. */
const timeout = 60_000;

const filter = process.env.PAGE ?? '';
const sample = new RegExp(process.env.SAMPLE ?? '');

/** The inode numbers of all namespaces that have a process. */
async function inodes(page) {
    const links = await page.evaluate(() => book.lab.computer.control.run('readlink /proc/[0-9]*/ns/* | sort -u'));
    return new Set(numbers.numbers(links));
}

/** Presses a button and waits until its block has been typed; returns false if that never ends. */
async function finished(page, press) {
    await press();
    const done = () => !document.querySelector('.lab-run [aria-busy]');
    return page.waitForFunction(done, null, { timeout }).then(() => true, () => false);
}

/** Runs a block; returns the lines that appeared on its terminal. */
async function run(page, code) {
    const pane = await code.evaluate((it) => (it.classList.contains('terminal2') ? 1 : 0));
    const before = await page.evaluate((pane) => book.lab?.shells?.[pane].row, pane);
    const button = code.locator('xpath=../following-sibling::div[1]//button');
    const ended = await finished(page, () => button.click());
    const lines = await page.evaluate(([pane, before]) => {
        const { [pane]: opened } = book.lab?.shells ?? [];
        return opened?.lines(before ?? opened.start) ?? [];
    }, [pane, before]);
    const status = await page.locator('.lab-status').textContent();
    return [...compared(lines), ...(ended ? [] : [`(it did not end) ${status}`])];
}

/** Runs all blocks of a page, in order, if it is in the sample; returns the number of sessions without a button. */
async function runPage(page, name) {
    await page.goto(`${origin}/ko/${name}`, { waitUntil: 'load' });
    const pairs = new Pairs();
    const sessions = await page.locator('main pre > code.language-console').all();
    const buttons = page.locator('pre:has(> code.language-console) + .lab-run button');
    const blocks = page.locator('main pre:has(> code.language-console):has(+ .lab-run) > code');
    // As printed: a run puts its own numbers into the text.
    const printed = await blocks.allTextContents();
    const pressed = sample.test(name) ? await blocks.all() : [];
    for (const [index, code] of pressed.entries()) {
        const shown = compared(printed[index].split('\n'));
        const appeared = await run(page, code);
        const shows = appeared.some((line) => line.includes('4026'));
        const inUse = shows ? await inodes(page) : null;
        const same = shown.length === appeared.length && shown.every((line, index) => {
            if (shows && /^[$#] /.test(line)) {
                pairs.forgetInodes(inUse);
            }
            return pairs.matches(line, appeared[index]);
        });
        const indented = (lines) => lines.map((line) => `    ${line}`).join('\n');
        check(same, `${name}: the book shows\n${indented(shown)}\nbut the lab shows\n${indented(appeared)}\n`);
    }
    return sessions.length - await buttons.count();
}

/** The sessions of a page as they are printed, and their words: the terminal, and whether they are run. */
const printedSessions = (page, language, name) => page.evaluate(async (path) => {
    const html = await (await fetch(path)).text();
    return [...new DOMParser().parseFromString(html, 'text/html').querySelectorAll('main pre > code.language-console')]
        .map((code) => `${code.className}\n${code.textContent}`);
}, `/${language}/${name}`);

/** The English pages have the sessions of the Korean ones. */
async function sameSessions(names) {
    const page = await open(1600, 'light', 'languages');
    await page.goto(`${origin}/404.html`);
    for (const name of names) {
        const [korean, english] = [await printedSessions(page, 'ko', name), await printedSessions(page, 'en', name)];
        const longer = korean.length > english.length ? korean : english;
        const differs = longer.findIndex((_, index) => korean[index] !== english[index]);
        check(differs < 0, `${name}: the Korean page shows\n${korean[differs]}\nbut the English one\n${english[differs]}\n`);
    }
    await page.context().close();
}

/** The keyboard alone is enough. */
async function keyboard() {
    const page = await open(1280, 'light', 'keyboard');
    const focus = () => page.evaluate(() => document.activeElement.getAttribute('aria-label')
        ?? document.activeElement.textContent);
    const until = (label) => page.waitForFunction((label) => [
        document.activeElement.getAttribute('aria-label'), document.activeElement.textContent,
    ].includes(label), label, { timeout }).then(() => true, () => false);
    await page.goto(`${origin}/en/before-you-start.html`, { waitUntil: 'load' });
    for (let presses = 0; presses < 100 && await focus() !== 'run it here'; presses += 1) {
        await page.keyboard.press('Tab');
    }
    check(await focus() === 'run it here', 'Tab does not lead to a button');
    await finished(page, () => page.keyboard.press('Enter'));
    check(await until('terminal 1'), `after the press the focus is on ${await focus()}`);
    check(await page.locator('.lab-status[role=status]').count() === 1, 'no live region announces the progress');
    for (const name of ['terminal 1', 'terminal 2']) {
        check(await page.getByRole('tab', { name }).count() === 1, `no tab is called ${name}`);
    }

    // Letters and arrow keys that are shortcuts of mdBook, and Tab, which completes here.
    await page.keyboard.type('ech? s/');
    for (let presses = 0; presses < 3; presses += 1) {
        await page.keyboard.press('ArrowLeft');
    }
    await page.keyboard.press('Backspace');
    await page.keyboard.type('o');
    await page.keyboard.press('End');
    await page.keyboard.type('; cat /etc/hostn');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const seen = await page.waitForFunction(() => {
        const lines = book.lab.shells[0].lines(0);
        return lines.at(-2) === 's/' && lines.at(-1) === 'goldilocks-web';
    }, null, { timeout }).then(() => true, () => false);
    check(seen, `after the keys the terminal shows ${JSON.stringify(await page.evaluate(() => book.lab.shells[0].lines(0)))}`);
    check(page.url().endsWith('before-you-start.html'), 'an arrow key turned the page');

    for (const label of ['terminal 2', 'kernel', 'run it here']) {
        await page.keyboard.press('F6');
        check(await until(label), `F6 does not lead to ${label} but to ${await focus()}`);
    }
    await finished(page, () => page.keyboard.press('Enter'));
    await page.evaluate(() => book.lab.shells[0].terminal.onData((text) => { window.typed = text; }));
    await page.keyboard.press('Shift+Tab');
    check(await page.evaluate(() => window.typed === undefined), 'Shift+Tab is typed in the terminal');
    check(await until('Stop'), `Shift+Tab does not lead to Stop but to ${await focus()}`);
    await page.keyboard.press('Enter');
    check(await until('run it here'), `after Stop the focus is on ${await focus()}`);
    check(await page.locator('.lab-panel').count() === 0, 'Stop does not close the panel');
    await page.context().close();
}

/** "Start again" undoes what the reader did to the machine. */
async function startAgain() {
    const page = await open(1280, 'light', 'start again');
    await page.goto(`${origin}/ko/step03-uts.html`, { waitUntil: 'load' });
    await finished(page, () => page.locator('.lab-run button').first().click());
    await accessible(page, 'main', 'with the lab open');
    await accessible(page, '.lab-panel', 'the lab');
    await page.evaluate(() => book.lab.computer.control.run('hostname changed'));
    const milliseconds = await page.evaluate(async () => {
        const begin = performance.now();
        const done = new Promise((done) => {
            const status = document.querySelector('.lab-status');
            new MutationObserver(() => status.textContent === '두 터미널이 준비되었습니다.' && done())
                .observe(status, { childList: true });
        });
        [...document.querySelectorAll('.lab-head button')].find((it) => it.textContent === '처음부터 다시').click();
        await done;
        return performance.now() - begin;
    });
    console.log(`start again: ${milliseconds.toFixed(0)} ms`);
    const lines = await page.evaluate(() => book.lab.shells[1].command('hostname'));
    check(lines.join() === 'goldilocks-web', `after "Start again" hostname prints ${lines}`);

    const color = () => page.evaluate(() => book.lab.shells[0].terminal.options.theme.background);
    const light = await color();
    await page.evaluate(() => document.documentElement.classList.replace('light', 'navy'));
    await page.waitForFunction((light) => book.lab.shells[0].terminal.options.theme.background !== light, light);
    await accessible(page, '.lab-panel', 'the lab in a dark theme');
    await page.context().close();
}

/** Presses twice, too early, and while another session runs. */
async function unusualPresses() {
    const page = await open(1280, 'light', 'unusual presses');
    const status = (text) => page.waitForFunction((text) => document.querySelector('.lab-status')?.textContent
        .includes(text), text, { timeout }).then(() => true, () => false);
    const lines = () => page.evaluate(() => book.lab.shells[0].lines(book.lab.shells[0].start));
    const ends = async (what, press, command, shown) => {
        check(await finished(page, press), `${what}: it did not end`);
        const appeared = (await lines()).slice(-shown.length - 1);
        check(appeared.join() === [command, ...shown].join(), `${what}: the terminal shows ${JSON.stringify(await lines())}`);
    };
    // A block that waits for Enter, and one that needs no other block.
    const [waits, alone] = ['$ step03-uts helo\n', '$ unshare -ru sh -c'];
    /** Clicks buttons, one each `delay` ms: those with these names, or of the blocks with these texts. */
    const clickEach = (delay, ...texts) => () => page.evaluate(async ([delay, texts]) => {
        for (const text of texts) {
            const named = [...document.querySelectorAll('.lab-head button')].find((it) => it.textContent === text);
            const block = [...document.querySelectorAll('main pre:has(+ .lab-run)')].find((it) => it.textContent.includes(text));
            (named ?? block.nextElementSibling.querySelector('button')).click();
            await new Promise((resolve) => setTimeout(resolve, delay));
        }
    }, [delay, texts]);
    const click = (...texts) => clickEach(0, ...texts);
    const shown = ["$ unshare -ru sh -c 'hostname helo; hostname'", ['helo', '$ hostname', 'goldilocks-web']];

    await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
    answers.set('v86.wasm', (response) => response.end('no machine'));
    await finished(page, click(alone));
    check(await status('could not be started'), 'a broken file is not reported');
    answers.clear();
    await finished(page, async () => {
        await click(alone)();
        await status('Starting');
        await click('Stop')();
    });
    check(await page.locator('.lab-panel').count() === 0, 'Stop does not end a machine that is starting');
    await ends('three presses at once', click(waits, waits, alone), ...shown);
    // The ^C of the second meets the shell before, while, and after it starts the first's program.
    for (const delay of [0, 0, 0, 20, 50, 100]) {
        await ends(`two presses within ${delay} ms`, clickEach(delay, waits, alone), ...shown);
    }
    await ends('with the start', click(waits, 'Start again', alone), ...shown);
    await click('Start again', 'Start again')();
    check(await status('ready'), 'two starts at once do not end');

    // The page reports once that it cannot become root, and that a program does not end.
    const root = await page.evaluate(() => book.lab.shells[0].use(async () => {
        await book.lab.shells[0].command('unshare -U bash');
        return book.lab.shells[0].become('#');
    }));
    check(root === false, 'the page became root without a way to');
    await page.evaluate(() => book.lab.shells[0].type(`sh -c 'trap "" INT; echo begun; sleep 1000'\r`));
    await page.waitForFunction(() => book.lab.shells[0].lines(0).includes('begun'));
    await click(alone)();
    check(await status('Terminal 1 shows no prompt'), 'a program that does not end is not reported');
    await ends('after a new start', click('Start again', alone), ...shown);

    // The window of a laptop at 200 % zoom.
    await page.setViewportSize({ width: 640, height: 360 });
    await page.waitForFunction(() => book.lab.shells.every(({ frame, terminal }) => terminal.rows >= 4
        && frame.querySelector('.xterm-screen').clientHeight < frame.clientHeight), null, { timeout: 5000 })
        .catch(() => check(false, 'in a low window the terminals are cut off'));
    await page.context().close();
}

/** The page says where the machine cannot work. */
async function withoutMachine() {
    const phone = { viewport: { width: 390, height: 800 }, screen: { width: 390, height: 844 }, hasTouch: true };
    const buttons = async (page) => {
        await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
        return [await page.locator('.lab-run button').count(), await page.locator('p.lab-note').count()].join();
    };
    const small = await open(390, 'light', 'phone', phone);
    check(/^[1-9]\d*,1$/.test(await buttons(small)), 'a phone gets no buttons or no advice');
    await small.context().close();

    const old = await open(1280, 'light', 'old browser');
    await old.addInitScript(() => delete window.WebAssembly);
    check(await buttons(old) === '0,1', 'an old browser gets no explanation');
    await old.context().close();
}

/** Checks that it was the kernel that enforced the limit of step 06. */
async function killedByKernel(page) {
    const log = await page.evaluate(() => book.lab.computer.control.run('dmesg'));
    check(/Memory cgroup out of memory: Killed process \d+ \(tail\)/.test(log), `tail was not killed: ${log.slice(-500)}`);
}

/** Runs a test, and tells how long that took. */
async function timed(name, test) {
    const begin = performance.now();
    await test();
    console.log(`${((performance.now() - begin) / 1000).toFixed(1)} s  ${name}`);
}

const all = filter === '' || filter === 'none';
checkComparison();
let without = 0;
const names = (await pages('ko')).filter((name) => name.includes(filter));
await sameSessions(names);
for (const name of names) {
    await timed(name, async () => {
        const page = await open(1600, 'light', `${name} (lab)`);
        without += await runPage(page, name);
        if (name === 'step06-cgroup.html' && sample.test(name)) {
            await killedByKernel(page);
        }
        await page.context().close();
    });
}
check(filter !== '' || without === NOT_RUN, `${without} terminal sessions have no button`);
if (all) {
    for (const test of [withoutMachine, keyboard, startAgain, unusualPresses]) {
        await timed(test.name, test);
    }
}

await end();
