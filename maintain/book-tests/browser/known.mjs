// What readers know is theirs: it stands on a page of their own, survives being saved, deleted and read
// again, and a host collects it from several browsers by codes.
//
//     node known.mjs SITE [SCREENSHOTS]
//
// CASE=name runs only that case. What codes and files say is the matter of lab/tests/codes.mjs.

import { readFile } from 'node:fs/promises';
import { accessible, check, end, open, origin } from './site.mjs';

/** How long something may take on a slow machine. */
const timeout = 60_000;

const screenshots = process.argv[3];

/** What the browser asks is answered with yes. */
async function openPage(name, options) {
    const page = await open(1280, 'light', name, options);
    page.on('dialog', (dialog) => dialog.accept());
    return page;
}

/** Opens a page, and waits until its script has filled it. */
async function goTo(page, path) {
    await page.goto(`${origin}/${path}`, { waitUntil: 'load' });
    await filled(page);
}

const filled = (page) => page.waitForSelector('.known-sum, .room-sum', { state: 'attached', timeout });
const press = (page, name) => page.locator('main').getByRole('button', { name, exact: true }).click();
const said = (page) => page.locator('.reader-said').first().innerText();
const progress = (page) => page.evaluate(() => JSON.stringify([book.progress.all(), localStorage.getItem('book-runs')]));

