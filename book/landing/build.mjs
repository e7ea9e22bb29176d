// Writes the site's first page, one for each language, and the page for addresses that are not there:
//
//     node build.mjs SITE [LAB]    SITE has the books; LAB, with machine.json and recordings, is
//                                  what lab/build and lab/record made. SITE_URL: see maintain/ci/book

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { notFound } from './not-found.mjs';
import { landing } from './page.mjs';
import { CALLS, PAGES } from './words.mjs';

const [site, lab] = process.argv.slice(2);
const here = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const project = (name) => here(`../../${name}`);

/** The demonstration is the first command of this page. */
const SHOWN = 'step03-uts';

/** What was recorded of a page. */
function recording(page) {
    const path = `${lab}/recordings/${page}.json`;
    return lab && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** The steps, with a question for each, and how many sessions its chapter has: the README's table. */
function steps(language) {
    const readme = project(language === 'en' ? 'README.md' : `README.${language}.md`);
    const rows = [...readme.matchAll(/^\| \[`(step\d\d-[\w-]+)`\]\([^)]*\) \| ([^|]+?) \|/gm)];
    const names = rows.map(([, page]) => page);
    if (names.join() !== Object.keys(CALLS).join()) {
        throw new Error(`the README in ${language} has a table of ${names.join(', ')}, and words.mjs of ${Object.keys(CALLS).join(', ')}`);
    }
    return rows.map(([, page, question]) => ({ page, question, sessions: recording(page)?.sessions.length }));
}

/** The chapters, by their names and titles. */
const chapters = (language) => [...project(`book/${language}/src/SUMMARY.md`).matchAll(/^ *- \[([^\]]+)\]\(([\w-]+)\.md\)/gm)]
    .map(([, title, page]) => ({ page, title }));

/** What the dark themes set holds without a script as well, where the system is dark. */
function withSystemTheme(css) {
    const dark = [...css.matchAll(/:root:is\(\.navy, \.coal, \.ayu\) \{([^}]*)\}/g)].map(([, declarations]) => declarations.trim());
    if (dark.length !== 2) {
        throw new Error('view.css and landing.css do not have one dark theme each');
    }
    return `${css}@media (prefers-color-scheme: dark) { :root:not(.light, .navy) { ${dark.join(' ')} color-scheme: dark; } }\n`;
}

const own = withSystemTheme(project('lab/view/view.css') + here('landing.css'));
const css = own.replace(/\/\*[^]*?\*\//g, '').replace(/\n\s*/g, '\n');
const [progress] = readdirSync(`${site}/en/theme`).filter((name) => /^progress.*\.js$/.test(name));
const session = recording(SHOWN)?.sessions[0];
const machine = lab && JSON.parse(readFileSync(`${lab}/machine.json`, 'utf8'));

for (const [language, name] of Object.entries(PAGES)) {
    // What draws it belongs to the machine, and is not there without one.
    const demonstration = session && (await import('../../lab/demonstration.mjs')).demonstration(session, language);
    writeFileSync(`${site}/${name}`, landing({
        language, css, progress, demonstration, machine, steps: steps(language),
        head: here('language.js') + here('theme.js'), script: here('page.js'),
    }));
}
writeFileSync(`${site}/404.html`, notFound({
    css, theme: here('theme.js'), script: here('not-found.js'), address: process.env.SITE_URL,
    chapters: { en: chapters('en'), ko: chapters('ko') },
}));
for (const [name, file] of [['icon.svg', '../theme/favicon.svg'], ['social.en.png'], ['social.ko.png']]) {
    copyFileSync(new URL(file ?? name, import.meta.url), `${site}/${name}`);
}
