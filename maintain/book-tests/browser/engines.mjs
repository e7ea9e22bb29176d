// Uses the machine of the pages in the other engines that readers have: Firefox and WebKitGTK.
//
//     node engines.mjs SITE SCREENSHOTS                  both
//     ENGINE=webkit node engines.mjs SITE SCREENSHOTS    one of them

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { check, finish, origin, pages, reported } from './books.mjs';
import { compared, Pairs } from './comparison.mjs';
import { firefox } from './firefox.mjs';
import { webkit } from './webkit.mjs';

/** How long a block may take on a slow machine, in ms. */
const PATIENCE = 120_000;

const screenshots = resolve(process.argv[3]);

/** The first session of the page, and what has become of it since its terminal's cursor was in a row. */
const firstBlock = (row) => {
    const code = document.querySelector('main pre:has(+ .lab-run) > code');
    const bar = code.parentElement.nextElementSibling;
    const shell = window.lab?.shells?.[code.classList.contains('terminal2') ? 1 : 0];
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
    const { row } = await tab.evaluate(firstBlock);
    const begin = performance.now();
    await tab.click('.lab-run button');
    const ended = await tab.until(PATIENCE, () => document.querySelector('.lab-run button').ariaBusy === null);
    const milliseconds = performance.now() - begin;
    const { shown, appeared, outcome, status } = await tab.evaluate(firstBlock, row);
    check(ended && outcome.includes('✓'), `${where}: the session ends with ${outcome}; ${status}`);
    const [book, run] = [shown, appeared].map(compared);
    const pairs = new Pairs();
    const same = book.length === run.length && book.every((line, index) => pairs.matches(line, run[index]));
    check(same, `${where}: the book shows\n${book.join('\n')}\nbut the lab shows\n${run.join('\n')}\n`);
    return milliseconds;
}

/** Errors of a page are reported: otherwise none would be found in this engine. */
async function reports(tab, { name }) {
    await tab.go(`${origin}/en/index.html`);
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

/** The first session of every chapter appears as in the book. */
async function chapters(tab, { name }) {
    const times = [];
    for (const page of await pages('en')) {
        await tab.go(`${origin}/en/${page}`);
        if (await tab.evaluate(() => document.querySelector('.lab-run button') !== null)) {
            times.push([await runFirst(tab, `${name}: ${page}`), page]);
        }
    }
    check(times.length > 7, `${name}: only ${times.length} pages have a session`);
    const [longest, page] = times.sort(([a], [b]) => b - a)[0];
    console.log(`  from the press to the end of the session: at most ${(longest / 1000).toFixed(1)} s (${page})`);
}

/** Lines that appear in a terminal after a command has been typed there on the keyboard. */
async function typed(tab, pane, command, output) {
    await tab.type(command);
    await tab.press('Enter');
    const appeared = await tab.until(PATIENCE, (pane, output) => lab.shells[pane].lines(0).includes(output), pane, output);
    const lines = await tab.evaluate((pane) => lab.shells[pane].lines(0), pane);
    check(appeared, `terminal ${pane + 1} shows after ${command}: ${JSON.stringify(lines)}`);
}

/** What is typed reaches the shells, and F6 and Shift+Tab lead from one to the other and out. */
async function keyboard(tab, { name }) {
    await tab.go(`${origin}/en/step03-uts.html`);
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
    await tab.click('.lab-pane');
    await typed(tab, 0, 'echo clicked | tr a-z A-Z', 'CLICKED');
    await writeFile(join(screenshots, `lab-${name.split(' ')[0]}.png`), await tab.screenshot());
}

/** Another chapter, the way back, and the same page anew can be used. */
async function navigation(tab, { name }) {
    const at = async (page, how) => {
        const there = await tab.until(PATIENCE, (page) => document.readyState === 'complete'
            && location.pathname.endsWith(page) && document.querySelector('.lab-run button') !== null, page);
        check(there, `${name}: ${how} does not lead to ${page}`);
        await runFirst(tab, `${name}: ${page}, ${how}`);
    };
    await tab.go(`${origin}/en/step01-proc-ns.html`);
    await at('step01-proc-ns.html', 'at first');
    await tab.click('.nav-wide-wrapper a[rel~=next]');
    await at('step02-clone.html', 'the next chapter');
    // Sessions that can be run twice: the engine may have kept the page with its machine.
    await tab.back();
    await at('step01-proc-ns.html', 'back');
    await tab.reload();
    await at('step01-proc-ns.html', 'reloaded');
}

/** Two tabs have machines of their own. */
async function twoTabs(tab, engine) {
    const other = await engine.open();
    for (const [it, where] of [[tab, 'first tab'], [other, 'second tab']]) {
        await it.go(`${origin}/en/step03-uts.html`);
        await runFirst(it, `${engine.name}: ${where}`);
    }
    await tab.evaluate(() => lab.computer.control.run('hostname first'));
    const [here, there] = [await hostname(tab), await hostname(other)];
    check(here === 'first' && there === 'goldilocks-web', `${engine.name}: the tabs' hostnames are ${here}, ${there}`);
    await other.close();
}

const hostname = async (tab) => (await tab.evaluate(() => lab.computer.control.run('hostname'))).trim();

await mkdir(screenshots, { recursive: true });
const engines = { firefox, webkit };
for (const start of process.env.ENGINE ? [engines[process.env.ENGINE]] : Object.values(engines)) {
    const engine = await start(1600, 1000);
    console.log(engine.name);
    try {
        const tab = await engine.first();
        for (const test of [reports, navigation, twoTabs, keyboard, chapters]) {
            const begin = performance.now();
            await test(tab, engine);
            console.log(`  ${test.name}: ${((performance.now() - begin) / 1000).toFixed(0)} s`);
        }
    } finally {
        await engine.close();
    }
}
finish();
