// The site without a network: it is kept when the reader asks for it, an update never mixes two
// builds, and it can be removed. And the site in a room: as a server there serves it to many, on plain
// http, and opened as a file.
//
//     node offline.mjs SITE
//
// CASE=name runs only that case. CLIENTS=30 is how many fetch all of the site from lab/serve.

import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import challenge from '../../../lab/challenges/a-container.js';
import { copyOfSite, filesOf, holds, listFiles, newReader, Served, site, timeout } from './served.mjs';
import { accessible, check, end, launch } from './site.mjs';

/** How many fetch the whole site at the same time. */
const CLIENTS = Number(process.env.CLIENTS ?? 30);

/** How long thirty of them may take, and how soon a machine is ready meanwhile, in ms. */
const [FETCHED, READY] = [30_000, 15_000];

const says = (page) => page.locator('.offline [role=status]').innerText();

/** Presses "Keep for offline use" on the first page, and waits until all is kept. */
async function keep(page) {
    await page.getByRole('button', { name: 'Keep for offline use' }).click();
    await holds(page, 'the site is not kept', () => /^Kept/.test(document.querySelector('.offline [role=status]').textContent));
}

/** Types a line when the shell waits for one. */
async function types(page, line, terminal) {
    await page.waitForFunction((index) => book.lab?.shells[index]?.prompt, terminal, { timeout });
    await page.evaluate(([line, index]) => book.lab.shells[index].terminal.input(`${line}\r`), [line, terminal]);
}

/** From the first page to a solved challenge: the network is switched off when the site has been kept. */
async function walk() {
    const served = await Served.start();
    const page = await newReader('walk');
    await page.goto(`${served.origin}/`, { waitUntil: 'load' });
    check(await page.getByRole('button', { name: /^Keep for offline use \d\d MB$/ }).isVisible(), 'the first page does not tell how much is kept');
    check(await page.evaluate(async () => (await caches.keys()).length === 0 && !await navigator.serviceWorker.getRegistration()),
        'something is kept before the reader has asked for it');
    await keep(page);
    check(await page.getByRole('button', { name: 'Remove it' }).isVisible(), 'what is kept cannot be removed');
    await accessible(page, '.offline', 'the first page with a kept site');
    served.end();
    // By links, as a reader goes.
    await page.locator('.ways a.read').click();
    await page.waitForURL(/isolation\.html/);
    await page.locator('.mobile-nav-chapters.next, .nav-chapters.next').first().evaluate((it) => it.click());
    await page.waitForURL((url) => !url.href.includes('isolation'));
    check(await page.locator('.lab-run').count() > 0 || await page.locator('main h1').count() > 0, 'the next chapter is empty');
    await page.goto(`${served.origin}/ko/challenges?from=somewhere#challenge-a-container`);
    check(await page.getAttribute('html', 'lang') === 'ko', 'the other language is not there');

    await page.goto(`${served.origin}/en/step16-container.html`, { waitUntil: 'load' });
    const section = page.locator(`#challenge-${challenge.name}`);
    await section.getByRole('button', { name: 'Begin', exact: true }).click();
    await holds(page, 'the challenge does not begin', (name) => document.getElementById(`challenge-${name}`).dataset.state === 'open', challenge.name);
    for (const [line] of challenge.solution) {
        const [, terminal, text] = line.match(/^(\d)[$#] (.*)/);
        await types(page, text, Number(terminal) - 1);
    }
    await holds(page, 'the challenge is not solved', (name) => document.getElementById(`challenge-${name}`).dataset.state === 'solved', challenge.name);

    page.removeAllListeners('console'); // the browser tells of the answer
    const missing = await page.goto(`${served.origin}/en/no-such-page.html`);
    check(missing.status() === 404 && (await page.title()).startsWith('404'), `a page that is not there is ${missing.status()}, ${await page.title()}`);
    await page.goto(`${served.origin}/index.html#en`, { waitUntil: 'load' });
    await page.getByRole('button', { name: 'Remove it' }).click();
    await holds(page, 'it is not removed', () => document.querySelector('.offline [role=status]').textContent === 'Removed.');
    check(await page.evaluate(async () => (await caches.keys()).length) === 0, 'something is still kept');
    await page.context().close();
}

/** Makes a site one of two editions: in the text, in the page's code, and in what a worker gets, like the machine. */
async function makeEdition(folder, edition) {
    const change = async (path, changed) => writeFile(join(folder, path), changed(await readFile(join(folder, path), 'utf8')));
    await change('en/isolation.html', (html) => html.replace(/<main>[^]*?<h1[^>]*>/, `$&Edition ${edition} `));
    await change('lab/page.js', (code) => `${code}\n// Edition ${edition}\n`);
    await writeFile(join(folder, 'lab/edition.txt'), `Edition ${edition}`);
    await writeFile(join(folder, 'lab/edition.js'), "onmessage = async () => postMessage(await (await fetch('edition.txt')).text());");
    listFiles(folder);
    // What belongs to pages of the last minute is kept, which a test would have to wait for.
    await change('offline-worker.js', (code) => code.replace('OPENING = 60_000', 'OPENING = 500'));
}

/** The edition that a window has in its text, of its code, in a new worker and in one from before. */
const editions = (page) => page.evaluate(async () => {
    window.before ??= new Worker('../lab/edition.js');
    const code = await (await fetch('../lab/page.js')).text();
    const ask = (worker) => new Promise((answer) => {
        worker.onmessage = ({ data }) => answer(data);
        worker.postMessage('');
    });
    const texts = [document.querySelector('main h1').textContent, code, await ask(new Worker('../lab/edition.js')), await ask(window.before)];
    return texts.map((text) => text.match(/Edition (\d)/)?.[1]).join('');
});

/** Lets the browser look for an update; returns whether one takes over. */
const update = (page) => page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    const { installing } = registration;
    const isDone = () => !installing || /activated|redundant/.test(installing.state);
    await new Promise((done) => {
        const look = () => isDone() && done();
        installing?.addEventListener('statechange', look);
        look();
    });
    return installing?.state === 'activated';
});

