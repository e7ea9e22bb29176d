// Blocks of the book in frames of another site's page: a terminal session and a challenge.
//
//     node embed.mjs SITE [SCREENSHOTS]

import { createServer } from 'node:http';
import challenge from '../../../lab/challenges/two-hostnames.js';
import { holds, newReader, Served, timeout } from './served.mjs';
import { accessible, check, end } from './site.mjs';

const screenshots = process.argv[3];
const served = await Served.start();

/** A course's page, which has another origin. */
const frame = (path) => `<iframe src="${served.origin}/${path}" title="${path}" style="border: 0; inline-size: 100%; block-size: 720px"></iframe>`;
const PAGES = {
    '/course': ['en/embed.html?block=step03-uts/2', 'ko/embed.html?block=challenge/two-hostnames'],
    '/chapter': ['en/step03-uts.html'],
};
const course = createServer(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`<!DOCTYPE html><title>A course</title>${(PAGES[url] ?? []).map(frame).join('')}`);
});
await new Promise((listening) => course.listen(0, '127.0.0.1', listening));
const host = `http://127.0.0.1:${course.address().port}`;

/** The frame with this block, when it is there. */
async function block(page, name) {
    const found = await page.locator(`iframe[title*="${name}"]`).elementHandle();
    const inside = await found.contentFrame();
    await inside.waitForSelector('main > .lab-run, main .lab-predict', { timeout });
    return inside;
}

/** A session that needs one before it, and a challenge, each with its own machine. */
async function framed() {
    const page = await newReader('embedded', { viewport: { width: 900, height: 1500 } });
    await page.goto(`${host}/course`, { waitUntil: 'load' });
    const session = await block(page, 'step03-uts/2');
    check(await session.locator('#mdbook-menu-bar, #mdbook-sidebar, nav, header').count() === 0, 'a frame has more than its block');
    check(await session.locator('main > pre:visible').count() === 1, `a frame shows ${await session.locator('main > pre:visible').count()} sessions`);
    check(/^loads \d+ MB once$/.test(await session.locator('main > .lab-run .lab-outcome').innerText()), 'the size of the machine is not told');
    const bar = session.locator('main > .lab-run');
    await bar.getByRole('button').click();
    await bar.getByRole('button', { name: 'run that one first' }).click({ timeout });
    await holds(session, 'the session does not run', () => document.querySelector('main > .lab-run .lab-outcome').textContent.includes('✓'));
    check(await session.locator('.lab-kernel table').first().isVisible() && await session.locator('.lab-pane:visible .xterm').count() > 0,
        'terminal and picture are not in sight together');
    check((await session.evaluate(() => book.progress.of('step03-uts').ran)).join() === '0,1', 'what ran does not count for its chapter');

    const task = await block(page, 'two-hostnames');
    const section = task.locator(`#challenge-${challenge.name}`);
    await section.getByRole('button', { name: '시작', exact: true }).click();
    const becomes = (state) => holds(task, `the challenge is not ${state}`, (state) => document.querySelector('.challenge').dataset.state === state, state);
    await becomes('open');
    for (const [line] of challenge.solution) {
        const [, terminal, text] = line.match(/^(\d)[$#] (.*)/);
        await task.waitForFunction((index) => book.lab.shells[index].prompt, Number(terminal) - 1, { timeout });
        await task.evaluate(([text, index]) => book.lab.shells[index].terminal.input(`${text}\r`), [text, Number(terminal) - 1]);
    }
    await becomes('solved');
    check(await section.getByRole('heading').first().evaluate((it) => it.ariaLevel) === '2', 'a level of headings is left out');
    if (screenshots) {
        await page.screenshot({ path: `${screenshots}/embedded.png`, fullPage: true });
    }

    // Links lead out of the frame, to the book.
    const [chapter] = await Promise.all([page.context().waitForEvent('page'), session.locator('main h1 a').click()]);
    check(chapter.url().startsWith(`${served.origin}/en/step03-uts.html#`), `the link leads to ${chapter.url()}`);
    await chapter.close();

    // Both machines come back, each in its frame.
    await session.waitForFunction(() => book.lab.checkpoints.isStored, undefined, { timeout });
    await task.waitForFunction(() => book.lab.checkpoints.isStored, undefined, { timeout });
    const mine = (inside) => inside.evaluate(() => book.lab.shells[0].lines(0).join('\n'));
    const before = [await mine(session), await mine(task)];
    await page.reload({ waitUntil: 'load' });
    for (const [at, name] of ['step03-uts/2', 'two-hostnames'].entries()) {
        const inside = await block(page, name);
        await holds(inside, `the machine of ${name} does not come back`, () => /^(Restored|\d+초 전)/.test(document.querySelector('.lab-status')?.textContent));
        check((await mine(inside)).startsWith(before[at]), `${name} has another machine after a reload`);
    }
    await page.context().close();
}

/** By itself, in a narrow window, dark, and with an address that names nothing. */
async function alone() {
    const page = await newReader('alone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    for (const [path, words] of [
        ['en/embed.html?block=step05-unshare/1', /Step 5/], ['ko/embed.html?block=challenge/a-container', /16단계/],
    ]) {
        await page.goto(`${served.origin}/${path}`, { waitUntil: 'load' });
        await page.waitForSelector('main > .lab-run, .challenge .lab-predict', { timeout });
        check(words.test(await page.locator('main h1').innerText()), `${path} is titled ${await page.locator('main h1').innerText()}`);
        check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is too wide for a phone`);
        await accessible(page, 'html', path);
        if (screenshots) {
            await page.screenshot({ path: `${screenshots}/embed-${path.replace(/\W+/g, '-')}.png` });
        }
    }
    page.removeAllListeners('console'); // the browser tells of pages that are not there
    for (const wrong of ['step03-uts/99', 'challenge/no-such', '../404', 'nothing/1', '']) {
        await page.goto(`${served.origin}/en/embed.html?block=${encodeURIComponent(wrong)}`);
        await page.getByText(`The book has no block “${wrong}”`).waitFor({ timeout });
    }
    // Other pages are not to be framed.
    await page.goto(`${host}/chapter`, { waitUntil: 'load' });
    const [inside] = page.frames().slice(1);
    check(await inside.locator('main').count() === 0, 'a chapter is shown in a frame of another site');
    await page.context().close();
}

const cases = { framed, alone };
for (const [name, run] of Object.entries(cases).filter(([name]) => !process.env.CASE || name === process.env.CASE)) {
    const begin = Date.now();
    await run();
    console.log(`${name}: ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}
course.close();
course.closeAllConnections();
served.end();
await end();
