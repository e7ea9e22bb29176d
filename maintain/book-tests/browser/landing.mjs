// The site's first page: in both languages, with and without a script, the demonstration and the
// machine that takes its place, the reader's progress; and the page for addresses that are not there.
//
//     node landing.mjs SITE FOLDER
//     SCREENSHOTS=all node …        with screenshots in the folder

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { file, sent } from './books.mjs';
import { accessible, answers, check, end, open, origin, pages } from './site.mjs';

const [site, screenshots] = process.argv.slice(2).map((path) => resolve(path));

/** The first page of each language. */
const PAGES = { en: 'index.html', ko: 'ko.html' };

/** How long the largest thing on the page may take to appear, in ms; and the page's size, compressed, in kB. */
const [LCP, SIZE] = [1000, 30];

const hasMachine = existsSync(join(site, 'lab'));
const [shown] = hasMachine ? JSON.parse(await readFile(join(site, 'lab/recordings/step03-uts.json'), 'utf8')).sessions : [];

/** Opens a first page as a browser of this language does, in a window of this size. */
async function landing(name, language, { width = 1280, height = 800, theme, path = PAGES[language], ...options } = {}) {
    const page = await open(width, theme, name, { viewport: { width, height }, locale: language, reducedMotion: 'reduce', ...options });
    if (!theme) {
        await page.addInitScript(() => localStorage.removeItem('mdbook-theme'));
    }
    await page.goto(`${origin}/${path}`, { waitUntil: 'load' });
    return page;
}

const theme = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

/** It fits in windows of all widths, in both themes, and is accessible. */
async function looks(language) {
    for (const colorScheme of ['light', 'dark']) {
        const page = await landing(`${language}, ${colorScheme}`, language, { colorScheme });
        for (const [width, height] of [[1920, 1080], [1280, 800], [768, 1024], [390, 844]]) {
            const where = `${PAGES[language]} (${colorScheme}, ${width} px)`;
            await page.setViewportSize({ width, height });
            const wider = await page.evaluate(() => Math.max(document.documentElement.scrollWidth,
                ...[...document.querySelectorAll('.page *')].map((part) => part.getBoundingClientRect().right)) - innerWidth);
            check(wider <= 0, `${where}: ${wider} px are out of the window`);
            const small = await page.evaluate(() => [...document.querySelectorAll('.page *')]
                .filter((part) => [...part.childNodes].some((it) => it instanceof Text && it.data.trim()) && parseFloat(getComputedStyle(part).fontSize) < 13)
                .map((part) => part.textContent.trim()));
            check(small.length === 0, `${where}: hard to read: ${small.join(', ')}`);
            if (hasMachine && width >= 1280) {
                const [button, demo] = await page.evaluate(() => ['.start', '.demo'].map((part) => document.querySelector(part).getBoundingClientRect().bottom));
                check(button <= height && demo <= height, `${where}: the button ends at ${button}, the demonstration at ${demo} px`);
            }
            if (process.env.SCREENSHOTS === 'all') {
                await page.screenshot({ path: join(screenshots, `landing-${language}-${colorScheme}-${width}.png`), fullPage: true });
            }
        }
        await accessible(page, 'html', `${PAGES[language]} (${colorScheme})`);
        await page.context().close();
    }
}

/** The language is the browser's until the reader chooses one; the theme is the system's. */
async function choices() {
    const page = await landing('Korean browser', 'ko', { path: '' });
    await page.waitForURL(`${origin}/ko.html`);
    await page.getByRole('link', { name: 'English' }).click();
    await page.waitForURL(/index\.html/);
    await page.goto(`${origin}/`);
    check(await page.getAttribute('html', 'lang') === 'en', 'a Korean browser does not remember that English was chosen');
    await page.getByRole('link', { name: '한국어' }).click();
    await page.waitForURL(/ko\.html/);
    await page.goto(`${origin}/`);
    await page.waitForURL(`${origin}/ko.html`);
    await page.goto(`${origin}/ko/isolation.html`, { waitUntil: 'load' });
    await page.click('a.other-language');
    await page.waitForURL(/en\/isolation/);
    await page.locator('.menu-title a').click();
    await page.waitForURL(/index\.html/);
    check(await page.getAttribute('html', 'lang') === 'en', 'the language that was chosen in the book is not remembered');
    await page.context().close();

    const other = await landing('German browser', 'de', { path: '' });
    check(await other.getAttribute('html', 'lang') === 'en', 'a German browser is not shown English');
    await other.goto(`${origin}/ko.html`);
    check(other.url().endsWith('ko.html'), 'a link to the Korean page leads elsewhere');
    const light = await theme(other);
    await other.context().close();

    for (const [chosen, colorScheme, isLight] of [['coal', 'light', false], ['rust', 'dark', true]]) {
        const themed = await landing(chosen, 'en', { theme: chosen, colorScheme });
        check((await theme(themed) === light) === isLight, `where ${chosen} was chosen in the book, the first page is ${isLight ? 'dark' : 'light'}`);
        await themed.context().close();
    }
}