/** Two builds: a window never has files of both, and has the newer one when it is loaded again. */
async function updated() {
    const served = await Served.start();
    const [first, second] = await Promise.all([1, 2].map((edition) => copyOfSite(`edition-${edition}`)));
    await makeEdition(first, 1);
    await makeEdition(second, 2);
    await served.show(first);

    const page = await newReader('updated');
    await page.goto(`${served.origin}/`, { waitUntil: 'load' });
    await keep(page);
    await page.goto(`${served.origin}/en/isolation.html`, { waitUntil: 'load' });
    check(await editions(page) === '1111', `the first edition is ${await editions(page)}`);
    const other = await newReader('other window', { context: page.context() });
    await other.goto(page.url(), { waitUntil: 'load' });

    // In the middle of an update the server has a page that is not of the build.
    const chapter = join(second, 'en/isolation.html');
    const whole = await readFile(chapter);
    await writeFile(chapter, await readFile(join(first, 'en/isolation.html')));
    await served.show(second);
    check(!await update(page), 'a build takes over of which one page is another');
    await page.reload({ waitUntil: 'load' });
    check(await editions(page) === '1111', `in the middle of an update a page has ${await editions(page)}`);

    await writeFile(chapter, whole);
    served.asked.length = 0;
    check(await update(page), 'the second edition does not take over');
    const asked = [...new Set(served.asked)];
    check(asked.length < 6 && !asked.some((path) => path.includes('state.bin')), `an update fetches ${asked.length} files: ${asked.slice(0, 9)}`);
    for (const window of [page, other]) {
        check(await editions(window) === '1111', `a window that has not been loaded again has ${await editions(window)}`);
    }
    served.end();
    await page.reload({ waitUntil: 'load' });
    check(await editions(page) === '2222', `loaded again, a window has ${await editions(page)}`);
    check(await editions(other) === '1111', `when another window has been loaded again, one has ${await editions(other)}`);
    await other.reload({ waitUntil: 'load' });
    check(await editions(other) === '2222', `loaded again, the other window has ${await editions(other)}`);
    const count = () => page.evaluate(async () => (await caches.keys()).length);
    for (let again = 0; await count() > 1 && again < 20; again += 1) {
        await page.reload({ waitUntil: 'load' }); // which removes what no page needs, once it is old enough
    }
    check(await count() === 1, 'the first edition is still kept');
    check(await editions(other) === '2222', 'what a window needs has been removed');
    await page.context().close();
}

/** On plain http nothing is missing but what the page says. */
async function plain() {
    const served = await Served.start();
    const page = await newReader('plain http');
    await page.goto(`${served.plain}/`, { waitUntil: 'load' });
    check(!await page.evaluate(() => isSecureContext || navigator.serviceWorker || window.caches || navigator.locks), 'this is not plain http');
    check((await says(page)).startsWith('This address begins with http://'), `the first page says ${await says(page)}`);
    check(await page.locator('.offline button:visible').count() === 0, 'there is a button that can do nothing');
    await page.goto(`${served.plain}/en/step03-uts.html`, { waitUntil: 'load' });
    await page.locator('.lab-run button').first().click();
    await holds(page, 'the session does not run', () => document.querySelector('.lab-outcome').textContent.includes('✓'));
    await page.getByRole('button', { name: 'Paste' }).click();
    await holds(page, 'the page does not say that it cannot paste', () => /Ctrl\+V/.test(document.querySelector('.lab-status').textContent));
    await page.evaluate(() => book.lab.shells[0].terminal.selectAll());
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await holds(page, 'nothing is copied', () => document.querySelector('.lab-status').textContent === 'Copied.');
    await holds(page, 'the machine is not stored', () => book.lab.checkpoints.isStored && sessionStorage.getItem('lab-checkpoint'));
    await page.reload({ waitUntil: 'load' });
    await holds(page, 'the machine does not come back', () => /^Restored/.test(document.querySelector('.lab-status')?.textContent));
    await page.context().close();
    served.end();
}

