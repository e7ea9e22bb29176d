// Where the machine's terminals stand in windows of all sizes, what they leave of the text, and
// what a run changes in it.
//
//     node layout.mjs SITE

import { chapter, commandIsInSight, fits, promptIsInSight, run, visible } from './chapter.mjs';
import { hidden, news, partsByKey, splitters } from './panel.mjs';
import { keyboardOnScreen, phone } from './phone.mjs';
import { accessible, answers, check, end, open, origin } from './site.mjs';

const height = (page) => page.evaluate(() => document.querySelector('.lab-panel').getBoundingClientRect().height);

/** In a wide window the terminals have 80 columns, and the text its whole height. */
async function beside() {
    for (const [width, heightOfWindow, parts] of [
        [1920, 1080, 'terminal 1,kernel'], [1280, 1150, 'terminal 1,terminal 2,kernel'], [1280, 800, 'terminal 1,kernel'],
        [1160, 700, 'terminal 1,kernel'], [1160, 639, 'terminal 1'],
    ]) {
        const where = `${width} × ${heightOfWindow} px`;
        const page = await chapter(width, heightOfWindow, where);
        await run(page, 0);
        const columns = await page.evaluate(() => book.lab.shells.map(({ terminal }) => terminal.cols));
        check(columns.every((it) => it >= 80), `${where}: the terminals have ${columns} columns`);
        check(await visible(page) === parts, `${where}: ${await visible(page)} can be seen`);
        check(await commandIsInSight(page, 0), `${where}: after a run its command is out of view`);
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        const [text, left, top, bottom] = await page.evaluate(() => {
            const panel = document.querySelector('.lab-panel').getBoundingClientRect();
            const parts = [...document.querySelectorAll('main > *, .mobile-nav-chapters')];
            const right = Math.max(...parts.map((part) => part.getBoundingClientRect().right));
            return [right, panel.left, panel.top, panel.bottom];
        });
        check(text <= left, `${where}: the terminals lie over ${text - left} px of the text`);
        check(left >= 400, `${where}: the text has only ${left} px`);
        check(top === 0 && bottom === heightOfWindow, `${where}: the panel is from ${top} to ${bottom}`);
        await fits(page, where);
        await page.context().close();
    }
}

/** The table of contents makes room for the text, and comes back. */
async function contents() {
    const page = await open(1280, 'light', 'contents');
    await page.addInitScript(() => localStorage.setItem('mdbook-sidebar', 'visible'));
    await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
    await run(page, 0);
    const shown = () => page.evaluate(() => document.documentElement.classList.contains('sidebar-visible'));
    check(!await shown(), 'the table of contents lies beside text and terminals');
    check(await commandIsInSight(page, 0), 'with a table of contents a run\'s command is out of view');
    check(await page.evaluate(() => localStorage.getItem('mdbook-sidebar')) === 'visible', 'a choice was changed');

    // On request it lies over the text, until the reader has chosen, or goes on with the text.
    await page.evaluate(() => scrollTo({ top: document.querySelector('main pre').offsetTop, behavior: 'instant' }));
    // mdBook's bar comes to who scrolls back; meanwhile nobody can press what is in it.
    await page.mouse.wheel(0, -100);
    await page.waitForFunction(() => document.getElementById('mdbook-menu-bar').getBoundingClientRect().top === 0);
    const menu = page.locator('#mdbook-sidebar-toggle');
    await menu.click();
    const links = page.locator('#mdbook-sidebar .chapter > .chapter-item > .chapter-link-wrapper > a');
    check(await links.count() > 10, `the table of contents has ${await links.count()} chapters`);
    for (const link of await links.all()) {
        await link.scrollIntoViewIfNeeded();
        const covering = await link.evaluate((it) => {
            const { left, top, width, height } = it.getBoundingClientRect();
            const found = document.elementFromPoint(left + width / 2, top + height / 2);
            return it.contains(found) ? '' : found?.outerHTML.slice(0, 80);
        });
        check(covering === '', `the table of contents is covered by ${covering}`);
    }
    await page.locator('main h2').first().click({ position: { x: 450, y: 10 } });
    check(!await shown(), 'a click on the text leaves the table of contents over it');
    await menu.click();
    await links.filter({ hasText: 'Step 4' }).click();
    await page.waitForFunction(() => document.title.startsWith('Step 4'));
    check(!await shown(), 'the table of contents lies over the chapter that was chosen');
    await page.locator('.lab-close button').click();
    check(await shown(), 'Stop does not bring the table of contents back');
    await page.context().close();
}

/** After a jump back in the text mdBook's bar is at the top. */
async function bar() {
    const page = await open(1280, 'light', 'bar');
    for (const back of [100, 300, 2000]) {
        await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
        await page.mouse.move(640, 450); // a pointer over the bar keeps it in sight
        await page.evaluate(() => scrollTo({ top: 3000, behavior: 'instant' }));
        await page.waitForFunction(() => document.getElementById('mdbook-menu-bar').getBoundingClientRect().bottom <= 0);
        await page.evaluate((back) => new Promise((scrolled) => {
            addEventListener('scroll', () => requestAnimationFrame(scrolled), { once: true });
            scrollBy({ top: -back, behavior: 'instant' });
        }), back);
        const top = await page.evaluate(() => document.getElementById('mdbook-menu-bar').getBoundingClientRect().top);
        check(top <= 0, `after a jump of ${back} px mdBook's bar is at ${top} px`);
    }
    await page.context().close();
}

