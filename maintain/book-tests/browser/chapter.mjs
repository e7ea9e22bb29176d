// A chapter in a window of some size, and what can be seen of it, for layout.mjs and phone.mjs.

import { check, open, origin } from './site.mjs';

/** How long a slow machine may take. */
const timeout = 60_000;

export const TOUCH = { hasTouch: true, isMobile: true };

/** Opens the chapter in a window of this size. */
export async function chapter(width, height, name, { theme = 'light', ...options } = {}) {
    const size = { width, height };
    const page = await open(width, theme, name, { viewport: size, screen: size, ...options });
    await page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
    return page;
}

/** Whether something comes to hold in the page. */
export function holds(page, condition, argument) {
    return page.waitForFunction(condition, argument, { timeout }).then(() => true, () => false);
}

/** Presses a block's button and waits for the end of its run. */
export async function run(page, index) {
    await page.locator('.lab-run > button').nth(index).click();
    await holds(page, () => !document.querySelector('.lab-run [aria-busy]'));
}

/** Which parts of the panel can be seen. */
export function visible(page) {
    return page.evaluate(() => [...document.querySelectorAll('.lab-pane, .lab-kernel')]
        .filter((part) => part.checkVisibility({ visibilityProperty: true }))
        .map((part) => part.ariaLabel).join());
}

/** What is above all else where a block's command begins. */
export function commandIsInSight(page, index) {
    return page.evaluate((index) => {
        const block = document.querySelectorAll('pre:has(+ .lab-run)')[index];
        const { left, top, bottom } = block.querySelector('.hljs-meta').getBoundingClientRect();
        return block.contains(document.elementFromPoint(left + 1, (top + bottom) / 2));
    }, index);
}

/** Whether all of the line with the cursor is in sight in a terminal, and its prompt on it. */
export function promptIsInSight(page, pane) {
    return holds(page, (pane) => {
        const { terminal, frame, prompt } = book.lab?.shells[pane] ?? {};
        if (!prompt) {
            return false;
        }
        const { active } = terminal.buffer;
        const screen = frame.querySelector('.xterm-screen').getBoundingClientRect();
        const line = active.baseY + active.cursorY - active.viewportY;
        const y = screen.top + (line + 1) * screen.height / terminal.rows - 2;
        return line < terminal.rows && frame.contains(document.elementFromPoint(screen.left + 4, y));
    }, pane);
}

/** No part of the page or of the panel is wider than the window. */
export async function fits(page, where) {
    const wider = await page.evaluate(() => Math.max(document.documentElement.scrollWidth,
        ...[...document.querySelectorAll('.lab-head *, .lab-pane, .lab-kernel, .lab-run *')]
            .map((part) => part.getBoundingClientRect().right)) - innerWidth);
    check(wider <= 0, `${where}: ${wider} px are out of the window`);
}