/** Opened as files, the pages are to be read, and say what to do. */
async function asFile() {
    const page = await newReader('file');
    // The machine's module is not loaded, which the browser tells.
    page.removeAllListeners('console');
    for (const [path, part, words] of [
        ['index.html', '.offline [role=status]', /open as a file.*lab\/serve/], ['ko.html', '.offline [role=status]', /파일로 열려.*lab\/serve/],
        ['en/step03-uts.html', '.lab-note', /open as a file.*lab\/serve/], ['ko/step03-uts.html', '.lab-note', /파일로 열려.*lab\/serve/],
    ]) {
        await page.goto(pathToFileURL(join(site, path)).href, { waitUntil: 'load' });
        const said = await page.locator(part).innerText({ timeout }).catch((error) => error.message);
        check(words.test(said), `${path} as a file says ${said}`);
    }
    await page.context().close();
}

/** Fetches a file to its end, as a browser would. */
const fetched = (agent, url) => new Promise((done, failed) => {
    get(url, { agent, headers: { 'accept-encoding': 'gzip, deflate' } }, (response) => {
        response.on('error', failed).on('end', () => done(response)).resume();
    }).on('error', failed);
});

/** Fetches these files, six at a time; returns how long that took, in ms. */
async function fetchAll(origin, paths) {
    const begin = Date.now();
    const agent = new Agent({ keepAlive: true, maxSockets: 6 });
    const all = await Promise.all(paths.map((path) => fetched(agent, `${origin}/${path}`)));
    check(all.every(({ statusCode }) => statusCode === 200), 'lab/serve has not all files');
    agent.destroy();
    return Date.now() - begin;
}

/** lab/serve serves a room: clients that fetch all of it, and browsers that start the machine meanwhile. */
async function room() {
    const paths = await filesOf(site);
    const serve = spawn('lab/serve', [site, '--port', '0'], { cwd: new URL('../../..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => serve.kill());
    let printed = '';
    const origin = await new Promise((found) => {
        serve.stdout.on('data', (text) => {
            printed += text;
            const [, address] = printed.match(/here +(http:\S+?)\/\n[^]*\n\n/) ?? [];
            if (address) {
                found(address);
            }
        });
    });
    const browsers = await Promise.all([1, 2, 3].map(() => launch()));
    const readers = await Promise.all(browsers.map((from) => newReader('room', { from })));
    const start = async (page) => {
        const begin = Date.now();
        await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
        await page.locator('.lab-run button').first().click();
        await page.waitForFunction(() => book.lab?.shells.every(({ prompt }) => prompt), undefined, { timeout });
        return Date.now() - begin;
    };
    const clients = Array.from({ length: CLIENTS }, () => fetchAll(origin, paths));
    const times = await Promise.all([...clients, ...readers.map(start)]);
    const [fetchedIn, readyIn] = [times.slice(0, CLIENTS), times.slice(CLIENTS)].map((some) => Math.max(...some));
    console.log(`${CLIENTS} clients have fetched ${paths.length} files within ${fetchedIn} ms, three browsers were ready within ${readyIn} ms`);
    check(fetchedIn <= FETCHED, `the clients need ${fetchedIn} ms`);
    check(readyIn <= READY, `the browsers need ${readyIn} ms`);
    await Promise.all(browsers.map((it) => it.close()));

    // What it sends.
    const agent = new Agent();
    const ask = async (path) => {
        const { statusCode, headers } = await fetched(agent, `${origin}${path}`);
        return [statusCode, headers['content-type'], headers['content-encoding'] ?? '-', headers['cache-control']].join(' ');
    };
    const chunk = paths.find((path) => /^lab\/chunk-/.test(path));
    for (const [path, expected] of [
        ['/', '200 text/html; charset=utf-8 gzip no-cache'],
        ['/lab/v86.wasm', '200 application/wasm gzip no-cache'],
        ['/lab/state.bin.zst', '200 application/zstd - no-cache'],
        [`/${chunk}`, '200 text/javascript; charset=utf-8 gzip public, max-age=31536000, immutable'],
        ['/nothing', '404 text/html; charset=utf-8 gzip no-cache'],
        ['/%2e%2e/%2e%2e/README.md', '404 text/html; charset=utf-8 gzip no-cache'],
        ['/..%2f..%2fREADME.md', '404 text/html; charset=utf-8 gzip no-cache'],
        ['/en/..%5c..%5cREADME.md', '404 text/html; charset=utf-8 gzip no-cache'],
    ]) {
        check(await ask(path) === expected, `${path} is answered by ${await ask(path)}`);
    }
    const { headers: { etag } } = await fetched(agent, `${origin}/icon.svg`);
    const again = await fetch(`${origin}/icon.svg`, { headers: { 'if-none-match': etag } });
    check(etag && again.status === 304, `what has not changed is answered by ${again.status}`);
    serve.kill();
}

const cases = { walk, updated, plain, asFile, room };
for (const [name, run] of Object.entries(cases).filter(([name]) => !process.env.CASE || name === process.env.CASE)) {
    const begin = Date.now();
    await run();
    console.log(`${name}: ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}
await end();