/** In a narrow window a sheet has tabs, and one of three heights. */
async function sheet() {
    for (const [width, heightOfWindow] of [[768, 1024], [390, 844]]) {
        const where = `${width} px`;
        const page = await chapter(width, heightOfWindow, where);
        await run(page, 0);
        check(await visible(page) === 'terminal 1', `${where}: ${await visible(page)} can be seen`);
        check(await commandIsInSight(page, 0), `${where}: after a run its command is out of view`);
        const first = await page.evaluate(() => {
            const { active } = book.lab.shells[0].terminal.buffer;
            const line = (row) => active.getLine(row).translateToString(true);
            const rows = Array.from({ length: book.lab.shells[0].terminal.rows }, (_, row) => line(active.viewportY + row));
            return rows.includes('$ step03-uts helo');
        });
        // What it printed is longer than the terminal where that is narrow.
        check(first || width < 500, `${where}: the terminal does not show the command that ran`);
        check(await promptIsInSight(page, 0), `${where}: the terminal does not show the end of what ran`);
        await fits(page, where);
        await accessible(page, '.lab-panel', `the sheet at ${where}`);

        const tab = page.getByRole('tab', { name: 'terminal 2' });
        await tab.click();
        check(await visible(page) === 'terminal 2', `${where}: the tab shows ${await visible(page)}`);
        check(await page.evaluate(() => document.activeElement.ariaLabel) === 'terminal 2', `${where}: the tab does not lead into its terminal`);
        await tab.focus();
        await page.keyboard.press('ArrowLeft');
        check(await visible(page) === 'terminal 1', `${where}: an arrow key shows ${await visible(page)}`);
        await run(page, 1);
        check(await visible(page) === 'terminal 2', `${where}: after a run in terminal 2 ${await visible(page)} can be seen`);
        check(await commandIsInSight(page, 1), `${where}: after the second run its command is out of view`);

        const [higher, lower] = ['higher', 'lower'].map((name) => page.getByRole('button', { name, exact: true }));
        const half = await height(page);
        const columns = () => page.evaluate(() => book.lab.shells[1].terminal.cols);
        const before = await columns();
        await lower.click();
        const line = await height(page);
        check(await lower.isDisabled(), `${where}: there is a fourth height`);
        await run(page, 1);
        check(await columns() === before, `${where}: out of sight the terminal has ${await columns()} columns`);
        check(await height(page) === half, `${where}: a run does not make its terminal visible`);
        await higher.click();
        const whole = await height(page);
        check(line <= 60 && half > 200 && half < 0.6 * heightOfWindow && whole === heightOfWindow,
            `${where}: the heights are ${line}, ${half}, ${whole}`);
        await page.evaluate(() => sessionStorage.clear()); // or the machine would come back, over the buttons
        await page.reload({ waitUntil: 'load' });
        await run(page, 0);
        check(await height(page) === whole, `${where}: the height was not kept`);
        await page.context().close();
    }
}

/** An option stays on one line, wherever it stands in the text. */
async function options() {
    const page = await open(1280, 'light', 'options');
    for (const name of ['en/before-you-start', 'en/step05-unshare', 'en/errno', 'ko/step01-proc-ns', 'ko/cost']) {
        await page.goto(`${origin}/${name}.html`, { waitUntil: 'load' });
        for (let width = 320; width < 800; width += 20) {
            await page.setViewportSize({ width, height: 900 });
            const broken = await page.evaluate(() => {
                const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
                const found = [];
                while (walker.nextNode()) {
                    const { currentNode: text } = walker;
                    for (const { 0: option, index } of text.parentElement.closest('code:not(pre *)') ? text.data.matchAll(/(?<![\w-])--[a-z][\w-]*/g) : []) {
                        const range = new Range();
                        range.setStart(text, index);
                        range.setEnd(text, index + option.length);
                        found.push(...range.getClientRects().length > 1 ? [option] : []);
                    }
                }
                return found;
            });
            check(broken.length === 0, `${name} at ${width} px: over two lines are ${broken}`);
        }
    }
    await page.context().close();
}

/** At 400 % zoom of a small screen. */
async function zoomed() {
    const page = await chapter(320, 256, '320 px');
    await run(page, 1); // offers to run another one first
    check(await promptIsInSight(page, 1), 'at 400 % zoom the prompt is out of view');
    await run(page, 0);
    check(await promptIsInSight(page, 0), 'at 400 % zoom the prompt is out of view after a run');
    check(await commandIsInSight(page, 0), 'at 400 % zoom a run\'s command is out of view');
    await fits(page, '320 px');
    await page.context().close();
}

