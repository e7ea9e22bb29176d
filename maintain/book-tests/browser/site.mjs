// Serves the built books on this machine, starts a browser, and counts the checks. The
// first argument of the program is the folder of the books.

import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, extname, join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const site = resolve(process.argv[2]);
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let passed = 0;
let failed = 0;

export function check(ok, what) {
    if (ok) {
        passed += 1;
    } else {
        failed += 1;
        console.log(`FAILED: ${what}`);
    }
}

// A static server on the loopback address. It serves the book also below /folder/, as some
// hosts do.
const types = {
    '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
    '.png': 'image/png', '.woff2': 'font/woff2', '.wasm': 'application/wasm',
    '.zst': 'application/octet-stream',
};

/** What the server does in place of sending the file with this name: a function of the response. */
export const answers = new Map();

const server = createServer(async (request, response) => {
    const path = decodeURI(new URL(request.url, 'http://localhost').pathname).replace(/^\/folder\//, '/');
    const answer = answers.get(path.split('/').at(-1));
    if (answer) {
        answer(response);
        return;
    }
    try {
        const body = await readFile(join(site, path.endsWith('/') ? `${path}index.html` : path));
        response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/html' });
        response.end(body);
    } catch {
        response.writeHead(404).end();
    }
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
export const origin = `http://127.0.0.1:${server.address().port}`;

/** The browser: $CHROMIUM, or the first one that PATH has. */
function chromiumPath() {
    const names = ['chromium', 'chromium-browser', 'google-chrome'];
    const found = names.flatMap((name) => process.env.PATH.split(delimiter).map((dir) => join(dir, name)))
        .find((path) => existsSync(path));
    const path = process.env.CHROMIUM ?? found;
    if (!path) {
        console.error('no browser: install chromium, or set CHROMIUM to its path');
        process.exit(1);
    }
    return path;
}

export const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
});

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

/** The names of a book's pages, in the order of its table of contents. */
export async function pages(language) {
    const toc = await readFile(join(site, language, 'toc.html'), 'utf8');
    return [...new Set([...toc.matchAll(/href="([^"#]+\.html)"/g)].map((found) => found[1]))];
}

/** Checks that axe finds no violation in a part of the page. */
export async function accessible(page, part, name) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate((part) => axe.run(part), part);
    const found = violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120))}`);
    check(violations.length === 0, `${name}: axe: ${found.join('; ')}`);
}

/** Closes the browser and the server, and prints the counts. */
export async function end() {
    await browser.close();
    server.close();
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
}