/** The demonstration shows, in the end, what was recorded. */
async function showsRecording(page, when) {
    const { prompt, command, printed, after } = shown.steps[0];
    const terminal = await page.locator('.demo pre').innerText();
    check(terminal.trim() === [`${prompt} ${command}`, ...printed].join('\n').trim(), `${when} the terminal shows ${terminal}`);
    const visible = await page.evaluate(() => [...document.querySelectorAll('.demo .line, .demo tr')]
        .every((part) => part.checkVisibility({ visibilityProperty: true, opacityProperty: true })));
    check(visible, `${when} a part is not visible`);
    const known = new Set(shown.before.processes.map(({ pid }) => pid));
    const born = after.processes.filter(({ pid }) => !known.has(pid)).map(({ comm, pid }) => `${comm} ${pid}`);
    const rows = await page.locator('.demo tr.is-new th').evaluateAll((all) => all.map((it) => it.textContent.match(/[\w-]+ \d+/)[0]));
    check(born.length === 2 && rows.join() === born.join(), `${when} the rows ${rows} are new, and ${born} in the recording`);
    const badge = await page.locator('.demo td[data-kind=uts] .kernel-badge').innerText();
    const { letter, nodename } = after.namespaces.find(({ kind, letter }) => kind === 'uts' && letter);
    check(badge.split(/\s+/).join(' ') === `${letter} ${nodename}`, `${when} the badge says ${badge}`);
}

/** Without a script the page shows what it would in the end, and leads to the book. */
async function still() {
    const page = await landing('without a script', 'en', { javaScriptEnabled: false });
    await showsRecording(page, 'without a script');
    const rows = page.locator('.end tr.is-new').filter({ hasText: /\bhead \d+/ });
    const kinds = await rows.locator('td:has(.kernel-badge)').evaluateAll((all) => all.map((it) => it.dataset.kind).sort());
    check(kinds.join() === 'cgroup,ipc,mnt,net,pid,time,user,uts', `the container at the end has new namespaces of the kinds ${kinds}`);
    check(!await page.locator('.start').isVisible(), 'without a script there is a button');
    await page.emulateMedia({ colorScheme: 'light' });
    const [light, accent] = [await theme(page), () => page.locator('.kernel-badge').first().evaluate((it) => getComputedStyle(it).backgroundColor)];
    const before = await accent();
    await page.emulateMedia({ colorScheme: 'dark' });
    check(await theme(page) !== light && await accent() !== before, 'without a script a dark system has a light page');
    await page.getByRole('link', { name: 'Read from the beginning' }).click();
    check(/\/en\/isolation\.html$/.test(page.url()), `"Read from the beginning" leads to ${page.url()}`);
    await page.context().close();
}

/** The demonstration plays once, and again when the reader wants; not for who wants no motion. */
async function plays() {
    const page = await landing('playing', 'en', { reducedMotion: 'no-preference' });
    const moving = () => page.evaluate(() => document.querySelector('.demo').getAnimations({ subtree: true })
        .filter(({ playState }) => playState === 'running').length);
    const hidden = () => page.evaluate(() => [...document.querySelectorAll('.demo .line')]
        .filter((line) => !line.checkVisibility({ visibilityProperty: true })).length);
    await page.locator('.demo.is-seen').waitFor();
    check(await moving() > 0 && await hidden() > 0, 'the demonstration does not play');
    const size = () => page.evaluate(() => document.querySelector('.demo').getBoundingClientRect().height);
    const height = await size();
    await page.waitForFunction(() => !document.documentElement.classList.contains('plays'), null, { timeout: 20_000 });
    await showsRecording(page, 'when it has played');
    check(await size() === height, 'the demonstration grows while it plays');
    await page.getByRole('button', { name: 'Play it again' }).click();
    check(await moving() > 0 && await hidden() > 0, 'the demonstration does not play again');
    // To the end of it.
    await page.evaluate(() => document.querySelector('.demo').getAnimations({ subtree: true }).forEach((it) => it.finish()));
    await page.waitForFunction(() => !document.documentElement.classList.contains('plays'));
    await showsRecording(page, 'when it has played again');
    await page.context().close();

    const calm = await landing('no motion', 'en');
    check(await calm.evaluate(() => document.getAnimations().length) === 0, 'for who wants no motion something moves');
    await showsRecording(calm, 'without motion');
    await calm.context().close();
}

