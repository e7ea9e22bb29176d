// Takes the pictures of the kernel that stand open in the chapters (lab/pictures.mjs) into the page
// for printing, and so into the EPUB: the text is about them.
//
//     node print-pictures.mjs SITE

import { readFileSync, writeFileSync } from 'node:fs';
import { split } from './html.mjs';

const site = process.argv[2];

/** A terminal session, and its picture if that stands open. */
const SESSION = /<pre><code class="language-console[^"]*">[^]*?<\/code><\/pre>(\s*<figure class="kernel-recorded"[^]*?<\/figure>)?/g;

for (const language of ['ko', 'en']) {
    const contents = readFileSync(`${site}/${language}/toc.html`, 'utf8');
    const pages = [...contents.matchAll(/<a href="([^"]+\.html)" target="_parent">/g)].map(([, page]) => `${site}/${language}/${page}`);
    const sessions = pages.flatMap((page) => [...split(readFileSync(page, 'utf8'), page)[1].matchAll(SESSION)]);
    const path = `${site}/${language}/print.html`;
    const [before, main, after] = split(readFileSync(path, 'utf8'), path);
    let count = 0;
    const whole = main.replace(SESSION, (session) => session + (sessions[count++]?.[1] ?? ''))
        // In a chapter the answers wait for the script, which lets the reader predict first.
        .replaceAll('<div class="prediction"', '$& data-state="printed"');
    if (count !== sessions.length) {
        throw new Error(`${path} has ${count} terminal sessions, and the chapters have ${sessions.length}`);
    }
    writeFileSync(path, before.replace('</head>', '<link rel="stylesheet" href="../lab/style.css"></head>') + whole + after);
}