/** The numbers of a run stand in the text, until the machine is another. */
async function numbers() {
    const page = await chapter(1280, 800, 'numbers');
    const text = () => page.locator('main').evaluate((main) => [...main.querySelectorAll('pre > code, p:not([class])')]
        .map((part) => part.textContent).join('\n'));
    const printed = await text();
    await run(page, 0);
    const last = () => page.evaluate(() => book.lab.shells[0].lines(0).map((line) => line.match(/PID of child .* (\d+)/)?.[1])
        .findLast((number) => number));
    const child = await last();
    const shown = await text();
    check(shown.includes(`created by clone() is ${child}`), 'the block that ran shows the printed number');
    check(shown.includes(`PID ${child}, stay`), 'the prose shows the printed number');
    check(shown.includes(`readlink /proc/${child}/ns/uts\n`), 'a block to come shows the printed number');
    check(await page.locator('data[title="11120 in the printed book"]').count() > 0, 'no title has the printed number');
    // The second run has other numbers, and the first ones are in no one's way.
    await run(page, 0);
    const next = await last();
    check(next !== child && (await text()).includes(`PID ${next}, stay`), 'a second run is not shown');
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    check(await text() === printed, 'on paper the numbers are those of a run');
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    check((await text()).includes(`PID ${next}, stay`), 'after printing the numbers are the printed ones');
    await page.emulateMedia({ media: 'print' });
    const left = await page.evaluate(() => [...document.querySelectorAll('.lab-panel, .lab-run')]
        .filter((part) => part.checkVisibility()).length);
    check(left === 0, 'on paper there is something of the machine');
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('button', { name: 'Start again' }).click();
    check(await text() === printed, '"Start again" does not bring the printed numbers back');
    await page.context().close();
}

/** A machine that cannot be loaded is tried again from where it would be. */
async function failure() {
    const page = await chapter(390, 844, 'failure');
    answers.set('v86.wasm', (response) => response.end('no machine'));
    await run(page, 0);
    const retry = page.locator('.lab-loading').getByRole('button', { name: 'Try again' });
    check(await retry.isVisible(), 'after a failure nothing offers to try again');
    check(!await page.locator('.lab-loading progress').isVisible(), 'after a failure there is a bar of progress');
    const outcome = await page.locator('.lab-outcome').first().textContent();
    check(outcome.includes('could not be started'), `after a failure the block says: ${outcome}`);
    answers.clear();
    await retry.click();
    check(await promptIsInSight(page, 0), 'the second try does not work');
    await page.context().close();

    const forbidden = await open(1280, 'light', 'without storage');
    await forbidden.addInitScript(() => {
        // mdBook uses sessionStorage without asking.
        Object.defineProperty(window, 'localStorage', {
            get: () => { throw new DOMException('forbidden', 'SecurityError'); },
        });
    });
    await forbidden.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
    await run(forbidden, 0);
    check(await promptIsInSight(forbidden, 0), 'without storage the machine does not start');
    await forbidden.context().close();
}

/** The contrast of two colors, as WCAG has it. */
function contrast(...colors) {
    const [dark, light] = colors.map((color) => {
        const [red, green, blue] = color.match(/[\d.]+/g).map(Number)
            .map((it) => (it / 255 <= 0.03928 ? it / 255 / 12.92 : ((it / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
}

/** Text and edges can be told from what is around them. */
async function themes() {
    const page = await chapter(1280, 800, 'themes');
    await run(page, 0);
    let theme = 'light';
    for (const next of ['light', 'rust', 'coal', 'navy', 'ayu']) {
        await page.evaluate(([theme, next]) => document.documentElement.classList.replace(theme, next), [theme, next]);
        theme = next;
        const colors = await page.evaluate(() => {
            const of = (selector) => getComputedStyle(document.querySelector(selector));
            const [panel, button, run] = ['.lab-panel', '.lab-close button', '.lab-run > button'].map(of);
            const page = getComputedStyle(document.documentElement).backgroundColor;
            return {
                'the edge of a button': [button.borderTopColor, panel.backgroundColor, 3],
                'the edge of the panel': [panel.borderLeftColor, page, 3],
                'a run button': [run.backgroundColor, page, 3],
                'the text of a run button': [run.color, run.backgroundColor, 4.5],
                'what happened': [of('.lab-outcome').color, page, 4.5],
            };
        });
        for (const [what, [one, other, least]] of Object.entries(colors)) {
            const found = contrast(one, other);
            check(found >= least, `${theme}: the contrast of ${what} is ${found.toFixed(2)}`);
        }
        await accessible(page, '.lab-panel', `the panel in ${theme}`);
    }
    await page.context().close();
}

const tests = [
    beside, contents, bar, sheet, options, zoomed, numbers, phone, keyboardOnScreen, failure, themes, splitters, hidden, news,
    partsByKey,
];
for (const test of tests) {
    if (test.name.includes(process.env.TEST ?? '')) {
        await test();
    }
}
await end();