/** Waits until the machine has run the command, and its program waits. */
const ran = (page) => page.waitForFunction(() => window.book.lab?.shells[0]?.lines(0).includes('Press Enter to end both.'), null, { timeout: 60_000 });

/** The machine takes the place of the demonstration, survives a reload, and goes along to a chapter. */
async function machine() {
    const page = await landing('machine', 'en');
    answers.set('landing.js', (response) => response.writeHead(503).end());
    page.removeAllListeners('console'); // the browser says that it cannot be loaded
    await page.locator('.start').click();
    await page.getByText('The machine could not be loaded.').waitFor();
    answers.clear();
    await page.reload();
    // A machine that cannot be had is tried again from where it would be.
    answers.set('v86.wasm', (response) => response.end('no machine'));
    await page.locator('.start').click();
    const retry = page.locator('.lab-loading').getByRole('button', { name: 'Try again' });
    await retry.waitFor();
    check(!await page.locator('.waiting').isVisible(), 'without a machine there is somebody waiting in it');
    answers.clear();
    await retry.click();
    await ran(page);
    await page.locator('.waiting').waitFor();
    check(!await page.locator('.demo').isVisible(), 'the demonstration is still there');
    const lines = await page.evaluate(() => window.book.lab.shells[0].lines(0));
    check(lines.includes('$ step03-uts helo') && lines.includes('uts.nodename in child:  helo'), `terminal 1 shows ${lines.join('\n')}`);
    await page.locator('.lab-kernel td[data-kind=uts] .kernel-badge').filter({ hasText: 'helo' }).waitFor();
    await accessible(page, 'html', 'the first page with the machine');
    const covered = await page.evaluate(() => {
        const left = document.querySelector('.lab-panel').getBoundingClientRect().left;
        return [...document.querySelectorAll('.page *')].filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > left + 1)
            .map((part) => part.outerHTML.slice(0, 60));
    });
    check(covered.length === 0, `the machine lies over ${covered.join(', ')}`);

    await page.waitForFunction(() => window.book.lab.checkpoints?.isStored, null, { timeout: 60_000 });
    await page.reload();
    await ran(page);
    await page.waitForFunction(() => window.book.lab.checkpoints?.isStored, null, { timeout: 60_000 });
    await page.locator('.steps [data-page=step03-uts] a').click();
    await page.waitForURL(/en\/step03-uts\.html/);
    await ran(page);
    check(true);
    await page.goBack();
    await ran(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    check(await page.locator('.demo').isVisible() && await page.locator('.start').isVisible(), 'without the machine the demonstration does not come back');
    await page.context().close();

    const phone = await landing('machine on a phone', 'ko', { width: 390, height: 844, hasTouch: true, isMobile: true });
    await phone.locator('.start').tap();
    await ran(phone);
    const wider = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(wider <= 0, `with the machine on a phone ${wider} px are out of the window`);
    await phone.context().close();
}

/** All steps are there, in order, and show what the reader has done. */
async function progress() {
    const page = await landing('progress', 'en');
    const steps = await page.locator('.steps li').evaluateAll((all) => all.map((step) => `${step.dataset.page}.html`));
    const chapters = (await pages('en')).filter((name) => name.startsWith('step'));
    check(steps.join() === chapters.join(), `the first page has the steps ${steps}, and the book ${chapters}`);
    const done = (step) => page.locator(`[data-page^=step0${step}] .done`).innerText();
    check(await done(1) === '' && !await page.locator('.kept').isVisible(), 'who has done nothing has progress');
    await page.goto(`${origin}/en/step02-clone.html`, { waitUntil: 'load' });
    await page.goto(`${origin}/index.html`, { waitUntil: 'load' });
    check(await done(2) === 'opened', `a step that was visited is shown as ${await done(2)}`);
    await page.evaluate(() => {
        window.book.progress.ran('step01-proc-ns', 0);
        window.book.progress.predicted('step01-proc-ns', 'predict', 1, true);
    });
    const wanted = hasMachine ? /^1 of \d+ sessions run · 1 predicted$/ : /^1 predicted$/;
    check(wanted.test(await done(1)), `a step that was run is shown as ${await done(1)}`);
    check(await page.locator('.kept').isVisible(), 'it is not said where progress is kept');
    await accessible(page, 'html', 'the first page with progress');
    await page.evaluate(() => window.book.progress.forget());
    check(await done(1) === '' && await done(2) === '', 'progress that was deleted is shown');
    await page.context().close();
}

