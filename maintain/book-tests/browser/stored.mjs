// The machine outlives a reload, where the browser stores it: a part of stays.mjs.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { holds, isMarked, isSame, openMachine, press, restored, run, scrollBack, stored } from './kept.mjs';
import { answers, check, origin } from './site.mjs';

/** What the kernel's view says has happened. */
const moments = (page) => page.locator('.lab-kernel .kernel-timeline li').allTextContents();

/** From now on, collects what the page says of its loading. */
const listen = (page) => page.addInitScript(() => {
    window.said = [];
    const look = () => window.said.push(document.querySelector('.lab-loading p')?.textContent ?? '');
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
});

/** A reload, and going away and coming back. */
export async function reload() {
    const name = 'reload';
    const page = await openMachine(name);
    await run(page, 'seq 200; printf "\\033[1;31mred\\033[m wide: 한국어\\n"');
    await press(page, '$ step03-uts helo\n');
    await run(page, 'echo other', 1);
    await stored(page);
    const before = await scrollBack(page);
    const happened = await moments(page);
    await page.getByRole('button', { name: 'Hide' }).click();
    await listen(page);
    const begin = Date.now();
    await page.reload({ waitUntil: 'load' });
    await restored(page);
    console.log(`after a reload: ${Date.now() - begin} ms`);
    check(JSON.stringify(await scrollBack(page)) === JSON.stringify(before), 'after a reload the terminals are not what they were');
    check(happened.length > 3 && (await moments(page)).slice(-happened.length).join('\n') === happened.join('\n'),
        `after a reload the kernel's view says ${await moments(page)}, not ${happened}`);
    const { size } = await stat(join(process.argv[2], 'lab', 'v86.wasm'));
    const said = (await page.evaluate(() => window.said)).filter((it) => it.startsWith('Loading'));
    check(said.length > 0 && said.every((it) => it.endsWith(` of ${Math.round(size / 1e6)} MB`)), `after a reload the page says ${said}`);
    check(!await page.getByRole('button', { name: 'Hide' }).isVisible(), 'after a reload a hidden panel is there again');
    await page.getByRole('button', { name: 'Show Linux' }).click();
    const red = await page.evaluate(() => {
        const { buffer: { active } } = book.lab.shells[0].terminal;
        const rows = [...Array(active.length).keys()].map((row) => active.getLine(row));
        return rows.find((row) => row.translateToString().startsWith('red')).getCell(0).getFgColor();
    });
    check(red === 1, `after a reload the color is ${red}`);
    await isMarked(page, '$ step03-uts helo\n', 'after a reload');
    await page.evaluate(() => book.lab.shells[0].terminal.input('\r'));
    await holds(page, 'step03-uts does not go on', () => book.lab.shells[0].prompt === '$');
    check((await run(page, 'echo $mine')).join() === name, 'after a reload the variable is lost');
    const clock = Number(await run(page, 'date +%s'));
    check(Math.abs(clock - Date.now() / 1000) < 60, `after a reload the clock is ${clock - Date.now() / 1000} s off`);

    await stored(page);
    const left = await scrollBack(page);
    await page.goto(`${origin}/en/print.html`);
    await page.goto(`${origin}/ko/step05-unshare.html`);
    await restored(page);
    await isSame(page, name, left, 'after another page');
    await page.getByRole('button', { name: '끄기' }).click();
    await page.reload({ waitUntil: 'networkidle' });
    check(await page.locator('.lab-panel').count() === 0, 'a machine that was closed came back');
    await page.context().close();
}

/** What was stored of another build is removed, and the page says that the machine is new. */
export async function otherBuild() {
    const page = await openMachine('other build');
    await stored(page);
    const checkpoints = () => page.evaluate(() => new Promise((resolve) => {
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

/** Where the storage does not work, as this script for the worker makes it, the machine does, and the page says so. */
export async function brokenStorage(what, script) {
    const worker = await readFile(join(process.argv[2], 'lab', 'worker.js'), 'utf8');
    answers.set('worker.js', (response) => {
        response.writeHead(200, { 'content-type': 'text/javascript' });
        response.end(`${script};\n${worker}`);
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
export async function twoTabs() {
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
