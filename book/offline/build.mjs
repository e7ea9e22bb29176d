// Adds to the built site what lets it be installed, and what pages say that are opened as files:
//
//     node build.mjs SITE

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PAGES, WORDS } from '../landing/words.mjs';
import { OFFLINE } from './words.mjs';

const site = process.argv[2];
const here = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Rendered from the favicon by maintain/book-tests/browser/icons.mjs. */
const ICONS = [['icon-192.png', '192x192', 'any'], ['icon-512.png', '512x512', 'any'], ['icon-maskable.png', '512x512', 'maskable']];

const manifest = (language) => JSON.stringify({
    name: WORDS[language].title,
    short_name: OFFLINE[language].short,
    description: WORDS[language].description,
    lang: language,
    dir: 'ltr',
    // The end is a choice of the language: see book/landing/language.js.
    start_url: `${PAGES[language]}#${language}`,
    scope: './',
    display: 'minimal-ui',
    background_color: '#fbfcfd',
    theme_color: '#0066a6',
    icons: [
        { src: 'icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ...ICONS.map(([src, sizes, purpose]) => ({ src, sizes, type: 'image/png', purpose })),
    ],
}, undefined, 4);

/** Links a page to the manifest of its language. */
function link(path, language, root) {
    const links = `<link rel="manifest" href="${root}manifest.${language}.webmanifest"><link rel="apple-touch-icon" href="${root}icon-192.png">`;
    const html = readFileSync(path, 'utf8');
    writeFileSync(path, html.replace('</title>', `$&${links}`));
}

for (const [language, page] of Object.entries(PAGES)) {
    writeFileSync(`${site}/manifest.${language}.webmanifest`, `${manifest(language)}\n`);
    link(`${site}/${page}`, language, '');
    for (const name of readdirSync(`${site}/${language}`).filter((name) => /\.html$/.test(name) && name !== 'toc.html')) {
        link(`${site}/${language}/${name}`, language, '../');
    }
}
for (const [name] of ICONS) {
    copyFileSync(new URL(name, import.meta.url), `${site}/${name}`);
}
copyFileSync(new URL('page.js', import.meta.url), `${site}/offline.js`);
const said = Object.fromEntries(Object.keys(PAGES).map((language) => [language, OFFLINE[language].file.replace(/<[^>]*>/g, '')]));
writeFileSync(`${site}/opened-as-file.js`, `const WORDS = ${JSON.stringify(said)};\n${here('opened-as-file.js')}`);