/** Its links lead somewhere. */
async function links(path) {
    const html = String(await file(`/${path}`)).replace(/<!--[^]*?-->/g, '');
    const found = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, it]) => it).filter((it) => !/^(https?|data):/.test(it));
    check(found.length > 15, `${path} has only ${found.length} links`);
    for (const link of found) {
        const { pathname, hash } = new URL(link, `${origin}/${path}`);
        const target = await file(pathname).catch(() => undefined);
        const hasId = !hash || /^#(en|ko)$/.test(hash) || String(target).includes(`id="${hash.slice(1)}"`);
        check(target && hasId, `${path}: there is no ${link}`);
    }
}

/** When the largest thing on the page has been painted, for who has never been here. */
async function painted() {
    const page = await open(1280, 'light', 'speed', { locale: 'en' });
    sent.clear();
    await page.goto(`${origin}/index.html`, { waitUntil: 'networkidle' });
    const time = await page.evaluate(() => new Promise((done) => {
        new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime)).observe({ type: 'largest-contentful-paint', buffered: true });
    }));
    await page.context().close();
    return time;
}

/** It is small, and there at once. Of some times the shortest counts: other work makes them longer. */
async function speed() {
    let lcp = Infinity;
    for (let time = 0; time < 5 && lcp > LCP / 2; time += 1) {
        lcp = Math.min(lcp, await painted());
    }
    const size = async (path) => gzipSync(await file(path), { level: 9 }).length / 1000;
    const loaded = [...sent].filter((path) => !path.includes('report-errors'));
    const all = (await Promise.all(loaded.map(size))).reduce((sum, it) => sum + it, 0);
    console.log(`first page: ${all.toFixed(1)} kB with what it loads; the largest paint after ${lcp.toFixed(0)} ms`);
    check(all <= SIZE, `the first page loads ${all} kB`);
    check(!loaded.some((path) => path.startsWith('/lab/')), `before a press the page loads ${loaded}`);
    check(lcp <= LCP, `the largest paint is after ${lcp} ms`);
}

/** At any address that is not there, a page leads back, also where the site is in a folder. */
async function notFound() {
    const page = await open(1280, 'light', '404');
    const body = await file('/404.html');
    for (const [path, root, meant] of [
        ['/nothing', '', undefined], ['/a/b/c.html', '', undefined], ['/en/step03.html', '', '/en/step03-uts.html'],
        ['/folder/ko/deep/step05-unsahre.html', '/folder', '/folder/ko/step05-unshare.html'],
    ]) {
        await page.route(origin + path, (route) => route.fulfill({ status: 404, contentType: 'text/html', body }));
        page.removeAllListeners('console'); // the browser says that there is no such page
        await page.goto(origin + path);
        const found = await page.evaluate(() => [...document.querySelectorAll('main ul a')].map((link) => link.pathname));
        const wanted = ['en', 'ko'].flatMap((language) => names[language].map((name) => `${root}/${language}/${name}`));
        check(found.sort().join() === wanted.sort().join(), `${path}: the links lead to ${found}`);
        const guess = page.locator('.meant:visible a');
        check(await guess.count() === (meant ? 1 : 0), `${path}: ${await guess.count()} pages are guessed`);
        if (meant) {
            check(await guess.evaluate((it) => it.pathname) === meant, `${path}: the guess is ${await guess.evaluate((it) => it.pathname)}`);
        }
        await accessible(page, 'html', path);
    }
    await page.context().close();
}

