// The parts of the panel, and how a reader arranges them: a part of layout.mjs.

import { chapter, holds, run, visible } from './chapter.mjs';
import { check } from './site.mjs';

/** A line between two parts, by its name. */
const line = (page, name) => page.getByRole('separator', { name });

const box = (page, selector) => page.locator(selector).first().boundingBox();

/** Drags a line to a point. */
async function drag(page, separator, { x, y }) {
    const { x: left, y: top, width, height } = await separator.boundingBox();
    await page.mouse.move(left + width / 2, top + height / 2);
    await page.mouse.down();
    await page.mouse.move(x ?? left, y ?? top, { steps: 5 });
    await page.mouse.up();
}

/** Whether two lengths are the same, but for parts of pixels. */
const same = (one, other) => Math.abs(one - other) < 3;

/** Pulls the lines between text, terminals and kernel, with a pointer and with keys. */
export async function splitters() {
    const [width, height] = [1500, 900];
    const page = await chapter(width, height, 'splitters');
    await run(page, 0);
    const [ofText, ofTerminals] = ['width of the text', 'height of the terminals'].map((name) => line(page, name));
    const left = async () => (await box(page, '.lab-panel')).x;
    const kernel = async () => (await box(page, '.lab-kernel')).height;
    const size = () => page.evaluate(() => [book.lab.shells[0].terminal.cols, book.lab.shells[0].terminal.rows]);
    /** Waits until the terminal fills its frame, and the machine knows its size. */
    const fitted = () => holds(page, async () => {
        const { shells: [{ terminal: { rows, cols }, fits }], computer } = book.lab;
        const known = await computer.control.run('stty -F /dev/ttyS0 size');
        return fits().rows === rows && fits().cols === cols && known.trim() === `${rows} ${cols}`;
    });

    const [columns] = await size();
    await drag(page, ofText, { x: 600 });
    check(same(await left(), 600), `dragged to 600, the panel begins at ${await left()}`);
    check(await fitted() && (await size())[0] > columns, `a wider panel has ${(await size())[0]} columns`);
    check(await ofText.getAttribute('aria-valuenow') === '40', `at 600 of 1500 the line is at ${await ofText.getAttribute('aria-valuenow')}`);
    await drag(page, ofText, { x: 5 });
    check(same(await left(), 380), `the text can be ${await left()} px wide`);
    await drag(page, ofText, { x: width - 5 });
    check(await fitted() && (await size())[0] >= 80, `the terminal can have ${(await size())[0]} columns`);
    const narrow = await left();
    await page.keyboard.press('ArrowLeft');
    check(same(await left(), narrow - 0.02 * width), `an arrow key moves the panel from ${narrow} to ${await left()}`);
    await page.keyboard.press('Home');
    check(same(await left(), 380), `Home leads to ${await left()}`);
    await page.keyboard.press('ArrowRight');
    check(page.url().endsWith('step03-uts.html'), 'an arrow key at the line turns the page');

    const before = await kernel();
    const { y } = await ofTerminals.boundingBox();
    await drag(page, ofTerminals, { y: y + 5 - 60 });
    check(same(await kernel(), before + 60), `60 px higher the kernel's view has ${await kernel()} px, not ${before} and 60`);
    await page.keyboard.press('Home');
    check(await fitted() && (await size())[1] >= 8, `the terminal can have ${(await size())[1]} rows`);
    await page.keyboard.press('End');
    check(same(await kernel(), 160), `the kernel's view can have ${await kernel()} px`);
    await page.keyboard.press('ArrowUp');

    const chosen = [await left(), await kernel()];
    check(chosen[1] > 165, `an arrow key leaves the kernel's view ${chosen[1]} px`);
    await page.evaluate(() => sessionStorage.clear());
    await page.reload({ waitUntil: 'load' });
    await run(page, 0);
    check(same(await left(), chosen[0]) && same(await kernel(), chosen[1]),
        `after a reload the lines are at ${[await left(), await kernel()]}, not ${chosen}`);
    // In a smaller window, too, both have what they need.
    await page.setViewportSize({ width: 1160, height: 640 });
    check(await left() >= 380 && await kernel() >= 160, `in a small window they are at ${[await left(), await kernel()]}`);
    check(await fitted() && (await size()).every((it, index) => it >= [80, 8][index]), `in a small window the terminal has ${await size()}`);
    await page.context().close();
}

