// The built books on a server of this machine, a browser, and a count of what
// was checked. The first argument of the program is the folder of the books.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname, join, resolve } from 'node:path';
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

// A plain static server on the loopback address, like any that may host the
// book: some host it in a folder.
const types = {
    '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
    '.png': 'image/png', '.woff2': 'font/woff2', '.wasm': 'application/wasm',
    '.zst': 'application/octet-stream',
};
const server = createServer(async (request, response) => {
    const path = decodeURI(new URL(request.url, 'http://localhost').pathname).replace(/^\/folder\//, '/');
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

export const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
});

/** Opens a page of its own, which fails on errors and on requests that leave loopback. */
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
    page.on('crash', () => check(false, `${name}: the page has crashed`));
    page.on('pageerror', (error) => check(false, `${name}: ${error}`));
    page.on('request', (request) => {
        const local = ['data:', 'blob:', origin].some((it) => request.url().startsWith(it));
        check(local, `${name}: asks for ${request.url()}`);
    });
    return page;
}

/** The pages of a book, in the order of its table of contents. */
export async function pages(language) {
    const toc = await readFile(join(site, language, 'toc.html'), 'utf8');
    return [...new Set([...toc.matchAll(/href="([^"#]+\.html)"/g)].map((found) => found[1]))];
}

/** Whether axe has nothing to complain of in a part of the page. */
export async function accessible(page, part, name) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate((part) => axe.run(part), part);
    const told = violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120))}`);
    check(violations.length === 0, `${name}: axe: ${told.join('; ')}`);
}

/** Ends the browser and the server; says how it went. */
export async function end() {
    await browser.close();
    server.close();
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
}