/** Each page of the books tells what it is about, its address, and where its translation is. */
async function metadata() {
    const known = new Map();
    for (const language of ['en', 'ko']) {
        for (const name of names[language]) {
            const html = String(await file(`/${language}/${name}`));
            const [, title] = html.match(/<title>([^]*?)<\/title>/);
            const descriptions = [...html.matchAll(/<meta name="description" content="([^"]*)">/g)].map(([, it]) => it);
            const where = `${language}/${name}`;
            check(descriptions.length === 1 && descriptions[0].length > 20, `${where} has the descriptions ${JSON.stringify(descriptions)}`);
            check(!/<|\{\{|^\s/.test(descriptions[0]) && descriptions[0].replace(/&\w+;/g, '&').length <= 160, `${where} is described as ${descriptions[0]}`);
            const canonical = html.match(/<link rel="canonical" href="([^"]*)">/)[1].split('/').at(-1);
            check(canonical === name, `${where} says that it is ${canonical}`);
            const alternates = [...html.matchAll(/<link rel="alternate" hreflang="([\w-]+)" href="([^"]*)">/g)].map(([, of, at]) => `${of} ${at.split('/').slice(-2).join('/')}`);
            check(alternates.join() === `en en/${canonical},ko ko/${canonical},x-default en/${canonical}`, `${where} has the translations ${alternates}`);
            check(!known.has(title) && !known.has(descriptions[0]), `${where} is called or described as ${known.get(title) ?? known.get(descriptions[0])}`);
            known.set(title, where).set(descriptions[0], where);
        }
    }
}

/** Where the site's address is known, search engines and other sites are told it. */
async function published() {
    const address = 'https://example.org/folder';
    const folder = await mkdtemp(join(tmpdir(), 'site-'));
    const added = /^ *<(?:link rel="(?:canonical|alternate)"|meta (?:property="og:|name="(?:description|twitter)))[^>]*>\n/gm;
    for (const language of ['en', 'ko']) {
        await cp(join(site, language, 'theme'), join(folder, language, 'theme'), { recursive: true });
        for (const name of ['index.html', 'toc.html', ...names[language]]) {
            const html = await readFile(join(site, language, name), 'utf8');
            await writeFile(join(folder, language, name), html.replace(added, ''));
        }
    }
    const project = new URL('../../../', import.meta.url);
    for (const program of ['book/landing/build.mjs', 'maintain/ci/page-metadata.mjs']) {
        await promisify(execFile)(process.execPath, [program, folder], { cwd: project, env: { ...process.env, SITE_URL: address } });
    }
    const read = (path) => readFile(join(folder, path), 'utf8');
    const listed = [...(await read('sitemap.xml')).matchAll(/<loc>(.*?)<\/loc>/g)].map(([, it]) => it);
    const wanted = ['/', '/ko.html', ...['en', 'ko'].flatMap((language) => names[language].map((name) => `/${language}/${name}`))];
    check(listed.sort().join() === wanted.map((path) => address + path).sort().join(), `the sitemap has ${listed}`);
    for (const [path, canonical, picture] of [
        ['index.html', '/', 'social.en.png'], ['ko.html', '/ko.html', 'social.ko.png'],
        ['ko/step03-uts.html', '/ko/step03-uts.html', 'social.ko.png'],
    ]) {
        const html = await read(path);
        const whole = [`<link rel="canonical" href="${address}${canonical}">`, `<meta property="og:url" content="${address}${canonical}">`,
            `<meta property="og:image" content="${address}/${picture}">`];
        whole.forEach((line) => check(html.split(line).length === 2, `${path} does not have ${line} once`));
        const [width, height] = await readFile(join(folder, picture)).then((png) => [png.readUInt32BE(16), png.readUInt32BE(20)]);
        check(width === 1200 && height === 630, `${picture} is ${width} × ${height}`);
    }
    const links = [...(await read('404.html')).matchAll(/<a href="([^"]*)"/g)].map(([, it]) => it);
    check(links.length > 20 && links.every((link) => link.startsWith('/folder/')), `404.html leads to ${links}`);
    await rm(folder, { recursive: true });
}

const names = { en: await pages('en'), ko: await pages('ko') };
await mkdir(screenshots, { recursive: true });
const tests = { speed, choices, progress, notFound, metadata, published, ...(hasMachine ? { still, plays, machine } : {}) };
for (const [name, test] of Object.entries(tests)) {
    if (name.includes(process.env.TEST ?? '')) {
        await test();
    }
}
if (!process.env.TEST) {
    await looks('en');
    await looks('ko');
    await Promise.all([...Object.values(PAGES), '404.html'].map(links));
}
await end();
