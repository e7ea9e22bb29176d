// Uses the machine of the pages in the other engines that readers have: Firefox and WebKitGTK.
//
//     node engines.mjs SITE SCREENSHOTS                  both
//     ENGINE=webkit node engines.mjs SITE SCREENSHOTS    one of them

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { check, finish, origin, pages, reported } from './books.mjs';
import { compared, Pairs } from './comparison.mjs';
import { compareWithProc } from './picture.mjs';
import { firefox } from './firefox.mjs';
import { webkit } from './webkit.mjs';

/** How long something may take on a slow machine, in ms. */
const PATIENCE = 120_000;

/** The budget from a link to another chapter until typing is possible there, in ms. */
const TURN = 3000;

/** How many times the budget it may be: it depends on the load of this computer. */
const UNDER_LOAD = 10;

const FIRST = 'before-you-start.html';

/** The pages whose first sessions are run, besides: lab/record has run all. */
const SAMPLE = ['user-namespaces.html', 'step03-uts.html', 'step06-cgroup.html', 'step11-net.html', 'step15-map.html'];

const screenshots = resolve(process.argv[3]);

/** The first session of the page, and what has become of it since its terminal's cursor was in a row. */
const firstBlock = (row) => {
    const code = document.querySelector('main pre:has(+ .lab-run) > code');
    const bar = code.parentElement.nextElementSibling;
    const shell = book.lab?.shells?.[code.classList.contains('terminal2') ? 1 : 0];
    return {
        shown: code.textContent.split('\n'),
        row: shell?.row,
        appeared: shell?.start === undefined ? [] : shell.lines(row ?? shell.start),
        outcome: bar.textContent,
        status: document.querySelector('.lab-status')?.textContent,
    };
};

/** Runs the first session of the page, which appears as the book shows it; returns the time in ms. */
async function runFirst(tab, where) {
    await tab.evaluate(() => document.querySelector('.lab-run button').scrollIntoView({ block: 'center' }));
    const { row, shown } = await tab.evaluate(firstBlock);
    const begin = performance.now();
    await tab.click('.lab-run button');
    const ended = await tab.until(PATIENCE, () => document.querySelector('.lab-run button').ariaBusy === null);
    const milliseconds = performance.now() - begin;
    const { appeared, outcome, status } = await tab.evaluate(firstBlock, row);
    check(ended && outcome.includes('✓'), `${where}: the session ends with ${outcome}; ${status}`);
    const [book, run] = [shown, appeared].map(compared);
    const pairs = new Pairs();
    const same = book.length === run.length && book.every((line, index) => pairs.matches(line, run[index]));
    check(same, `${where}: the book shows\n${book.join('\n')}\nbut the lab shows\n${run.join('\n')}\n`);
    return milliseconds;
}

/** What is shown of the kernel is what the kernel says. */
async function pictureIsRight(tab, where) {
    const { compared, rows, differences } = await tab.evaluate(compareWithProc);
    check(compared > 8 && rows > 1 && differences.length === 0, `${where}: of ${compared} in ${rows} rows: ${differences.join('; ')}`);
}

/** Starts the machine again: what ran before is gone. */
async function startAgain(tab) {
    await tab.click('.lab-actions button:last-child');
    await tab.evaluate(() => book.lab.ready);
}

/** Errors of a page are reported: otherwise none would be found in this engine. */
async function reports(tab, { name }) {
    await tab.go(`${origin}/en/isolation.html`);
    const provoked = await tab.evaluate(() => {
        console.error('said');
        setTimeout(() => { throw new Error('thrown'); });
        Promise.reject(new Error('rejected'));
        document.body.append(Object.assign(document.createElement('script'), { textContent: 'forbidden' }));
        document.body.append(Object.assign(document.createElement('script'), { src: 'missing.js' }));
        return ['said', 'thrown', 'rejected', 'content security policy', 'missing.js'];
    });
    const missing = () => provoked.filter((what) => !reported.some((error) => error.includes(what)));
    const late = performance.now() + PATIENCE;
    while (missing().length > 0 && performance.now() < late) {
        await pause(50);
    }
    check(missing().length === 0, `${name}: an error of the page was not reported: ${missing()}`);
    reported.length = 0;
}

/** Clicks into the first terminal, which its tab brings into sight. */
async function clickFirst(tab) {
    await tab.click('.lab-tabs button');
    await tab.click('.lab-pane');
}

/** Waits until a page is shown, with its machine, and what is typed there appears. */
async function usable(tab, page, where) {
    const shown = await tab.until(PATIENCE, (page) => location.pathname.endsWith(page)
        && window.book?.lab?.ready !== undefined, page);
    check(shown, `${where}: ${page} is not shown with a machine`);
    await tab.evaluate(() => book.lab.ready);
    await clickFirst(tab);
    await tab.type('~');
    const appeared = await tab.until(PATIENCE, () => {
        const { terminal, row } = book.lab.shells[0];
        return terminal.buffer.active.getLine(row).translateToString(true).endsWith('~');
    });
    check(appeared, `${where}: what is typed does not appear`);
}

/** Follows the link to the next chapter, where typing is possible soon; returns the time in ms. */
async function next(tab, page, where) {
    const begin = performance.now();
    await tab.click('.mobile-nav-chapters.next');
    await usable(tab, page, where);
    return performance.now() - begin;
}

