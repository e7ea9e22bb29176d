// The machine stays when the reader goes to another page of the book, or reloads it.
//
//     node stays.mjs SITE

import { answers, check, end, open, origin } from './site.mjs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How long something may take on a slow machine. */
const timeout = 180_000;

/** Waits until something holds in the page, and checks that it came to hold. */
async function holds(page, what, condition, argument) {
    const held = await page.waitForFunction(condition, argument, { timeout }).then(() => true, () => false);
    check(held, `${what}; the status is ${await status(page)}`);
}

const status = (page) => page.locator('.lab-status').allTextContents();

/** Runs a command in a terminal; returns what it prints. */
const run = (page, command, pane = 0) => page.evaluate(
    ([command, pane]) => lab.shells[pane].use(() => lab.shells[pane].command(command)), [command, pane]);

const scrollBack = (page) => page.evaluate(() => lab.shells.map((shell) => shell.lines(0)));

const titled = (page, title) => holds(page, `no page ${title} came`, (title) => document.title.startsWith(title), title);

/** The link to the next chapter: mdBook has one for wide pages and one for narrow ones. */
const nextLink = (page) => page.evaluateHandle(() => [...document.querySelectorAll('.nav-chapters.next, .mobile-nav-chapters.next')]
    .find((it) => it.checkVisibility()));

/** The bar of the session in which this stands. */
const bar = (page, text) => page.evaluateHandle((text) => [...document.querySelectorAll('main pre:has(+ .lab-run)')]
    .find((it) => it.textContent.includes(text)).nextElementSibling, text);

async function press(page, text) {
    await (await bar(page, text)).evaluate((it) => it.querySelector('button').click());
    await holds(page, `${text} did not end`, () => !document.querySelector('.lab-run [aria-busy]'));
}

/** Checks that the session is marked as one that ran. */
async function isMarked(page, text, when) {
    const outcome = await (await bar(page, text)).evaluate((it) => it.textContent);
    check(outcome.includes('✓'), `${when} the bar of the session that ran says ${outcome}`);
}

/** Opens a page of step 3 with a machine; what is set in it marks this one. */
async function openMachine(name, address = 'en/step03-uts.html', context = undefined) {
    const page = context ? await context.newPage() : await open(1400, 'light', name);
    await page.addInitScript(() => localStorage.setItem('mdbook-sidebar', 'visible'));
    await page.goto(`${origin}/${address}`, { waitUntil: 'load' });
    await press(page, 'unshare -ru sh -c');
    await run(page, `mine='${name}'`);
    return page;
}

const stored = (page) => holds(page, 'no checkpoint was stored', () => lab.checkpoints.isStored
    && sessionStorage.getItem('lab-checkpoint') !== null);

/** Whether a machine that was restored is there. */
const restored = (page) => holds(page, 'the machine did not come back',
    () => /Restored|되돌렸습니다/.test(document.querySelector('.lab-status')?.textContent));

/** Checks that the machine is the one with this mark, and that what it showed is still there. */
async function isSame(page, name, before, when) {
    const after = await scrollBack(page);
    const kept = before.every((lines, pane) => lines.join('\n') === after[pane].slice(0, lines.length).join('\n'));
    check(kept, `${when} the terminals show ${JSON.stringify(after).slice(-1000)}, not ${JSON.stringify(before).slice(-1000)}`);
    check((await run(page, 'echo $mine')).join() === name, `${when} the variable is ${await run(page, 'echo $mine')}`);
}

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
        const processes = await page.evaluate(() => lab.computer.control.run('ps | grep -c [s]tep03-uts'));
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
    check(await page.getByRole('group', { name: '터미널 2' }).count() === 1, 'the terminals have names of the other language');
    await isKept('in the other language');
    await isWhole(page, 'in the other language');
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
    const known = () => page.evaluate(() => [...lab.onsave().runs].map(([name, { known }]) => `${name}: ${known.size}`));
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

