// The machine stays when the reader goes to another page of the book, or reloads it.
//
//     node stays.mjs SITE

import { crash } from './crashed.mjs';
import {
    holds, isMarked, nextLink, openMachine, press, restored, run, scrollBack, stored, timeout, titled,
} from './kept.mjs';
import { answers, check, end, origin } from './site.mjs';
import { brokenStorage, otherBuild, reload, twoTabs } from './stored.mjs';

/** The chapter that is marked in the sidebar, and how many links to its headings it has. */
const marked = (page) => page.evaluate(() => [
    [...document.querySelectorAll('#mdbook-sidebar a.active')].map((it) => it.getAttribute('href')).join(),
    document.querySelectorAll('.on-this-page a.header-in-summary').length,
    document.querySelectorAll('main :is(h2, h3, h4)[id]:has(> a.header)').length,
].join());

/** Checks what a page has when the browser loads it: its content, and what mdBook's scripts add. */
async function isWhole(page, when) {
    const look = () => {
        const texts = [...document.querySelectorAll('main [class], .right-buttons a, .left-buttons [aria-label], .menu-title')]
            .filter((it) => !it.closest('.lab-run'))
            .map((it) => [it.className, it.title, it.ariaLabel, it.tabIndex, it.getAttribute('href')].join('|'));
        const links = [...document.querySelectorAll('#mdbook-sidebar a[href], .nav-chapters, .mobile-nav-chapters')]
            .map((it) => [it.href, it.title, it.textContent.trim()].join('|'));
        return [document.title, document.documentElement.lang, ...texts, ...links];
    };
    const fresh = await page.context().newPage();
    await fresh.goto(page.url(), { waitUntil: 'load' });
    const [here, there] = [await page.evaluate(look), await fresh.evaluate(look)];
    const differs = here.findIndex((line, index) => line !== there[index]);
    check(here.length === there.length && differs < 0,
        `${when} the page has ${here[differs]} where it should have ${there[differs]} (${here.length}, ${there.length})`);
    await fresh.close();
}

/** From page to page: by links, keys, the browser's history and the search. */
async function turning() {
    const name = 'turning';
    const page = await openMachine(name);
    const loads = [];
    page.on('request', (request) => request.isNavigationRequest() && loads.push(request.url()));
    const panel = await page.locator('.lab-panel').boundingBox();
    await press(page, '$ step03-uts helo\n');
    await run(page, 'seq 200', 1);
    const before = await scrollBack(page);
    /** Whether the program that waits for Enter is still there. */
    const waits = async (when) => {
        const processes = await page.evaluate(() => book.lab.computer.control.run('ps | grep -c [s]tep03-uts'));
        check(Number(processes) > 0, `${when} step03-uts has ended`);
    };
    const isKept = async (when) => {
        check(JSON.stringify(await scrollBack(page)) === JSON.stringify(before), `${when} the terminals are not what they were`);
        check(JSON.stringify(await page.locator('.lab-panel').boundingBox()) === JSON.stringify(panel), `${when} the panel moved`);
        await waits(when);
    };

    // Where the focus is in a terminal it stays there, and so do the keys.
    const next = await nextLink(page);
    await next.evaluate((it) => it.focus({ preventScroll: true }));
    await page.evaluate(() => scrollTo(0, 900));
    const begin = Date.now();
    await next.evaluate((it) => it.click());
    await titled(page, 'Step 4');
    console.log(`to the next chapter: ${Date.now() - begin} ms`);
    check(page.url() === `${origin}/en/step04-setns.html`, `the address is ${page.url()}`);
    check(/^step04-setns.html,(\d+),\1$/.test(await marked(page)), `the sidebar marks ${await marked(page)}`);
    const focus = () => page.evaluate(() => document.activeElement.textContent);
    check((await focus()).startsWith('Step 4'), `the focus is on ${await focus()}`);
    check(await page.evaluate(() => scrollY) === 0, 'the next chapter does not begin at its top');
    await isKept('after the next chapter');
    await isWhole(page, 'after the next chapter');

    await page.goBack();
    await titled(page, 'Step 3');
    check(await page.evaluate(() => scrollY) === 900, `back, the page is scrolled to ${await page.evaluate(() => scrollY)}`);
    check(/^step03-uts.html,(\d+),\1$/.test(await marked(page)), `back, the sidebar marks ${await marked(page)}`);
    await isMarked(page, '$ step03-uts helo\n', 'back');
    await isKept('back');
    await page.keyboard.press('ArrowRight');
    await titled(page, 'Step 4');
    await isKept('after an arrow key');

    // A heading of another page, and a link within the page.
    await page.evaluate(() => [...document.querySelectorAll('#mdbook-sidebar .chapter a')]
        .find((it) => it.textContent.startsWith('Step 5')).click());
    await titled(page, 'Step 5');
    const section = await page.evaluate(() => [...document.querySelectorAll('main h2[id]')].at(-1).id);
    await page.evaluate((section) => { location.hash = section; }, section);
    await page.goBack();
    await titled(page, 'Step 5');
    await page.goBack();
    await titled(page, 'Step 4');
    await isKept('after headings');

    await page.click('a.other-language');
    await titled(page, '4단계');
    const words = await page.locator('.lab-head').textContent();
    check(words.includes('처음부터 다시') && !/Start again|Copy/.test(words), `the panel says ${words}`);
    check(await page.getByRole('tab', { name: '터미널 2' }).count() === 1, 'the terminals have names of the other language');
    await isKept('in the other language');
    await isWhole(page, 'in the other language');
    const button = () => page.locator('.lab-run button').first().textContent();
    check(await button() === '여기서 실행', `in the other language a button says ${await button()}`);
    await page.goBack();
    await titled(page, 'Step 4');
    check(await button() === 'run it here', `back in the first language a button says ${await button()}`);
    await page.goForward();
    await titled(page, '4단계');
    await page.keyboard.press('/');
    await page.locator('#mdbook-searchbar').pressSequentially('호스트 이름');
    await page.keyboard.press('End');
    await page.locator('#mdbook-searchresults li a').first().waitFor({ timeout });
    const [found] = await page.locator('#mdbook-searchresults li a').evaluateAll((links) => links.map((it) => it.href));
    await page.keyboard.press('Enter');
    await holds(page, 'the result was not opened', (found) => location.href === found, found);
    check(await page.locator('main mark').count() > 0, 'the words of the search are not marked');
    check(await page.locator('main mark mark').count() === 0, 'the words of the search are marked twice');
    check(new URL(page.url()).pathname.startsWith('/ko/'), `the result is ${page.url()}`);
    await isKept('after a search');

    check(loads.length === 0, `the browser loaded ${loads}`);
    await page.context().close();
}

