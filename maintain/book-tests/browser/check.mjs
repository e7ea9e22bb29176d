// Opens every page of the built books in a browser and checks its layout, accessibility,
// links between the languages, and search.
//
//     node check.mjs SITE FOLDER    with screenshots in the folder of what is wrong
//     SCREENSHOTS=all node …        of all pages

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { accessible, check, end, open, origin, pages } from './site.mjs';

const screenshots = resolve(process.argv[3]);

/** A page in all widths and themes: it is loaded once. */
async function checkPage(language, name) {
    const page = await open(1280, 'light', `${language}/${name}`);
    await page.goto(`${origin}/${language}/${name}`, { waitUntil: 'load' });
    // The answers in <details> are checked too.
    await page.evaluate(() => document.querySelectorAll('details').forEach((it) => { it.open = true; }));
    for (const theme of ['light', 'navy']) {
        await page.evaluate((theme) => document.getElementById(`mdbook-theme-${theme}`).click(), theme);
        // Both languages have the same elements: on a phone, each theme is looked at in one of them.
        for (const width of (language === 'ko') === (theme === 'light') ? [1280, 390] : [1280]) {
            await page.setViewportSize({ width, height: 900 });
            await checkLayout(page, language, name, width, theme);
        }
    }
    await page.context().close();
}

async function checkLayout(page, language, name, width, theme) {
    const where = `${language}/${name} (${theme}, ${width} px)`;
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const checks = [check(wider <= 0, `${where}: the page is ${wider} px too wide`)];
    const pictures = await page.evaluate(() => [...document.querySelectorAll('main svg.picture')]
        .map((it) => it.getBoundingClientRect())
        .filter((it) => it.width < 200 || it.right > innerWidth || it.height < 40).length);
    checks.push(check(pictures === 0, `${where}: ${pictures} pictures do not fit`));
    // On a phone readers may have to scroll code and tables.
    const cut = await page.evaluate(() => [...document.querySelectorAll('main :is(.table-wrapper, pre > code)')]
        .filter((it) => it.scrollWidth > it.clientWidth).map((it) => it.textContent.slice(0, 60)));
    checks.push(check(width < 1000 || cut.length === 0, `${where}: too wide: ${JSON.stringify(cut)}`));
    const left = await page.evaluate(() => document.querySelector('main').innerText.includes('{{#'));
    checks.push(check(!left, `${where}: an include was not resolved`));

    // Each width and each theme once, since this takes a second or two: both languages have the same elements.
    if (language === 'ko' ? width === 1280 && theme === 'light' : width === 390 && theme === 'navy') {
        checks.push(await accessible(page, 'main', where));
    }
    // The whole of a page takes a second to draw.
    if (process.env.SCREENSHOTS === 'all' || checks.includes(false)) {
        const file = `${language}-${name.replace('.html', '')}-${theme}-${width}.png`;
        await page.screenshot({ path: join(screenshots, file), fullPage: true });
    }
}

async function otherLanguage(language, other, name) {
    const page = await open(1280, 'light', `${language}/${name}`);
    await page.goto(`${origin}/${language}/${name}`);
    await page.click('a.other-language');
    check(page.url() === `${origin}/${other}/${name}`, `${language}/${name}: in the other language is ${page.url()}`);
    check(await page.getAttribute('html', 'lang') === other, `${other}/${name}: has a different lang attribute`);
    await page.context().close();
}

async function search(language, words) {
    const page = await open(1280, 'light', `search in ${language}`);
    await page.goto(`${origin}/${language}/${names[language][0]}`);
    // The page loads the index when the search box is first opened.
    await page.keyboard.press('/');
    await page.waitForFunction(() => window.search?.doc_urls && !document.querySelector('.searching'));
    for (const [word, found] of words) {
        await page.fill('#mdbook-searchbar', '');
        await page.locator('#mdbook-searchbar').pressSequentially(word);
        // mdBook searches when a key is released, and Playwright types Hangul without keys.
        await page.keyboard.press('End');
        const results = page.locator('#mdbook-searchresults li');
        try {
            await page.waitForFunction(([word, found]) => {
                const count = document.querySelectorAll('#mdbook-searchresults li').length;
                const mine = document.querySelector('#mdbook-searchbar').value === word;
                return mine && (found ? count > 0 : count === 0);
            }, [word, found], { timeout: 10_000 });
            check(true);
        } catch {
            check(false, `${language}: the search for ${word} has ${await results.count()} results`);
        }
    }
    await page.context().close();
}

/** All pages of a book. */
async function checkBook(language, other) {
    for (const name of names[language]) {
        await checkPage(language, name);
        await otherLanguage(language, other, name);
    }
}

await mkdir(screenshots, { recursive: true });
const names = { ko: await pages('ko'), en: await pages('en') };
check(names.ko.length > 10 && names.ko.join() === names.en.join(), 'the books have different pages');
// Side by side: most of the time is spent in the browser, which has a process for each page.
await Promise.all([checkBook('ko', 'en'), checkBook('en', 'ko')]);
await search('ko', [['격리', true], ['호스트 이름', true], ['namespace', true], ['uid_map', true], ['읎는말', false]]);
await search('en', [['isolation', true], ['isolating', true], ['who owns a namespace', true], ['--mount-proc', true], ['격리', false], ['nosuchword', false]]);

await end();