/** A reload, and going away and coming back. */
async function reload() {
    const name = 'reload';
    const page = await openMachine(name);
    await run(page, 'seq 200; printf "\\033[1;31mred\\033[m wide: 한국어\\n"');
    await press(page, '$ step03-uts helo\n');
    await run(page, 'echo other', 1);
    await stored(page);
    const before = await scrollBack(page);
    const begin = Date.now();
    await page.reload({ waitUntil: 'load' });
    await restored(page);
    console.log(`after a reload: ${Date.now() - begin} ms`);
    check(JSON.stringify(await scrollBack(page)) === JSON.stringify(before), 'after a reload the terminals are not what they were');
    const red = await page.evaluate(() => {
        const { buffer: { active } } = lab.shells[0].terminal;
        const rows = [...Array(active.length).keys()].map((row) => active.getLine(row));
        return rows.find((row) => row.translateToString().startsWith('red')).getCell(0).getFgColor();
    });
    check(red === 1, `after a reload the colour is ${red}`);
    await isMarked(page, '$ step03-uts helo\n', 'after a reload');
    await page.evaluate(() => lab.shells[0].terminal.input('\r'));
    await holds(page, 'step03-uts does not go on', () => lab.shells[0].prompt === '$');
    check((await run(page, 'echo $mine')).join() === name, 'after a reload the variable is lost');
    const clock = Number(await run(page, 'date +%s'));
    check(Math.abs(clock - Date.now() / 1000) < 60, `after a reload the clock is ${clock - Date.now() / 1000} s off`);

    await stored(page);
    const left = await scrollBack(page);
    await page.goto(`${origin}/en/print.html`);
    await page.goto(`${origin}/ko/step05-unshare.html`);
    await restored(page);
    await isSame(page, name, left, 'after another page');
    await page.getByRole('button', { name: '닫기' }).click();
    await page.reload({ waitUntil: 'networkidle' });
    check(await page.locator('.lab-panel').count() === 0, 'a machine that was closed came back');
    await page.context().close();
}

/** What was stored of another build is removed, and the page says that the machine is new. */
async function otherBuild() {
    const page = await openMachine('other build');
    await stored(page);
    const checkpoints = () => page.evaluate((change) => new Promise((resolve) => {
        const request = indexedDB.open('lab');
        request.onsuccess = () => {
            const store = request.result.transaction('checkpoints', 'readwrite').objectStore('checkpoints');
            const all = [];
            store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
                if (!cursor) {
                    request.result.close();
                    resolve(all);
                    return;
                }
                all.push(cursor.key);
                if (cursor.value.build) {
                    cursor.update({ ...cursor.value, build: 'another' });
                }
                cursor.continue();
            };
        };
    }));
    const [key] = await checkpoints();
    await page.reload({ waitUntil: 'load' });
    await holds(page, 'it is not said that the machine is new', () => document.querySelector('.lab-status')?.textContent
        .includes('this machine is new'));
    check((await run(page, 'echo $mine.')).join() === '.', 'the machine of another build was restored');
    await stored(page);
    check(!(await checkpoints()).includes(key), 'the checkpoint of another build is still there');
    await page.context().close();
}

/** Where the storage does not work, the machine does, and the page says so. */
async function brokenStorage(what, open) {
    const worker = await readFile(join(process.argv[2], 'lab', 'worker.js'), 'utf8');
    answers.set('worker.js', (response) => {
        response.writeHead(200, { 'content-type': 'text/javascript' });
        response.end(`IDBFactory.prototype.open = ${open};\n${worker}`);
    });
    const page = await openMachine(what);
    await holds(page, `${what}: the page does not say so`, () => [...document.querySelectorAll('.lab-not-kept')]
        .some((it) => it.checkVisibility() && it.textContent.includes('does not survive a reload')));
    check((await run(page, 'echo $mine')).join() === what, `${what}: the machine does not go on`);
    await page.reload({ waitUntil: 'networkidle' });
    check(await page.locator('.lab-panel').count() === 0, `${what}: a machine came back`);
    answers.clear();
    await page.context().close();
}

/** Each tab has a machine of its own, also one that was duplicated. */
async function twoTabs() {
    const one = await openMachine('one');
    const two = await openMachine('two', 'en/step03-uts.html', one.context());
    await stored(one);
    await stored(two);
    // A duplicate has a copy of the session storage.
    const copied = await one.evaluate(() => sessionStorage.getItem('lab-checkpoint'));
    const copy = await one.context().newPage();
    await copy.addInitScript((id) => sessionStorage.setItem('lab-checkpoint', id), copied);
    await copy.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
    await holds(copy, 'a duplicated tab keeps the id of the other', () => sessionStorage.getItem('lab-checkpoint') === null);
    check(await copy.locator('.lab-panel').count() === 0, 'a duplicated tab has the machine of the other');
    for (const [page, name] of [[one, 'one'], [two, 'two']]) {
        await page.reload({ waitUntil: 'load' });
        await restored(page);
        check((await run(page, 'echo $mine')).join() === name, `the tab ${name} has the machine of another`);
    }
    await one.context().close();
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
    turning, numbers, reload, otherBuild, twoTabs, fallback,
    throws: () => brokenStorage('a storage that is forbidden', '() => { throw new Error("forbidden"); }'),
    silent: () => brokenStorage('a storage that is silent', '() => ({})'),
};
// CHECK=turning runs one of them.
for (const [name, run] of Object.entries(checks)) {
    if (!process.env.CHECK || process.env.CHECK === name) {
        await run();
    }
}
await end();