/** Numbers of the book: each page has its own, as long as the machine is the same. */
async function numbers() {
    const page = await openMachine('numbers');
    const known = () => page.evaluate(() => [...book.lab.onsave().runs].map(([name, { known }]) => `${name}: ${known.size}`));
    await press(page, '$ step03-uts helo\n');
    const [step03] = await known();
    check(/^step03-uts.html: [1-9]/.test(step03), `known are ${step03}`);
    await page.keyboard.press('Shift+Tab');
    await (await nextLink(page)).evaluate((it) => it.click());
    await titled(page, 'Step 4');
    check((await known()).join() === `${step03},step04-setns.html: 0`, `on the next page known are ${await known()}`);
    // A session of the new page runs; the first of step 4.
    const first = page.locator('main .lab-run button').first();
    await first.click();
    await holds(page, 'a session of the new page did not run', () => document.querySelector('.lab-outcome').textContent.includes('✓'));
    await page.goBack();
    await titled(page, 'Step 3');
    check((await known())[0] === step03, `back known are ${await known()}`);
    await page.getByRole('button', { name: 'Start again' }).click();
    check((await known()).join() === 'step03-uts.html: 0', `after a new start known are ${await known()}`);
    await page.context().close();
}

/** A session whose program goes on says what ends it, also if that is a session of another page. */
async function interrupted() {
    const page = await openMachine('interrupted', 'en/step03-uts.html');
    const turn = async (title) => {
        await page.evaluate((title) => [...document.querySelectorAll('#mdbook-sidebar .chapter a')]
            .find((it) => it.textContent.startsWith(title)).click(), title);
        await titled(page, title);
    };
    const says = (text, expected) => holds(page, `the bar of ${text} does not say ${expected}`, ([text, expected]) => {
        const block = [...document.querySelectorAll('main pre:has(+ .lab-run)')].find((it) => it.textContent.includes(text));
        return new RegExp(expected).test(block.nextElementSibling.textContent);
    }, [text, expected]);
    const begin = '$ step03-uts helo\n';
    await turn('Step 4');
    await press(page, begin);
    await says(begin, 'runs in terminal 1 and waits');
    await press(page, '⏎\n');
    await says(begin, '✓ ran in terminal 1 · [\\d.]+ s$');
    await press(page, begin);
    await stored(page);
    await page.reload({ waitUntil: 'load' });
    await restored(page);
    await says(begin, 'runs in terminal 1 and waits');
    await turn('Step 3');
    await press(page, 'unshare -ru sh -c');
    await turn('Step 4');
    await says(begin, '✓ ran in terminal 1 · .* interrupted by “unshare -ru sh -c .*”');

    // One that has not come to its end.
    await turn('Step 3');
    await run(page, 'hostname() { sleep 1000; }');
    const buttons = page.locator('main .lab-run > button');
    await page.locator('main pre', { hasText: 'unshare -ru sh -c' }).locator('+ .lab-run button').click();
    await holds(page, 'the session does not begin', () => book.lab.shells[0].lines(0).at(-1) === '$ hostname');
    await buttons.first().click();
    await says('unshare -ru sh -c', 'interrupted by “step03-uts helo”');
    await page.context().close();
}

/** A page that cannot be fetched is the browser's to load; the machine comes back with it. */
async function fallback() {
    const name = 'fallback';
    const page = await openMachine(name);
    await stored(page);
    let asked = 0;
    answers.set('step04-setns.html', (response) => {
        asked += 1;
        answers.clear();
        response.writeHead(200, { 'content-type': 'text/html' }).end('no page');
    });
    await (await nextLink(page)).evaluate((it) => it.click());
    await titled(page, 'Step 4');
    await restored(page);
    check(asked === 1, 'the page did not try to fetch the next one');
    check((await run(page, 'echo $mine')).join() === name, 'after a page that could not be fetched the machine is lost');
    await page.context().close();
}

const checks = {
    turning, numbers, interrupted, reload, crash, otherBuild, twoTabs, fallback,
    throws: () => brokenStorage('a storage that is forbidden', 'IDBFactory.prototype.open = () => { throw new Error("forbidden"); }'),
    silent: () => brokenStorage('a storage that is silent', 'IDBFactory.prototype.open = () => ({})'),
    full: () => brokenStorage('a storage that is full',
        'IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }'),
};
// CHECK=turning runs one of them.
for (const [name, run] of Object.entries(checks)) {
    if (!process.env.CHECK || process.env.CHECK === name) {
        await run();
    }
}
await end();
