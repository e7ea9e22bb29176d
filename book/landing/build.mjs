// Writes the site's first page, one for each language, and the page for addresses that are not there:
//
//     node build.mjs SITE [LAB]    SITE has the books; LAB, with machine.json and recordings, is
//                                  what lab/build and lab/record made. SITE_URL: see maintain/ci/book

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { notFound } from './not-found.mjs';
import { landing } from './page.mjs';
import { CALLS, PAGES, WORDS } from './words.mjs';

const [site, lab] = process.argv.slice(2);
const here = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const project = (name) => here(`../../${name}`);

/** The first commands of these pages are the demonstration and where the book leads. */
const SHOWN = { demonstration: 'step03-uts', container: 'step16-container' };

/** What was recorded of a page. */
function recording(page) {
    const path = `${lab}/recordings/${page}.json`;
    return lab && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** The chapters in a part of the table of contents, by their names and titles. */
const chaptersIn = (contents) => [...contents.matchAll(/^ *- \[([^\]]+)\]\(([\w-]+)\.md\)/gm)].map(([, title, page]) => ({ page, title }));

const contents = (language) => project(`book/${language}/src/SUMMARY.md`);

/**
 * The parts of the book that have steps. Each step has a question, which is in the README's tables,
 * and as many sessions as its chapter.
 */
function parts(language) {
    const readme = project(language === 'en' ? 'README.md' : `README.${language}.md`);
    const questions = new Map([...readme.matchAll(/^\| \[`(step\d\d-[\w-]+)`\]\([^)]*\) \| ([^|]+?) \|/gm)].map(([, page, question]) => [page, question]));
    const parts = contents(language).split(/^# /m).map((part) => ({
        title: part.split('\n')[0],
        steps: chaptersIn(part).filter(({ page }) => /^step\d/.test(page))
            .map(({ page }) => ({ page, question: questions.get(page), sessions: recording(page)?.sessions.length })),
    })).filter(({ steps }) => steps.length > 0);
    for (const { page, question } of parts.flatMap(({ steps }) => steps)) {
        if (!question || !CALLS[page]) {
            throw new Error(`${page} has no row in the README in ${language}, or no call in words.mjs`);
        }
    }
    if (parts.length !== WORDS[language].parts.length) {
        throw new Error(`words.mjs in ${language} has words for ${WORDS[language].parts.length} parts, and the book has ${parts.length}`);
    }
    return parts.map((part, index) => ({ ...part, what: WORDS[language].parts[index] }));
}

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
const machine = lab && JSON.parse(readFileSync(`${lab}/machine.json`, 'utf8'));

for (const [language, name] of Object.entries(PAGES)) {
    // What draws it belongs to the machine, and is not there without one.
    const shown = {};
    for (const [place, page] of Object.entries(SHOWN)) {
        const session = recording(page)?.sessions[0];
        shown[place] = session && (await import('../../lab/demonstration.mjs')).demonstration(session, language);
    }
    writeFileSync(`${site}/${name}`, landing({
        language, css, progress, machine, ...shown, parts: parts(language),
        head: here('language.js') + here('theme.js'), script: here('page.js'),
    }));
}
writeFileSync(`${site}/404.html`, notFound({
    css, theme: here('theme.js'), script: here('not-found.js'), address: process.env.SITE_URL,
    chapters: { en: chaptersIn(contents('en')), ko: chaptersIn(contents('ko')) },
}));
for (const [name, file] of [['icon.svg', '../theme/favicon.svg'], ['social.en.png'], ['social.ko.png']]) {
    copyFileSync(new URL(file ?? name, import.meta.url), `${site}/${name}`);
}
