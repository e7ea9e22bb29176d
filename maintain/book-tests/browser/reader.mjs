// A reader at a page of step 3 and its first terminal, for terminals.mjs.

import { open, origin } from './site.mjs';

/** How long something may take on a slow machine. */
export const timeout = 60_000;

/** A page of step 3, its machine running if it is to be. */
export class Reader {
    static async begin(name, options) {
        const reader = new Reader();
        reader.page = await open(1280, 'light', name, options);
        await reader.page.goto(`${origin}/en/step03-uts.html`, { waitUntil: 'load' });
        return reader;
    }

    /** The button of the session that needs no other. */
    get button() {
        return this.page.locator('pre', { hasText: '$ unshare -ru sh -c' }).locator('+ .lab-run button').first();
    }

    /** Presses the button, and waits until the session has run. */
    async run() {
        await this.button.click();
        await this.page.waitForFunction(() => !document.querySelector('.lab-run [aria-busy]'), null, { timeout });
    }

    /** What stands in the cursor's line of terminal 1, up to the cursor. */
    get line() {
        return this.page.evaluate(() => {
            const { terminal, row } = book.lab.shells[0];
            const { active } = terminal.buffer;
            return active.getLine(row).translateToString().trimEnd();
        });
    }

    /** The lines of terminal 1. */
    get lines() {
        return this.page.evaluate(() => book.lab.shells[0].lines(0));
    }

    /** Waits until the cursor's line of terminal 1 is this one; returns whether that happened. */
    shows(line) {
        return this.page.waitForFunction((line) => {
            const { terminal, row } = book.lab.shells[0];
            return terminal.buffer.active.getLine(row).translateToString().trimEnd() === line;
        }, line, { timeout: 15_000 }).then(() => true, () => false);
    }

    /** Waits until terminal 1 has shown this line. */
    appears(line) {
        return this.page.waitForFunction((line) => book.lab.shells[0].lines(0).includes(line), line, { timeout })
            .then(() => true, () => false);
    }

    /** Waits until the status says this. */
    says(text) {
        return this.page.waitForFunction((text) => document.querySelector('.lab-status')?.textContent.includes(text), text, { timeout })
            .then(() => true, () => false);
    }

    async focus() {
        await this.page.evaluate(() => book.lab.shells[0].terminal.focus());
    }

    async type(text) {
        await this.page.keyboard.type(text);
    }

    async press(...keys) {
        for (const key of keys) {
            await this.page.keyboard.press(key);
        }
    }

    /** Enters a command, and waits for the prompt. */
    async command(text) {
        return this.page.evaluate((text) => book.lab.shells[0].use(() => book.lab.shells[0].command(text)), text);
    }

    /** An empty prompt. */
    async clear() {
        await this.page.evaluate(() => book.lab.shells[0].use(() => book.lab.shells[0].clear()));
        await this.focus();
    }

    /** The browser's input method: shows these texts as a composition, one after the other, and commits the last. */
    async compose(...texts) {
        this.session ??= await this.page.context().newCDPSession(this.page);
        for (const text of texts) {
            await this.session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
        }
        await this.session.send('Input.insertText', { text: texts.at(-1) });
    }

    end() {
        return this.page.context().close();
    }
}
