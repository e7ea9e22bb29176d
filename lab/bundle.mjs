// Bundles the page's code with the libraries that it uses:
//
//     node bundle.mjs FOLDER    with machine.json; adds page.js and style.css, which pages
//                               include, landing.js for the site's first page, embed.js and
//                               embed-style.css for embed.html, worker.js, and what they load
//                               later: the chunks, experiments.css, reader-pages.css

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = process.argv[2];
const page = (name) => fileURLToPath(new URL(`page/${name}`, import.meta.url));

const machine = JSON.parse(readFileSync(`${folder}/machine.json`, 'utf8'));
// What a page stores of the machine belongs to this state, and to this emulator.
const emulator = fileURLToPath(new URL('node_modules/v86/build/libv86.mjs', import.meta.url));
const parts = [`${folder}/${machine.state}`, `${folder}/v86.wasm`, emulator].map((file) => readFileSync(file));
machine.emulator = parts[1].length;
machine.build = parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex').slice(0, 16);

await build({
    entryPoints: {
        page: page('main.js'), landing: page('landing.js'), embed: page('embed.js'), worker: page('worker.js'), style: page('page.css'),
        'embed-style': page('embed.css'), experiments: page('experiments.css'), 'reader-pages': page('reader-pages.css'),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    chunkNames: 'chunk-[hash]',
    // The emulator uses these in Node only.
    external: ['node:*', 'crypto', 'fs', 'perf_hooks'],
    define: { MACHINE: JSON.stringify(machine) },
    logLevel: 'warning',
});