/** What a press lets the browser save: the file's name and content. */
async function saved(page, name) {
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, name)]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/** Reads a file, and waits for what is said of it. */
async function reads(page, text) {
    await page.evaluate(() => { document.querySelector('.reader-said').textContent = ''; });
    await page.locator('.known input[type=file]').setInputFiles({ name: 'progress.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    await page.waitForFunction(() => document.querySelector('.reader-said').textContent, undefined, { timeout });
    return said(page);
}

/** Fits on a phone and in the dark, and axe finds nothing. */
async function looksRight(page, name) {
    for (const [width, theme] of [[1280, 'light'], [390, 'navy']]) {
        await page.setViewportSize({ width, height: 900 });
        await page.evaluate((theme) => document.getElementById(`mdbook-theme-${theme}`).click(), theme);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        check(wider <= 0, `${name}, ${width} px: the page is ${wider} px too wide`);
        await accessible(page, 'main', `${name}, ${theme}`);
        if (screenshots) {
            await page.screenshot({ path: `${screenshots}/${name}-${width}.png`, fullPage: true });
        }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
}

/** Opens the code of a reader, and returns it. */
async function codeOf(page, name) {
    const card = page.locator('.code-card');
    if (!await card.evaluate((it) => it.open)) {
        await card.locator('summary').click();
    }
    await card.locator('svg').waitFor({ timeout });
    if (name) {
        const before = await card.locator('code').innerText();
        await card.locator('input').fill(name);
        await page.waitForFunction((before) => document.querySelector('.code-card code').textContent !== before, before, { timeout });
    }
    return card.locator('code').innerText();
}

/** Somebody solves a challenge; their page has it, is saved as a file, and comes back after all was deleted. */
async function own() {
    const page = await openPage('own');
    await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
    await page.locator('#challenge-two-hostnames').getByRole('button', { name: 'Begin' }).click();
    for (const line of ['unshare --map-root-user --uts bash', 'hostname inside']) {
        await page.waitForFunction(() => document.querySelector('#challenge-two-hostnames').dataset.state === 'open' && book.lab.shells[0].prompt, undefined, { timeout });
        await page.evaluate((line) => book.lab.shells[0].terminal.input(`${line}\r`), line);
    }
    await page.waitForSelector('#challenge-two-hostnames[data-state=solved]', { state: 'attached', timeout });

    // The machine is open: the page is turned, not loaded.
    await page.locator('.progress a').click();
    await filled(page);
    check(await page.evaluate(() => Boolean(book.lab)), 'the way to the page ends the machine');
    const challenges = page.locator('.known-challenge');
    check(await challenges.count() === 1 && (await challenges.innerText()).includes('Two shells, two hostnames'), `solved are ${await challenges.allInnerTexts()}`);
    await challenges.locator('summary').click();
    const events = await challenges.locator('li').allInnerTexts();
    check(events.some((it) => /nodename of uts A .* became inside/.test(it)), `the kernel is said to have seen ${events}`);
    check(/\b1 of the \d+ challenges solved/.test(await page.locator('.known-sum').innerText()), `the sum is "${await page.locator('.known-sum').innerText()}"`);
    check((await page.locator('.known-chapter').innerText()).includes('pointer to a UTS namespace'), 'the page does not tell what there is to know');
    await codeOf(page);
    await goTo(page, 'en/known.html'); // without the machine beside it
    await looksRight(page, 'known');

    // On paper.
    await page.emulateMedia({ media: 'print' });
    if (screenshots) {
        await page.pdf({ path: `${screenshots}/known.pdf` });
    }
    const isSeen = (selector) => page.locator(selector).first().evaluate((it) => it.checkVisibility({ contentVisibilityAuto: true }));
    check(await isSeen('.known-events li') && !await isSeen('.known button') && !await isSeen('.code-card'), 'on paper stands what is to be pressed, or what the kernel saw is missing');
    await page.emulateMedia({ media: 'screen' });

    const before = await progress(page);
    const file = await saved(page, 'Save as a file');
    check(/^what-i-know-now-\d{4}-\d\d-\d\d\.json$/.test(file.name), `the file is called ${file.name}`);
    const [number] = JSON.parse(await page.evaluate(() => `[${JSON.parse(localStorage.getItem('book-participant')).id}]`));
    await press(page, 'Delete everything');
    check(await page.evaluate(() => Object.keys(localStorage).filter((key) => /^book-/.test(key)).join()) === '', `after everything was deleted there is ${await progress(page)}`);
    check(Number.isInteger(number) && !await page.locator('.code-card').evaluate((it) => it.open), 'the number of who has deleted everything is still shown');
    check(await challenges.count() === 0 && (await page.locator('.known-sum').innerText()).startsWith('You have not'), 'what was deleted is still shown');

    for (const [broken, says] of [[file.text.slice(0, -9), 'damaged'], [file.text.replace(/"at": \d+/, '"at": "then"'), 'Part of this file'], [file.text.replace('"version": 1', '"version": 9'), 'another version']]) {
        const told = await reads(page, broken);
        check(told.includes(says) && told.includes('Nothing has been changed'), `of a broken file the page says "${told}"`);
    }
    check(await progress(page) === '[{},null]', `broken files have left ${await progress(page)}`);
    const told = await reads(page, file.text);
    check(/1 challenge\b/.test(told), `of the file the page says "${told}"`);
    check(await progress(page) === before, `what comes back is ${await progress(page)}, not ${before}`);
    check(await challenges.count() === 1, 'what comes back is not shown');
    check((await reads(page, file.text)).includes('already in this browser'), 'the same file is news');
    await page.context().close();
}

/** A browser that stores nothing: it says so, and the file is a way out. */
async function unstored() {
    const page = await openPage('unstored');
    await page.addInitScript(() => {
        // mdBook uses sessionStorage without asking.
        Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('forbidden', 'SecurityError'); } });
    });
    await goTo(page, 'ko/known.html');
    const text = await page.locator('.known').innerText();
    check(text.includes('저장할 수 없어서'), `a browser that stores nothing is told "${text.slice(0, 200)}"`);
    const solved = { challenges: { visited: true, ran: [], predicted: {}, solved: { zombies: 1_795_000_000_000 } } };
    const run = { at: 1_795_000_000_000, lang: 'en', events: ['<img src=x onerror=alert(1)>'] };
    const file = { format: 'book-progress', version: 1, saved: '', pages: solved, runs: { zombies: run } };
    check((await reads(page, JSON.stringify(file))).includes('도전 과제 1개'), `the page says "${await said(page)}"`);
    check((await page.locator('.known-challenge li').textContent()) === run.events[0], 'what a file says is taken for more than a text');
    await codeOf(page, '민수');
    await press(page, '모두 지우기');
    check(await page.locator('.known-challenge').count() === 0, 'what is not stored cannot be deleted');
    await goTo(page, 'ko/room.html');
    check((await page.locator('.room').innerText()).includes('아직 받은 코드가 없습니다'), 'the host\'s page does not work');
    await page.context().close();
}

