// Serves the built books on this machine, and counts the checks. The first argument of the
// program is the folder of the books.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const site = resolve(process.argv[2]);
let passed = 0;
let failed = 0;

/** Counts a check, and returns whether it has passed. */
export function check(ok, what) {
    if (ok) {
        passed += 1;
    } else {
        failed += 1;
        console.log(`FAILED: ${what}`);
    }
    return Boolean(ok);
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

/** The paths of the files that have been sent. */
export const sent = new Set();

/** The errors that pages have reported. Those that a test does not take out make it fail. */
export const reported = [];

// Each page begins with a script that reports its errors, so that all browsers tell them alike.
const reporter = await readFile(new URL('report-errors.js', import.meta.url));
const withReporter = (html) => String(html).replace('<head>', '$&<script src="/report-errors.js"></script>');

/** The file at a path of the site. */
export async function file(path) {
    if (path === '/report-errors.js') {
        return reporter;
    }
    const body = await readFile(join(site, path));
    return path.endsWith('.html') ? withReporter(body) : body;
}

const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
        reported.push(await text(request));
        response.writeHead(204).end();
        return;
    }
    const path = decodeURI(new URL(request.url, 'http://localhost').pathname).replace(/^\/folder\//, '/');
    const answer = answers.get(path.split('/').at(-1));
    if (answer) {
        answer(response);
        return;
    }
    const name = path.endsWith('/') ? `${path}index.html` : path;
    try {
        const body = await file(name);
        sent.add(name);
        response.writeHead(200, { 'content-type': types[extname(name)] ?? 'text/html' });
        response.end(body);
    } catch {
        response.writeHead(404).end();
    }
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
export const origin = `http://127.0.0.1:${server.address().port}`;

/** The names of a book's pages, in the order of its table of contents. */
export async function pages(language) {
    const toc = await readFile(join(site, language, 'toc.html'), 'utf8');
    return [...new Set([...toc.matchAll(/href="([^"#]+\.html)"/g)].map((found) => found[1]))];
}

/** Closes the server, and prints the counts. */
export function finish() {
    server.close();
    server.closeAllConnections();
    reported.forEach((error) => check(false, error));
    console.log(`${passed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
}
