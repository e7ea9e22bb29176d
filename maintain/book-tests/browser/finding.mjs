// Finds its way in the built books as a reader does: by the search, the ways on below a chapter, the
// marks of what was read, the summaries of manual pages, and on paper.
//
//     node finding.mjs SITE

import { accessible, check, end, open, origin, pages } from './site.mjs';

/** Opens the search, whose index is loaded then. */
async function openSearch(language) {
    const page = await open(1280, 'light', `finding in ${language}`);
    await page.goto(`${origin}/${language}/step03-uts.html`);
    await page.keyboard.press('/');
    await page.waitForFunction(() => window.search?.doc_urls && !document.querySelector('.searching'));
    return page;
}

/** Enters a text as pasting and dictating do, without a key; returns what is found, once it is. */
async function find(page, query) {
    await page.fill('#mdbook-searchbar', '');
    await page.fill('#mdbook-searchbar', query);
    return page.evaluate(() => [...document.querySelectorAll('#mdbook-searchresults li')].map((it) => ({
        address: it.querySelector('a').getAttribute('href').replace(/\?[^#]*/, ''),
        title: it.querySelector('a').textContent,
        teaser: it.querySelector('.teaser').textContent,
        marked: [...it.querySelectorAll('.teaser em')].map((em) => em.textContent.toLowerCase()),
    })));
}

async function search() {
    const page = await openSearch('en');
    const addresses = async (query) => (await find(page, query)).map((it) => it.address).sort().join();
    for (const [a, b] of [['delegate', 'delegation'], ['isolate', 'isolation'], ['clone3()', 'clone3'], ['What is nsfs?', 'nsfs']]) {
        check(await addresses(a) === await addresses(b) && (await addresses(a)).length > 0, `${a} and ${b} do not find the same`);
    }
    // Names, also inside of longer ones.
    for (const name of ['EPERM', 'ENOSPC', 'sethostname', 'clone3', 'CLONE_NEWUTS', 'uid_map', '--mount-proc', 'CAP_SYS_ADMIN', '/proc/self/ns', 'user namespace']) {
        const found = await find(page, name);
        const missing = await page.evaluate(([name, urls]) => Object.values(window.search.index.documentStore.docs)
            .filter((doc) => `${doc.title} ${doc.body}`.toLowerCase().includes(name.toLowerCase()))
            .filter((doc) => !urls.some((url) => url.endsWith(window.search.doc_urls[doc.id]))).length,
        [name, found.map((it) => it.address)]);
        check(found.length > 0 && (missing === 0 || found.length === 30), `${name} is in ${missing} sections that were not found`);
        check(found.slice(0, 5).every((it) => it.marked.length > 0), `${name} is not marked in what is shown of a section`);
    }
    check((await find(page, 'EPERM'))[0].address.endsWith('errno.html#eperm'), 'the first place for EPERM is not its own section');
    const best = (await find(page, 'user namespace')).slice(0, 3);
    check(best.some((it) => /user-namespaces\.html/.test(it.address)), `the first places for "user namespace" are ${best.map((it) => it.address)}`);
    const chapters = await find(page, 'step');
    check(chapters.every((it) => it.teaser.length > 20), 'a place is found without its text');
    check(chapters.every(({ title }) => !/^(.+) » \1$/.test(title)), 'a page is called twice in what is found');
    check((await find(page, 'nosuchword')).length === 0, 'a word that is nowhere is found');
    await accessible(page, '#mdbook-search-wrapper', 'search');

    await find(page, 'sethostname');
    await page.click('#mdbook-searchresults li a');
    await page.waitForLoadState();
    check(await page.locator('main mark').count() > 0, 'what was searched is not marked in the page');
    await page.context().close();

    const korean = await openSearch('ko');
    const header = korean.locator('#mdbook-searchresults-header');
    for (const word of ['격리', 'namespace', '격리']) {
        const found = await find(korean, word);
        const said = await header.textContent();
        check(found.length > 0 && said === `찾은 곳: ${found.length}`, `above ${found.length} places for ${word} stands ${said}`);
    }
    check((await find(korean, '프로세스')).some((it) => it.marked.some((word) => word.startsWith('프로세스'))), 'Korean words are not marked');
    await korean.context().close();
}

/** Below each chapter are the next and the previous one, each with a question. */
async function ways(language, words) {
    const page = await open(1280, 'light', `ways in ${language}`);
    // Who leaves out the name of a page is led to the first one.
    await page.goto(`${origin}/${language}/`);
    await page.waitForURL(`**/${language}/isolation.html`);
    const seen = [];
    for (;;) {
        const [name, back, onward] = await page.evaluate(() => [location.pathname.split('/').at(-1),
            ...['previous', 'next'].map((way) => document.querySelector(`.chapter-end .${way}`))
                .map((link) => link && [link.getAttribute('href'), link.textContent])]);
        const last = seen.at(-1);
        check(last ? back?.[0] === last && /\?$/.test(back[1]) : back === null, `${language}/${name}: the way back is ${back}`);
        seen.push(name);
        if (onward === null) {
            break;
        }
        check(onward[1].startsWith(words.next) && /\?$/.test(onward[1]), `${language}/${name}: the way on is ${onward}`);
        await page.click('.chapter-end .next');
        await page.waitForURL(`**/${onward[0]}`);
    }
    check(seen.length > 10 && new Set(seen).size === seen.length, `${language}: the ways on lead to ${seen.join('; ')}`);
    await page.goto(`${origin}/${language}/step03-uts.html`);
    check((await page.textContent('.menu-title')).startsWith(words.step), `${language}: the menu does not say which step this is`);
    await page.context().close();
}

/** What was done is marked, told in words, kept, and deleted on request. */
async function progress() {
    const page = await open(1280, 'light', 'progress');
    await page.addInitScript(() => localStorage.setItem('mdbook-sidebar', 'visible'));
    await page.goto(`${origin}/en/step01-proc-ns.html`);
    await page.goto(`${origin}/en/step03-uts.html`);
    const marks = () => page.evaluate(() => Object.fromEntries([...document.querySelectorAll('#mdbook-sidebar .reading')]
        .map((it) => [it.closest('a').getAttribute('href'), it.textContent])));
    const opened = await marks();
    check(Object.keys(opened).join() === 'step01-proc-ns.html,step03-uts.html', `these chapters are marked: ${Object.keys(opened)}`);
    await page.evaluate(() => {
        book.progress.ran('step03-uts', 0);
        book.progress.ran('step03-uts', 2);
        book.progress.predicted('step03-uts', 'predict', 2, false);
    });
    for (const when of ['at once', 'after a reload']) {
        const said = (await marks())['step03-uts.html'];
        check(/2 sessions run, 0 of 1 prediction right/.test(said), `${when} the mark of a chapter says ${said}`);
        const line = await page.textContent('.chapter-end .progress');
        check(/run 2 of the \d+ terminal sessions .* Your prediction was wrong/.test(line), `${when} below the chapter stands ${line}`);
        await page.reload();
    }
    await accessible(page, '.chapter-end', 'the end of a chapter');
    // Set up again, as when the content is replaced: nothing stands there twice.
    await page.evaluate(() => book.setUp());
    check(await page.locator('.chapter-end .progress').count() === 1, 'after setting up again the progress stands there twice');
    check(await page.locator('#mdbook-sidebar a[href="step03-uts.html"] .reading').count() === 1, 'a chapter has two marks');

    page.once('dialog', (dialog) => dialog.dismiss());
    await page.click('.chapter-end .progress button');
    check(Object.keys(await marks()).length === 2, 'who does not confirm it loses the progress');
    page.once('dialog', (dialog) => dialog.accept());
    await page.click('.chapter-end .progress button');
    check(Object.keys(await marks()).length === 0, 'chapters are still marked when the progress was deleted');
    check(/deleted/.test(await page.evaluate(() => document.activeElement.textContent)), 'the focus is not on what says that the progress was deleted');
    check(await page.evaluate(() => localStorage.getItem('book-progress')) === null, 'the progress was not deleted');
    await page.context().close();
}

/** The summary of a manual page, by mouse and by keyboard. */
async function manual() {
    const page = await open(1280, 'light', 'manual pages');
    await page.goto(`${origin}/en/step03-uts.html`);
    const link = page.locator('main a.man-page').last();
    const [name, id] = [await link.textContent(), await link.getAttribute('aria-describedby')];
    const summary = page.locator(`[id="${id}"]`);
    check(await link.getAttribute('title') === null, 'the summary is a title, too');
    check((await summary.textContent()).length > 10, `${name} has no summary`);
    check(!await summary.isVisible(), 'a summary is shown that nobody asked for');

    await link.scrollIntoViewIfNeeded();
    await link.hover();
    check(await summary.isVisible(), 'the pointer shows no summary');
    const [of, at] = [await summary.boundingBox(), await link.boundingBox()];
    check(Math.min(Math.abs(of.y - at.y - at.height), Math.abs(at.y - of.y - of.height)) < 8, 'a summary is not at its link');
    await summary.hover();
    check(await summary.isVisible(), 'the pointer cannot move onto the summary');
    await page.mouse.move(5, 5);
    check(!await summary.isVisible(), 'a summary stays when the pointer has gone');

    await link.focus();
    check(await summary.isVisible(), 'the focus shows no summary');
    await accessible(page, `[id="${id}"]`, 'summary');
    await page.keyboard.press('Escape');
    check(!await summary.isVisible(), 'Escape does not close a summary');
    check(await page.evaluate(() => document.activeElement.matches('a.man-page')), 'Escape moves the focus');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    check(await summary.isVisible(), 'a summary that was closed does not come back');

    // Set up again, as when the content is replaced.
    await page.evaluate(() => book.setUp());
    check(await page.locator(`[id="${id}"]`).count() === 1, 'after setting up again a summary is there twice');
    await page.evaluate(() => document.activeElement.blur());
    await link.focus();
    check(await summary.isVisible(), 'after setting up again the focus shows no summary');
    await page.context().close();

    const phone = await open(390, 'navy', 'manual pages on a phone');
    await phone.goto(`${origin}/ko/step05-unshare.html`);
    for (const link of await phone.locator('main a.man-page').all()) {
        await link.focus();
        const box = await phone.locator(`[id="${await link.getAttribute('aria-describedby')}"]`).boundingBox();
        check(box && box.x >= 0 && box.x + box.width <= 390, `${await link.textContent()}: the summary does not fit a phone`);
    }
    await phone.context().close();

    const plain = await open(1280, 'light', 'no script', { javaScriptEnabled: false });
    await plain.goto(`${origin}/en/step03-uts.html`);
    const without = plain.locator('main a.man-page').first();
    check((await without.getAttribute('title')).length > 10, 'without a script a manual page has no summary');
    check(/^https:\/\/man7\.org\//.test(await without.getAttribute('href')), 'a manual page leads elsewhere');
    await plain.context().close();
}

/** On paper: all of the text, and nothing that works on a screen only. */
async function paper() {
    const page = await open(900, 'navy', 'paper');
    await page.addInitScript(() => { window.print = () => {}; });
    for (const address of ['en/print.html', 'ko/print.html', 'en/step03-uts.html']) {
        await page.goto(`${origin}/${address}`, { waitUntil: 'load' });
        await page.emulateMedia({ media: 'print' });
        const cut = await page.evaluate(() => [...document.querySelectorAll('main :is(pre > code, .table-wrapper, svg)')]
            .filter((it) => it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0 || it.getBoundingClientRect().right > innerWidth)
            .map((it) => it.textContent.slice(0, 60)));
        check(cut.length === 0, `${address}: on paper this is cut: ${JSON.stringify(cut)}`);
        const closed = await page.evaluate(() => [...document.querySelectorAll('main details')].filter((it) => {
            const last = it.lastElementChild;
            return !last.checkVisibility({ contentVisibilityAuto: true }) || last.getBoundingClientRect().height === 0;
        }).length);
        check(closed === 0, `${address}: on paper ${closed} answers stay closed`);
        const screen = await page.evaluate(() => [...document.querySelectorAll('.chapter-end, .buttons, .lab-run, .lab-panel, .menu-bar, .sidebar, .man-pages, .nav-chapters')]
            .filter((it) => it.checkVisibility()).map((it) => it.className));
        check(screen.length === 0, `${address}: on paper there is ${screen}`);
        const dark = await page.evaluate(() => [...document.querySelectorAll('main p, main li, main td, main pre > code *')]
            .filter((it) => getComputedStyle(it).color.match(/\d+/g).slice(0, 3).every((value) => value > 170)).length);
        check(dark === 0, `${address}: on paper ${dark} texts are almost white`);
        await page.emulateMedia({ media: 'screen' });
    }
    await page.context().close();
}

const steps = (await pages('en')).filter((name) => name.startsWith('step')).length;
await Promise.all([search(), ways('en', { next: 'Next', step: `Step 3 of ${steps}` })]);
await Promise.all([ways('ko', { next: '다음 장', step: `${steps}단계 중 3단계` }), progress()]);
await Promise.all([manual(), paper()]);
await end();
