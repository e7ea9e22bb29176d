// Writes the service worker that keeps the built site for offline use. It lists all files, so it comes last:
//
//     node worker.mjs SITE

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const site = process.argv[2];
const WORKER = 'offline-worker.js';

/** What is not for reading: files to download, what other sites and search engines fetch, and hidden files. */
const LEFT_OUT = /^(offline-worker\.js|sitemap\.xml|social\.\w+\.png|lab\/(sources\/.*|machine\.json)|.*\.epub|(.*\/)?\.[^/]*)$/;

/** These have been compressed already. */
const COMPRESSED = /\.(woff2|png|zst)$/;

const paths = readdirSync(site, { recursive: true, withFileTypes: true }).filter((it) => it.isFile())
    .map((it) => join(it.parentPath ?? it.path, it.name).slice(join(site, '/').length)).sort()
    .filter((path) => !LEFT_OUT.test(path));

/** How many bytes of a file travel. */
const size = (path, content) => (COMPRESSED.test(path) ? content : gzipSync(content)).length;
const sizes = new Map(paths.map((path) => [path, size(path, readFileSync(join(site, path)))]));

// The first pages tell how much it is.
const bytes = [...sizes.values()].reduce((sum, it) => sum + it, 0);
for (const name of ['index.html', 'ko.html']) {
    const html = readFileSync(join(site, name), 'utf8');
    const told = html.replace(/data-bytes="\d*"/, `data-bytes="${bytes}"`)
        .replace(/(<span class="offline-size">)\d*(?=<)/, `$1${Math.round(bytes / 1e6)}`);
    writeFileSync(join(site, name), told);
}

const hash = (content) => createHash('sha256').update(content).digest('base64');
const files = Object.fromEntries(paths.map((path) => [path, [hash(readFileSync(join(site, path))), sizes.get(path)]]));
const code = readFileSync(new URL('worker.js', import.meta.url), 'utf8');
const build = hash(JSON.stringify(files) + code).slice(0, 16);
writeFileSync(join(site, WORKER), `const BUILD = ${JSON.stringify(build)};\nconst FILES = ${JSON.stringify(files)};\n${code}`);
