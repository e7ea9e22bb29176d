// Firefox, driven by Puppeteer over WebDriver BiDi.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { TimeoutError } from 'puppeteer-core';
import { program } from './programs.mjs';

/** A tab; webdriver.mjs has one with the same methods. */
class Tab {
    #page;

    constructor(page) {
        this.#page = page;
    }

    go(url) {
        return this.#page.goto(url, { waitUntil: 'load' });
    }

    /** What a function returns in the page, as JSON. */
    evaluate(code, ...values) {
        return this.#page.evaluate(code, ...values);
    }

    /** Waits until a function returns something true; returns false if that does not come. */
    async until(milliseconds, code, ...values) {
        try {
            await this.#page.waitForFunction(code, { polling: 100, timeout: milliseconds }, ...values);
            return true;
        } catch (error) {
            if (error instanceof TimeoutError) {
                return false;
            }
            throw error;
        }
    }

    click(selector) {
        return this.#page.click(selector);
    }

    type(text) {
        return this.#page.keyboard.type(text);
    }

    /** Presses keys together, such as Shift+Tab. */
    async press(keys) {
        const names = keys.split('+');
        for (const name of names) {
            await this.#page.keyboard.down(name);
        }
        for (const name of names.reverse()) {
            await this.#page.keyboard.up(name);
        }
    }

    back() {
        return this.#page.goBack({ waitUntil: 'load' });
    }

    reload() {
        return this.#page.reload({ waitUntil: 'load' });
    }

    /** A picture, as PNG. */
    screenshot() {
        return this.#page.screenshot();
    }

    close() {
        return this.#page.close();
    }
}

/** A home for Firefox: as root it does not start in one that is another user's, as in a job of CI. */
function ownHome() {
    const home = mkdtempSync(join(tmpdir(), 'firefox-'));
    process.once('exit', () => rmSync(home, { recursive: true, force: true }));
    return home;
}

/** Starts Firefox. */
export async function firefox(width, height) {
    const browser = await puppeteer.launch({
        browser: 'firefox',
        executablePath: program(['firefox-esr', 'firefox'], 'firefox-esr'),
        env: { ...process.env, HOME: ownHome() },
        defaultViewport: null,
    });
    const tab = async (page) => {
        await page.setViewport({ width, height });
        return new Tab(page);
    };
    return {
        name: (await browser.version()).replace('/', ' '),
        first: async () => tab((await browser.pages())[0]),
        open: async () => tab(await browser.newPage()),
        close: () => browser.close(),
    };
}