/** The machine stays from chapter to chapter; the first sessions of some appear as in the book. */
async function chapters(tab, { name }) {
    const all = await pages('en');
    await tab.go(`${origin}/en/${FIRST}`);
    const sessions = [await runFirst(tab, `${name}: ${FIRST}`)];
    await pictureIsRight(tab, `${name}: ${FIRST}`);
    const turns = [];
    for (const page of all.slice(all.indexOf(FIRST) + 1)) {
        turns.push(await next(tab, page, `${name}: ${page}`));
        if (SAMPLE.includes(page)) {
            await startAgain(tab);
            sessions.push(await runFirst(tab, `${name}: ${page}`));
            await pictureIsRight(tab, `${name}: ${page}`);
        }
    }
    check(sessions.length === 1 + SAMPLE.length, `${name}: only ${sessions.length} pages with a session were there`);
    const seconds = (times) => `${(Math.max(...times) / 1000).toFixed(1)} s`;
    console.log(`  from the press to the end of a session: at most ${seconds(sessions)}`);
    console.log(`  from a link to a key in the next chapter: at most ${seconds(turns)}, where ${TURN / 1000} s are the budget`);
    check(Math.max(...turns) < TURN * UNDER_LOAD, `${name}: typing in the next chapter is possible after ${seconds(turns)}`);
}

const hostname = async (tab) => (await tab.evaluate(() => book.lab.computer.control.run('hostname'))).trim();

/** The way back and a reload keep the machine. */
async function navigation(tab, { name }) {
    await tab.evaluate(() => book.lab.computer.control.run('hostname kept'));
    const kept = async (page, how) => {
        await usable(tab, page, `${name}: ${how}`);
        check(await hostname(tab) === 'kept', `${name}: ${how}, the hostname is ${await hostname(tab)}`);
    };
    const all = await pages('en');
    await tab.back();
    await kept(all.at(-2), 'back');
    const stored = await tab.until(PATIENCE, () => book.lab.checkpoints.isStored
        && sessionStorage.getItem('lab-checkpoint') !== null);
    check(stored, `${name}: the machine is not stored`);
    await tab.reload();
    await kept(all.at(-2), 'reloaded');
    await pictureIsRight(tab, `${name}: reloaded`);
}

/** A second tab has a machine of its own. */
async function twoTabs(tab, engine) {
    const other = await engine.open();
    await other.go(`${origin}/en/${FIRST}`);
    await runFirst(other, `${engine.name}: second tab`);
    await tab.evaluate(() => book.lab.computer.control.run('hostname first'));
    const [here, there] = [await hostname(tab), await hostname(other)];
    check(here === 'first' && there === 'goldilocks-web', `${engine.name}: the tabs' hostnames are ${here}, ${there}`);
    await other.close();
}

/** Lines that appear in a terminal after a command has been typed there on the keyboard. */
async function typed(tab, pane, command, output) {
    await tab.type(command);
    await tab.press('Enter');
    const appeared = await tab.until(PATIENCE, (pane, output) => book.lab.shells[pane].lines(0).includes(output), pane, output);
    const lines = await tab.evaluate((pane) => book.lab.shells[pane].lines(0), pane);
    check(appeared, `terminal ${pane + 1} shows after ${command}: ${JSON.stringify(lines)}`);
}

/** What is typed reaches the shells, and F6 and Shift+Tab lead from one to the other and out. */
async function keyboard(tab, { name }) {
    await tab.go(`${origin}/en/${FIRST}`);
    await usable(tab, FIRST, `${name}: keyboard`);
    await startAgain(tab);
    await runFirst(tab, `${name}: keyboard`);
    const focused = (label) => tab.until(PATIENCE, (label) => document.activeElement.ariaLabel === label, label);
    check(await focused('terminal 1'), `${name}: after the press the focus is not in the terminal`);
    await typed(tab, 0, 'echo "One: $((6 * 7)) ~"', 'One: 42 ~');
    await tab.press('F6');
    check(await focused('terminal 2'), `${name}: F6 does not lead to the other terminal`);
    await typed(tab, 1, 'cd /etc; echo {2..4}', '2 3 4');
    await tab.press('Shift+Tab');
    check(!await tab.evaluate(() => document.activeElement.ariaLabel?.startsWith('terminal 2')),
        `${name}: Shift+Tab does not lead out of the terminal`);
    await clickFirst(tab);
    await typed(tab, 0, 'echo clicked | tr a-z A-Z', 'CLICKED');
    await writeFile(join(screenshots, `lab-${name.split(' ')[0]}.png`), await tab.screenshot());
}

/** Runs a test; what it throws is told with a picture of what was there. */
async function attempt(test, tab, engine) {
    try {
        await test(tab, engine);
    } catch (error) {
        check(false, `${engine.name}: ${test.name}: ${error.stack}`);
        await writeFile(join(screenshots, `failed-${engine.name.split(' ')[0]}-${test.name}.png`), await tab.screenshot());
    }
}

await mkdir(screenshots, { recursive: true });
const engines = { firefox, webkit };
for (const start of process.env.ENGINE ? [engines[process.env.ENGINE]] : Object.values(engines)) {
    const engine = await start(1600, 1000);
    console.log(engine.name);
    try {
        const tab = await engine.first();
        for (const test of [reports, chapters, navigation, twoTabs, keyboard]) {
            const begin = performance.now();
            await attempt(test, tab, engine);
            console.log(`  ${test.name}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
        }
    } finally {
        await engine.close();
    }
}
finish();
