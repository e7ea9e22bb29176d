// Gives each page of the built books a content security policy: scripts are the site's own files
// and the ones that mdBook writes into the page, and nothing comes from elsewhere.
//
//     node content-security-policy.mjs SITE

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The hashes of the scripts written into a page. */
function hashes(html) {
    const inline = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, script]) => script);
    return inline.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
}

const site = process.argv[2];
for (const name of readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html'))) {
    const file = join(site, name);
    const html = readFileSync(file, 'utf8');
    const policy = [
        "default-src 'self'",
        `script-src 'self' 'wasm-unsafe-eval' ${hashes(html).join(' ')}`,
        // mdBook and the terminals set styles of elements.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ].join('; ');
    const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
    // It holds for what follows it.
    const changed = html.replace(/<meta charset="utf-8">/i, `$&\n        ${meta}`);
    if (changed === html) {
        throw new Error(`${name} does not tell its character set`);
    }
    writeFileSync(file, changed);
}
