// Bundles the page's code with the libraries that it uses:
//
//     node bundle.mjs FOLDER    with machine.json; adds page.js and style.css, which pages
//                               include, worker.js, and the chunks that page.js loads later

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = process.argv[2];
const page = (name) => fileURLToPath(new URL(`page/${name}`, import.meta.url));

await build({
    entryPoints: { page: page('main.js'), worker: page('worker.js'), style: page('page.css') },
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    chunkNames: 'chunk-[hash]',
    // The emulator uses these in Node only.
    external: ['node:*', 'crypto', 'fs', 'perf_hooks'],
    define: { MACHINE: readFileSync(`${folder}/machine.json`, 'utf8') },
    logLevel: 'warning',
});