/** Two participants give their codes to a host, in all ways that there are. */
async function room() {
    const participants = [];
    for (const [name, solved] of [['김민수', ['the-twin', 'two-hostnames']], ['', ['the-twin']]]) {
        const page = await openPage('participant');
        await page.addInitScript((solved) => localStorage.getItem('book-progress')
            ?? localStorage.setItem('book-progress', JSON.stringify({ challenges: { visited: true, ran: [], predicted: {}, solved } })),
        Object.fromEntries(solved.map((it) => [it, 1_795_000_000_000])));
        await goTo(page, 'ko/known.html');
        participants.push({ page, code: await codeOf(page, name) });
    }
    const [first, second] = participants;
    check(second.code.length <= 40, `without a name the code is ${second.code}`);

    const host = await openPage('host');
    // A camera that sees the first participant's picture.
    await host.addInitScript((seen) => {
        window.BarcodeDetector = class {
            async detect() {
                return [{ rawValue: seen }];
            }
        };
        const stream = () => document.createElement('canvas').captureStream();
        Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: async () => stream() } });
        HTMLMediaElement.prototype.play = async () => {};
    }, `${origin}/ko/room.html#${first.code}`);
    await goTo(host, 'en/room.html');
    const rows = () => host.locator('.room-table tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].slice(0, 2).map((it) => it.textContent).join(' ')));
    const mistyped = first.code.replace(/[^-]/, (letter) => (letter === '7' ? '8' : '7'));
    await host.locator('textarea').fill(`10:31 somebody: ${second.code}\n${mistyped}\nhello, all`);
    await press(host, 'Add');
    check(/^No name \(\w{4}\) 1$/.test((await rows()).join()), `the rows are ${await rows()}`);
    const refused = await host.locator('.room-refused li').allInnerTexts();
    check(refused.length === 2 && refused[0].includes('a letter is wrong') && refused[1].includes('no code has the character ,'), `of lines that are no codes the page says ${refused}`);
    check(await host.locator('textarea').inputValue() === `${mistyped}\nhello, all`, 'what has been taken is still to be taken, or a wrong line is lost');
    await press(host, 'Scan with the camera');
    await host.locator('.room-table tbody tr').nth(1).waitFor({ timeout });
    await press(host, 'Stop the camera');
    check((await rows())[1] === '김민수 2', `after the camera the rows are ${await rows()}`);

    // One has solved more, and gives the address that the picture has.
    await first.page.evaluate(() => book.progress.solved('challenges', 'zombies'));
    await first.page.waitForFunction((before) => document.querySelector('.code-card code').textContent !== before, first.code, { timeout });
    await goTo(host, `en/room.html?again#${await codeOf(first.page)}`);
    check((await rows()).join().endsWith('김민수 3') && (await rows()).length === 2, `after a later code the rows are ${await rows()}`);
    check(!host.url().includes('#'), `the address is still ${host.url()}`);
    check((await said(host)) === 'Added: 김민수, 3 solved.', `the page says "${await said(host)}"`);
    const by = await host.locator('.room-challenges tr[data-name=the-twin] .room-by').innerText();
    check(by.trim() === '2/2', `the first challenge is solved by ${by}`);
    await looksRight(host, 'room');

    const { name, text } = await saved(host, 'Save as CSV');
    check(/^room-.*\.csv$/.test(name) && /\r\n김민수,3,20\d\d-[^,]+,1,0,1,0/.test(text), `${name} is ${text}`);
    await host.getByRole('button', { name: 'Remove: 김민수' }).click();
    check((await rows()).length === 1, `after one was removed the rows are ${await rows()}`);
    await host.reload({ waitUntil: 'load' });
    await filled(host);
    check((await rows()).length === 1, `after a reload the rows are ${await rows()}`);
    await host.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await press(host, 'Copy all codes');
    await host.waitForFunction(() => document.querySelector('.room .reader-said').textContent.startsWith('Copied'), undefined, { timeout });
    const copied = await host.evaluate(() => navigator.clipboard.readText());
    check(copied === second.code, `the codes of the room are ${copied}`);
    await press(host, 'Delete the table');
    check((await rows()).length === 0 && await host.evaluate(() => localStorage.getItem('book-room')) === null, 'the table is not deleted');
    await Promise.all([host, first.page, second.page].map((page) => page.context().close()));
}

const cases = { own, unstored, room };
for (const [name, run] of Object.entries(cases).filter(([name]) => !process.env.CASE || name === process.env.CASE)) {
    await run();
    console.log(`${name}: done`);
}
await end();
