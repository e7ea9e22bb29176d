// Tells of each page of the built site, in its head, what it is about, where it is in the other
// language, and what to show of it elsewhere; and lists the pages in sitemap.xml:
//
//     node page-metadata.mjs SITE
//
// Addresses begin with SITE_URL. Without it there is no sitemap, and nothing that needs a whole
// address.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PAGES as LANDING } from '../../book/landing/words.mjs';
import { escape as escaped } from './html.mjs';

const site = process.argv[2];
const address = process.env.SITE_URL?.replace(/\/$/, '');

const LOCALES = { en: 'en_US', ko: 'ko_KR' };

/** Not in the sitemap: a way to the first chapter, all chapters once more, and parts of pages. */
const NOT_INDEXED = ['index.html', 'print.html', 'toc.html'];

/** As much of a text as search engines show. */
const LONGEST = 160;

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' };

/** The text of a piece of HTML. */
const textOf = (html) => html.replace(/<[^>]*>/g, '')
    .replace(/&(#x?[\da-f]+|\w+);/gi, (whole, name) => ENTITIES[name]
        ?? (name.startsWith('#') ? String.fromCodePoint(Number(name.replace('#', '').replace(/^x/i, '0x'))) : whole))
    .replace(/\s+/g, ' ').trim();

/** The beginning of a text: whole sentences, or else whole words. */
function shortened(text) {
    if (text.length <= LONGEST) {
        return text;
    }
    const sentences = text.slice(0, LONGEST + 1).match(/^.*[.?!](?= )/s)?.[0] ?? '';
    return sentences.length > LONGEST / 3 ? sentences : `${text.slice(0, LONGEST - 1).replace(/\s+\S*$/, '')}…`;
}

/** What a page of a book begins with: the first paragraph, and more where that is short. */
function describe(html) {
    const [, main = ''] = html.match(/<main>([^]*)<\/main>/) ?? [];
    const [beginning] = main.replace(/<(blockquote|details|figure)[^]*?<\/\1>/g, '').split('<h2');
    const paragraphs = [...(beginning.includes('<p>') ? beginning : main).matchAll(/<p>([^]*?)<\/p>/g)].map(([, paragraph]) => textOf(paragraph));
    let text = '';
    for (const paragraph of paragraphs) {
        // What announces a list or a table is no description, and what follows is not the beginning.
        text = `${text} ${paragraph.replace(/[^.?!]*:$/, '')}`.trim();
        if (paragraph.endsWith(':') || text.length >= LONGEST / 2) {
            break;
        }
    }
    return shortened(text);
}

/** A path of the site as seen from another one, or a whole address. */
const link = (path, from) => (address ? `${address}/${path.replace(/^index\.html$/, '')}` : from.replace(/[^/]+/g, '..').replace(/[^/]*$/, '') + path);

/**
 * The lines that a page's head gets.
 *
 * @param {object} page
 * @param {string} page.path in the site
 * @param {string} page.language
 * @param {Record<string, string>} page.others the path of the page in each language
 */
function lines({ path, language, others, title, description }) {
    const of = (name, content) => `<meta property="og:${name}" content="${escaped(content)}">`;
    return [
        `<link rel="canonical" href="${link(path, path)}">`,
        ...Object.entries(others).map(([other, at]) => `<link rel="alternate" hreflang="${other}" href="${link(at, path)}">`),
        `<link rel="alternate" hreflang="x-default" href="${link(others.en, path)}">`,
        of('type', path === LANDING[language] ? 'website' : 'article'),
        of('title', title), of('description', description), of('locale', LOCALES[language]),
        ...(address ? [
            of('url', link(path)), of('image', `${address}/social.${language}.png`),
            of('image:width', '1200'), of('image:height', '630'), '<meta name="twitter:card" content="summary_large_image">',
        ] : []),
    ];
}

/** Pages that are listed, each with its path in every language. */
const listed = [];

function add({ path, language, others }) {
    const file = `${site}/${path}`;
    let html = readFileSync(file, 'utf8');
    const isLanding = path === LANDING[language];
    const title = textOf(html.match(/<title>([^]*?)<\/title>/)[1]);
    const description = isLanding ? textOf(html.match(/<meta name="description" content="([^"]*)">/)[1]) : describe(html);
    if (!description) {
        throw new Error(`${path} does not begin with a text`);
    }
    if (!isLanding) {
        html = html.replace(/\s*<meta name="description"[^>]*>/, '')
            .replace(/<title>[^]*?<\/title>/, `$&\n        <meta name="description" content="${escaped(description)}">`)
            .replace(/(<h1 class="menu-title">)([^]*?)(<\/h1>)/, `$1<a href="../${LANDING[language]}#${language}">$2</a>$3`);
    }
    const head = lines({ path, language, others, title, description });
    writeFileSync(file, html.replace(/<\/title>/, `$&\n        ${head.join('\n        ')}`));
    listed.push({ path, others });
}

for (const language of Object.keys(LANDING)) {
    add({ path: LANDING[language], language, others: LANDING });
    for (const name of readdirSync(`${site}/${language}`).filter((name) => name.endsWith('.html') && !NOT_INDEXED.includes(name))) {
        const others = Object.fromEntries(Object.keys(LANDING).map((other) => [other, `${other}/${name}`]));
        for (const other of Object.values(others)) {
            if (!existsSync(`${site}/${other}`)) {
                throw new Error(`${language}/${name} has no ${other}`);
            }
        }
        add({ path: `${language}/${name}`, language, others });
    }
}

if (address) {
    const urls = listed.map(({ path, others }) => `    <url>
        <loc>${link(path)}</loc>
${Object.entries(others).map(([language, other]) => `        <xhtml:link rel="alternate" hreflang="${language}" href="${link(other)}"/>`).join('\n')}
    </url>`);
    writeFileSync(`${site}/sitemap.xml`, `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">
${urls.join('\n')}
</urlset>
`);
}
