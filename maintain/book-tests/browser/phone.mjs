// The machine on a screen that is touched: a part of layout.mjs.

import { chapter, commandIsInSight, fits, holds, promptIsInSight, run, TOUCH } from './chapter.mjs';
import { check, open, origin } from './site.mjs';

/** A phone can start the machine, and has the keys that its keyboard has not. */
export async function phone() {
    const page = await chapter(390, 844, 'phone', TOUCH);
    check(await page.locator('.lab-note').count() === 1, 'on a phone that is held upright nothing says to hold it sideways');
    const wrapped = await page.evaluate(() => [...document.querySelectorAll('code.language-console')]
        .every((code) => code.scrollWidth <= code.clientWidth));
    check(wrapped, 'on a phone the terminal sessions of the text are cut');
    await run(page, 0);
    const ran = await page.locator('.lab-outcome').first().textContent();
    check(ran.startsWith('✓ ran in terminal 1'), `on a phone a run says: ${ran}`);
    check(await page.evaluate(() => document.activeElement === document.body
        || document.activeElement.closest('.lab-run') !== null), 'after a run the phone\'s keyboard covers it');

    const key = (name) => page.locator('.lab-touch').getByRole('button', { name, exact: true }).tap();
    const screen = () => page.evaluate(() => book.lab.shells[0].lines(book.lab.shells[0].row - 4));
    await page.locator('.lab-pane').first().tap();
    await page.keyboard.type('echo one ');
    await key('pipe');
    await page.keyboard.type(' rev');
    await page.keyboard.press('Enter');
    check(await holds(page, () => book.lab.shells[0].lines(0).at(-1) === 'eno'), `after | the terminal shows ${await screen()}`);
    await key('up');
    await key('left');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('cat #');
    await page.keyboard.press('Enter');
    check(await holds(page, () => book.lab.shells[0].lines(0).at(-1) === 'one'), `after ↑ ← the terminal shows ${await screen()}`);
    await page.keyboard.type('cat');
    await page.keyboard.press('Enter');
    await key('Ctrl');
    await page.keyboard.type('d');
    check(await holds(page, () => book.lab.shells[0].prompt === '$'), `after Ctrl, d the terminal shows ${await screen()}`);
    await page.keyboard.type('d');
    check(await holds(page, () => book.lab.shells[0].terminal.buffer.active.getLine(book.lab.shells[0].row)
        .translateToString(true) === '$ d'), 'Ctrl holds for more than one key');
    await fits(page, 'phone');
    await page.context().close();

    const sideways = await chapter(844, 390, 'phone in landscape', TOUCH);
    check(await sideways.locator('.lab-run').count() > 0, 'a phone in landscape has no bars');
    await run(sideways, 0);
    check(await commandIsInSight(sideways, 0), 'in landscape a run\'s command is out of view');
    check(await promptIsInSight(sideways, 0), 'in landscape the prompt is out of view');
    await fits(sideways, 'phone in landscape');
    await sideways.context().close();
}

/** A keyboard on the screen covers the lower part of the window; the panel stays above it. */
export async function keyboardOnScreen() {
    const page = await open(390, 'light', 'keyboard on the screen', { viewport: { width: 390, height: 844 }, ...TOUCH });
    await page.addInitScript(() => {
        const viewport = Object.assign(new EventTarget(), { height: 844, offsetTop: 0, scale: 1 });
        Object.defineProperty(window, 'visualViewport', { value: viewport });
    });
    await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
    await run(page, 0);
    const edges = () => page.evaluate(() => {
        const { top, bottom } = document.querySelector('.lab-panel').getBoundingClientRect();
        return [top, bottom];
    });
    await page.getByRole('button', { name: 'higher' }).tap();
    await page.evaluate(() => {
        Object.assign(visualViewport, { height: 500 });
        visualViewport.dispatchEvent(new Event('resize'));
    });
    check((await edges()).join() === '0,500', `with a keyboard on the screen the panel is from ${await edges()}`);
    await page.context().close();
}