/** A panel that is hidden leaves the window to the text; its machine runs on. */
export async function hidden() {
    const page = await chapter(1280, 800, 'hidden');
    await run(page, 0);
    const toggle = (name) => page.getByRole('button', { name, exact: true });
    const isShown = () => page.locator('.lab-close button').isVisible();
    const right = async () => {
        const { x, width } = await box(page, 'main');
        return x + width;
    };
    const rows = () => page.evaluate(() => book.lab.shells[0].terminal.rows);
    const [beside, before] = [await right(), await rows()];
    await toggle('Hide').click();
    check(!await isShown() && await visible(page) === '', `Hide leaves ${await visible(page)}`);
    check(await right() > beside, `beside a hidden panel the text ends at ${await right()}`);
    check(await page.evaluate(() => document.activeElement.textContent) === 'Show Linux', 'Hide loses the focus');
    await page.evaluate(() => book.lab.computer.control.run('hostname hidden'));
    await page.keyboard.press('Enter');
    check(await isShown() && await right() === beside, 'the panel does not come back');
    check(await rows() === before, `when it was hidden the terminal got ${await rows()} rows`);
    const name = await page.evaluate(() => book.lab.computer.control.run('hostname'));
    check(name.trim() === 'hidden', `the machine's name is ${name}`);
    await toggle('Hide').click();
    await run(page, 1);
    check(await isShown(), 'a run in a hidden panel does not show it');
    await toggle('Hide').click();
    await page.setViewportSize({ width: 768, height: 1024 });
    check(await holds(page, () => document.querySelector('.lab-close').checkVisibility({ visibilityProperty: true })), 'a sheet is hidden, too');
    check(!await toggle('Show Linux').isVisible(), 'a sheet can be hidden twice');
    await page.context().close();
}

/** A dot tells of what the kernel has changed out of sight. */
export async function news() {
    for (const [width, height] of [[768, 1024], [390, 844], [1280, 600]]) {
        const where = `${width} px`;
        const page = await chapter(width, height, where);
        await run(page, 0);
        const tab = (name) => page.getByRole('tab', { name, exact: true });
        check(await visible(page) === 'terminal 1', `${where}: after a run ${await visible(page)} can be seen`);
        check(await holds(page, () => document.querySelector('.lab-news:not([hidden])')), `${where}: nothing tells of changes`);
        check(await tab('changed: kernel').count() === 1, `${where}: screen readers hear nothing of changes`);
        await tab('changed: kernel').click();
        check(await visible(page) === 'kernel', `${where}: the tab shows ${await visible(page)}`);
        check(await tab('kernel').count() === 1, `${where}: what was looked at is told again`);
        // While it is in sight there is no news, and a click on the text leaves it in sight.
        await page.locator('main h1').click();
        await page.evaluate(() => book.lab.shells[1].use(() => book.lab.shells[1].command('exec bash -c "exec -a new bash"')));
        check(await visible(page) === 'kernel', `${where}: then ${await visible(page)} can be seen`);
        check(await tab('kernel').count() === 1, `${where}: what is looked at is told`);
        await page.context().close();
    }
}

/** F6 leads from part to part, and to the text. */
export async function partsByKey() {
    for (const [width, height] of [[1280, 800], [1280, 1200], [768, 1024]]) {
        const where = `${width} × ${height}`;
        const page = await chapter(width, height, where);
        await run(page, 0);
        const focused = (label) => holds(page, (label) => [document.activeElement.ariaLabel, document.activeElement.textContent]
            .includes(label), label);
        for (const label of ['terminal 1', 'terminal 2', 'kernel', 'run it here']) {
            check(await focused(label), `${where}: F6 does not lead to ${label}`);
            check(label === 'run it here' || (await visible(page)).includes(label), `${where}: ${label} has the focus, out of sight`);
            await page.keyboard.press('F6');
        }
        await page.context().close();
    }
}
