// A page of step 3 with a machine, and how to tell that it is still the same, for stays.mjs and
// stored.mjs.

import { check, open, origin } from './site.mjs';

/** How long something may take on a slow machine. */
export const timeout = 180_000;

/** Waits until something holds in the page, and checks that it came to hold. */
export async function holds(page, what, condition, argument) {
    const held = await page.waitForFunction(condition, argument, { timeout }).then(() => true, () => false);
    check(held, `${what}; the status is ${await status(page)}`);
}

const status = (page) => page.locator('.lab-status').allTextContents();

/** Runs a command in a terminal; returns what it prints. */
export const run = (page, command, pane = 0) => page.evaluate(
    ([command, pane]) => book.lab.shells[pane].use(() => book.lab.shells[pane].command(command)), [command, pane]);

export const scrollBack = (page) => page.evaluate(() => book.lab.shells.map((shell) => shell.lines(0)));

export const titled = (page, title) => holds(page, `no page ${title} came`, (title) => document.title.startsWith(title), title);

/** The link to the next chapter: mdBook has one for wide pages and one for narrow ones. */
export const nextLink = (page) => page.evaluateHandle(() => [...document.querySelectorAll('.nav-chapters.next, .mobile-nav-chapters.next')]
    .find((it) => it.checkVisibility()));

/** The bar of the session in which this stands. */
const bar = (page, text) => page.evaluateHandle((text) => [...document.querySelectorAll('main pre:has(+ .lab-run)')]
    .find((it) => it.textContent.includes(text)).nextElementSibling, text);

export async function press(page, text) {
    await (await bar(page, text)).evaluate((it) => it.querySelector('button').click());
    await holds(page, `${text} did not end`, () => !document.querySelector('.lab-run [aria-busy]'));
}

/** Checks that the session is marked as one that ran. */
export async function isMarked(page, text, when) {
    const outcome = await (await bar(page, text)).evaluate((it) => it.textContent);
    check(outcome.includes('✓'), `${when} the bar of the session that ran says ${outcome}`);
}

/** Opens a page of step 3 with a machine; what is set in it marks this one. */
export async function openMachine(name, address = 'en/step03-uts.html', context = undefined) {
    const page = context ? await context.newPage() : await open(1400, 'light', name);
    await page.addInitScript(() => localStorage.setItem('mdbook-sidebar', 'visible'));
    await page.goto(`${origin}/${address}`, { waitUntil: 'load' });
    await press(page, 'unshare -ru sh -c');
    await run(page, `mine='${name}'`);
    return page;
}

export const stored = (page) => holds(page, 'no checkpoint was stored', () => book.lab.checkpoints.isStored
    && sessionStorage.getItem('lab-checkpoint') !== null);

/** Whether a machine that was restored is there. */
export const restored = (page) => holds(page, 'the machine did not come back',
    () => /Restored|되돌렸습니다/.test(document.querySelector('.lab-status')?.textContent));

/** Checks that the machine is the one with this mark, and that what it showed is still there. */
export async function isSame(page, name, before, when) {
    const after = await scrollBack(page);
    const kept = before.every((lines, pane) => lines.join('\n') === after[pane].slice(0, lines.length).join('\n'));
    check(kept, `${when} the terminals show ${JSON.stringify(after).slice(-1000)}, not ${JSON.stringify(before).slice(-1000)}`);
    check((await run(page, 'echo $mine')).join() === name, `${when} the variable is ${await run(page, 'echo $mine')}`);
}
