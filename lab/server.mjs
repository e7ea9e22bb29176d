// A server for the files of a folder. Each file is read and compressed once, and kept in memory
// until it changes, so that many browsers can ask at the same time.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

const TYPES = {
    '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8',
    '.json': 'application/json', '.webmanifest': 'application/manifest+json', '.txt': 'text/plain; charset=utf-8', '.xml': 'application/xml',
    '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2',
    '.wasm': 'application/wasm', '.zst': 'application/zstd', '.epub': 'application/epub+zip',
};

/** What is worth compressing. Browsers take only gzip on plain http, not br. */
const COMPRESSED = /^\.(html|js|css|json|webmanifest|txt|xml|svg|wasm)$/;

/** The names of files that mdBook and the bundler have given a hash: what is in them never changes. */
const HASHED = /-[0-9a-f]{8}(\.min)?\.\w+$|^chunk-[0-9A-Z]{8}\.js$/;

/** What is larger is read from the disk each time: sources of the machine's programs, to download. */
const KEPT_MB = 32;

/** Which other sites may show a page in a frame: the ones that are made for that. */
const framing = (name) => (name === 'embed.html' ? {} : { 'content-security-policy': "frame-ancestors 'self'", 'x-frame-options': 'SAMEORIGIN' });

/** @typedef {{ type: string, etag: string, body: Buffer, zipped?: Buffer }} Kept */

/**
 * A server that does not listen yet.
 *
 * @param {string} folder
 */
export function serverOf(folder) {
    /** @type {Map<string, { stamp: string, file: Promise<Kept> }>} */
    const files = new Map();

    /** @param {string} path */
    async function read(path) {
        const body = await readFile(path);
        const etag = createHash('sha256').update(body).digest('base64url').slice(0, 22);
        const type = TYPES[extname(path)] ?? 'application/octet-stream';
        const zipped = COMPRESSED.test(extname(path)) ? await compress(body, { level: 9 }) : undefined;
        return { type, etag, body, zipped };
    }

    /** A file as it is now. */
    function kept(path, { mtimeMs, size }) {
        const stamp = `${mtimeMs} ${size}`;
        let found = files.get(path);
        if (found?.stamp !== stamp) {
            found = { stamp, file: read(path) };
            files.set(path, found);
            found.file.catch(() => files.delete(path));
        }
        return found.file;
    }

    /** The file that a path of the site is for, or nothing; links lead nowhere else. */
    async function find(path) {
        const root = await realpath(folder);
        const parts = path.split('/');
        if (parts.some((part) => part.startsWith('.') || /[\\\0]/.test(part))) {
            return undefined;
        }
        const real = await realpath(join(root, ...parts)).catch(() => root);
        const about = real.startsWith(root + sep) || (path === '/' && real === root) ? await stat(real) : undefined;
        if (about?.isDirectory()) {
            return path.endsWith('/') ? find(`${path}index.html`) : { redirect: `${basename(path)}/` };
        }
        return about?.isFile() && !path.endsWith('/') ? { path: real, about } : undefined;
    }

    async function answer(request, response) {
        if (request.method !== 'GET' && request.method !== 'HEAD') {
            response.writeHead(405, { allow: 'GET, HEAD' }).end();
            return;
        }
        let path;
        try {
            path = decodeURIComponent(request.url.replace(/[?#].*/s, ''));
        } catch {
            response.writeHead(400).end();
            return;
        }
        const asked = path.startsWith('/') ? await find(path) : undefined;
        if (asked?.redirect) {
            response.writeHead(301, { location: asked.redirect }).end();
            return;
        }
        const found = asked ?? await find('/404.html');
        if (!found) {
            response.writeHead(404).end();
            return;
        }
        await send(request, response, found, asked ? 200 : 404);
    }

    async function send(request, response, { path, about }, status) {
        const name = basename(path);
        const headers = {
            'x-content-type-options': 'nosniff',
            'cache-control': status === 200 && HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
            ...framing(name),
        };
        if (about.size > KEPT_MB * 1e6) {
            response.writeHead(status, { ...headers, 'content-type': 'application/octet-stream', 'content-length': about.size });
            await (request.method === 'HEAD' ? response.end() : pipeline(createReadStream(path), response));
            return;
        }
        const { type, etag, body, zipped } = await kept(path, about);
        const isZipped = zipped && /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers['accept-encoding'] ?? '');
        const tag = `"${etag}${isZipped ? '-gzip' : ''}"`;
        Object.assign(headers, { etag: tag, ...zipped && { vary: 'accept-encoding' } });
        if (status === 200 && (request.headers['if-none-match'] ?? '').split(/\s*,\s*/).some((it) => it.replace(/^W\//, '') === tag)) {
            response.writeHead(304, headers).end();
            return;
        }
        const sent = isZipped ? zipped : body;
        response.writeHead(status, {
            ...headers, 'content-type': type, 'content-length': sent.length, ...isZipped && { 'content-encoding': 'gzip' },
        });
        response.end(request.method === 'HEAD' ? undefined : sent);
    }

    return createServer((request, response) => {
        answer(request, response).catch((error) => {
            // Who asked may have gone.
            if (!response.headersSent && !response.destroyed) {
                console.error(`serve: ${request.url}: ${error.message}`);
                response.writeHead(500);
            }
            response.end();
        });
    });
}
