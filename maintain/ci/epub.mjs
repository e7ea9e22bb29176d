// Makes of a book's page for printing, which has all chapters, what pandoc can make an EPUB of:
//
//     node epub.mjs SITE LANGUAGE FOLDER    writes FOLDER/book.html, FOLDER/metadata.yaml and pictures
//
// Pandoc knows neither mdBook's notes nor details, and drops the styles of pictures: those become
// files of their own, in black on white and with the words of the book's language only.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { split } from './html.mjs';

const [site, language, folder] = process.argv.slice(2);
const path = `${site}/${language}/print.html`;
const theme = readFileSync(new URL('../../book/theme/pages.css', import.meta.url), 'utf8');

/** Each book's own, for as long as it is the same book. */
const IDENTIFIERS = { en: 'urn:uuid:5f3d2a0c-5b1e-4c0f-9a53-1d0e8c7b6a11', ko: 'urn:uuid:5f3d2a0c-5b1e-4c0f-9a53-1d0e8c7b6a12' };

const TERMINAL_2 = { en: 'Terminal 2', ko: '터미널 2' };

/** The theme's variables that pictures use, on white paper. */
const PAPER = { bg: '#fff', fg: '#000', links: '#0b4f8a', 'mono-font': 'monospace' };

/** The rules of the theme for pictures, and the values of their variables. */
function styleOfPictures() {
    const rules = [...theme.replace(/\/\*[^]*?\*\//g, '').matchAll(/^([^{}@]*svg\.picture[^{}]*)\{([^{}]*)\}/gm)]
        // The ones of dark themes and of the languages have a condition before the picture.
        .filter(([, selector]) => /^\s*svg\.picture/.test(selector));
    const own = rules.flatMap(([, , body]) => [...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));
    return [rules.map(([, selector, body]) => `${selector.trim()} {${body}}`).join('\n')
        .replace(/--[\w-]+:[^;]+;/g, '').replace(/font-family:\s*inherit/g, 'font-family: sans-serif'), { ...PAPER, ...Object.fromEntries(own) }];
}
const [style, values] = styleOfPictures();

/** Puts values where variables and mixed colors are, which few readers of books know. */
const resolve = (svg) => svg.replace(/var\(--([\w-]+)\)/g, (all, name) => {
    if (!(name in values)) {
        throw new Error(`a picture uses --${name}, for which an EPUB has no value`);
    }
    return values[name];
}).replace(/color-mix\((?:[^()]|\([^()]*\))*\)/g, '#999');

/** Removes the elements in other languages; they have no elements of the same name in them. */
const inLanguage = (svg) => svg.replace(/<(\w+)\b[^>]*\blang="(\w+)"[^>]*>[^]*?<\/\1>/g, (element, name, lang) => (lang === language ? element : ''));

const text = (svg, element) => svg.match(new RegExp(`<${element}\\b[^>]*>([^<]*)</${element}>`))?.[1].trim() ?? '';

/** Writes a picture to a file, and returns the image of it, described for those who cannot see it. */
function picture(svg, index) {
    const name = `picture-${index + 1}.svg`;
    const own = inLanguage(svg);
    const description = [text(own, 'title'), text(own, 'desc')].filter((it) => it).join('. ').replaceAll('"', '&quot;');
    if (!description) {
        throw new Error(`${path}: picture ${index + 1} has no title`);
    }
    writeFileSync(join(folder, name), resolve(own
        // HTML writes names of attributes in lower case; ids are for the page's own descriptions.
        .replace(/viewbox=/g, 'viewBox=').replace(/ aria-labelledby="[^"]*"/g, '')
        .replace(/^<svg [^>]*>/, (start) => `${start.includes('xmlns=') ? start : start.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"')}<style>${style}</style>`)));
    return `<img src="${name}" alt="${description}">`;
}

/** A picture of the kernel is a table: what is seen by its form there stands in it as text here. */
const recorded = (figure) => figure
    .replace(/<figure[^>]*>/g, '<div class="figure">').replace(/<\/figure>/g, '</div>')
    .replace(/<figcaption[^>]*>([^]*?)<\/figcaption>/g, '<p><strong>$1</strong></p>')
    .replace(/<i\b[^>]*class="kernel-dot"[^>]*><\/i>/g, '•')
    // A bar beside the numbers that tell the same.
    .replace(/(<\/span>)\s*<span class="kernel-bar[^>]*>(?:<i\b[^>]*><\/i>)?<\/span>/g, ':$1 ')
    .replace(/<h3>([^]*?)<\/h3>/g, '<p><strong>$1</strong></p>')
    // An EPUB has fewer roles, and no class of the page's.
    .replace(/ (?:role|style|tabindex|title|aria-[a-z]+)="[^"]*"/g, '');

/** What is in the page for a browser only, or known to no reader of books, in simpler elements. */
function simplify(main) {
    let pictures = 0;
    return main
        .replace(/<!--[^]*?-->|<wbr>/g, '')
        .replace(/<div style="break-before: page;[^"]*"><\/div>/g, '')
        .replace(/<a class="header" href="[^"]*">([^]*?)<\/a>/g, '$1')
        .replace(/<figure class="kernel-recorded"[^]*?<\/figure>/g, recorded)
        .replace(/<svg class="picture[^]*?<\/svg>/g, (svg) => picture(svg, pictures++))
        .replace(/<blockquote class="blockquote-tag[^"]*">\s*<p class="blockquote-tag-title">(?:<svg[^]*?<\/svg>)?(.*?)<\/p>([^]*?)<\/blockquote>/g,
            '<blockquote><p><strong>$1</strong></p>$2</blockquote>')
        .replace(/<details[^>]*>\s*<summary>([^]*?)<\/summary>([^]*?)<\/details>/g, '<div class="answer"><p><strong>$1</strong></p>$2</div>')
        .replace(/ data-[\w-]+="[^"]*"/g, '')
        // Pandoc keeps the ids of these only: any other stands in an element of its own.
        .replace(/<(?!h\d|div|span|img)(\w+)\b([^>]*?) id="([^"]*)"([^>]*)>/g, '<$1$2$4><span id="$3"></span>')
        .replace(/<pre><code class="([^"]*)">/g, (found, classes) => {
            const [kind] = classes.split(' ');
            const second = / terminal2\b/.test(classes) ? `<p><strong>${TERMINAL_2[language]}</strong></p>` : '';
            return `${second}<pre><code${kind === 'language-console' ? '' : ` class="${kind}"`}>`;
        });
}

const [before, main] = split(readFileSync(path, 'utf8'), path);
const html = simplify(main);
const left = html.match(/<(svg|details|figure|iframe|button|form|script)\b[^>]*>/);
if (left) {
    throw new Error(`${path}: an EPUB cannot have ${left[0]}`);
}
const title = before.match(/<h1 class="menu-title">(.*?)<\/h1>/)[1];
writeFileSync(join(folder, 'book.html'), `<!DOCTYPE html><html lang="${language}"><head><meta charset="utf-8"><title>${title}</title></head><body>${html}</body></html>`);
writeFileSync(join(folder, 'metadata.yaml'), [
    '---', `title: ${JSON.stringify(title)}`, `lang: ${language}`, `identifier: ${IDENTIFIERS[language]}`, 'rights: MIT OR Apache-2.0', '---', '',
].join('\n'));
