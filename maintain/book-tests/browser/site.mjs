// Starts Chromium ($CHROMIUM, or the first one that PATH has) with the books that books.mjs serves.
// $V8_FLAGS are for its JavaScript and WebAssembly.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { check, finish, origin } from './books.mjs';
import { program } from './programs.mjs';

export { answers, check, origin, pages } from './books.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = () => chromium.launch({
    executablePath: process.env.CHROMIUM
        ?? program(['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'], 'chromium-headless-shell'),
    args: [
        ...process.env.V8_FLAGS ? [`--js-flags=${process.env.V8_FLAGS}`] : [],
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--host-resolver-rules=MAP room.test 127.0.0.1', // see served.mjs
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
});
export const browser = await launch();

/** Opens a page in a new context. A check fails on errors and on requests to other hosts. */
export async function open(width, theme, name, options = {}) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
    await context.addInitScript((theme) => {
        localStorage.setItem('mdbook-theme', theme);
        localStorage.setItem('mdbook-sidebar', 'hidden');
    }, theme);
    const page = await context.newPage();
    page.on('console', (message) => {
        check(message.type() !== 'error', `${name}: console: ${message.text()}`);
    });
    page.on('crash', () => check(false, `${name}: the page crashed`));
    page.on('pageerror', (error) => check(false, `${name}: ${error}`));
    page.on('request', (request) => {
        const local = ['data:', 'blob:', origin].some((it) => request.url().startsWith(it));
        check(local, `${name}: requests ${request.url()}`);
    });
    return page;
}

/** Checks that axe finds no violation in a part of the page, and returns whether. */
export async function accessible(page, part, name) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate((part) => axe.run(part), part);
    const found = violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120))}`);
    return check(violations.length === 0, `${name}: axe: ${found.join('; ')}`);
}

/** Closes the browser and the server, and prints the counts. */
export async function end() {
    await browser.close();
    finish();
}
