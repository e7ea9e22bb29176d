// Adds to the pages that mdBook built what it has no setting for:
//
//     node finish-pages.mjs SITE    with the books SITE/ko and SITE/en
//
// - below a chapter, the ways to the next and the previous one, each with its question (a step's is
//   in the README, any other in book/questions.json), to the page's source, and to the book on one page
// - in the menu, which step this is
// - links from each mention of a manual page, such as clone(2), to that page, with what it is
//   about (book/LANGUAGE/man-pages.md)
// - Korean titles of notes and warnings
// - code without the indentation that all of its lines have
// - places where a long name such as kernel.unprivileged_userns_clone may be broken
// - for index.html, a way to the first chapter

import { readFileSync, writeFileSync } from 'node:fs';
import { escape, replaceTexts, split } from './html.mjs';

const site = process.argv[2];
const file = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const WORDS = {
    en: {
        readme: 'README.md', previous: 'Previous', next: 'Next', ways: 'Chapters before and after', edit: 'Edit this page',
        print: 'The whole book on one page', offline: ['../index.html#offline', 'Keep it for offline use'], notes: {}, step: (step, steps) => `Step ${step} of ${steps}`,
    },
    ko: {
        readme: 'README.ko.md', previous: '앞 장', next: '다음 장', ways: '앞뒤 장', edit: '이 페이지 고치기',
        print: '한 페이지로 모두 보기', offline: ['../ko.html#offline', '오프라인용으로 저장하기'],
        notes: { Note: '참고', Tip: '도움말', Important: '중요', Warning: '주의', Caution: '경고' },
        step: (step, steps) => `${steps}단계 중 ${step}단계`,
    },
};

/** The questions of the chapters, by the names of their pages. */
function questionsOf(language) {
    const steps = file(WORDS[language].readme).matchAll(/^\| \[`(step\d[\w-]*)`\][^|]*\| ([^|]+) \|/gm);
    const others = Object.entries(JSON.parse(file('book/questions.json')));
    return new Map([...[...steps].map(([, name, question]) => [name, question]),
        ...others.map(([name, question]) => [name, question[language]])]);
}

/** The chapters of a book, in order: the name of the page, its title as HTML, and its question. */
function chaptersOf(language) {
    const contents = readFileSync(`${site}/${language}/toc.html`, 'utf8');
    const questions = questionsOf(language);
    const chapters = [...contents.matchAll(/<a href="([^"]+)\.html" target="_parent">(.*?)<\/a>/g)]
        .map(([, name, title]) => ({ name, title, question: questions.get(name) }));
    for (const { name } of chapters.filter(({ question }) => !question)) {
        throw new Error(`${language}/${name} has no question in the README or in book/questions.json`);
    }
    for (const name of [...questions.keys()].filter((name) => !chapters.some((it) => it.name === name))) {
        throw new Error(`${name} has a question in the README or in book/questions.json, and is no page in ${language}`);
    }
    return chapters;
}

/** Where a page such as clone(2) is on the web. */
const addressOf = (name, section) => `https://man7.org/linux/man-pages/man${section}/${name}.${section}.html`;

/** What the manual pages are about, by their names. */
function manPages(language) {
    const rows = [...file(`book/${language}/man-pages.md`).matchAll(/^\| (\S+\(\d\)) \| (.+) \|$/gm)];
    return new Map(rows.map(([, name, summary]) => [name, summary.replaceAll('`', '')]));
}

const MENTION = /(?<![\w/.-])([a-z_][\w.+-]*)\((\d)\)/g;

/** Makes each mention of a manual page a link. In headings and code it stays as it is. */
function linkManPages(html, pages) {
    const link = (address, name, section) => {
        const summary = pages.get(`${name}(${section})`);
        return summary ? `<a class="man-page" href="${address}" title="${escape(summary)}">` : undefined;
    };
    const linked = html.replace(/<a href="([^"]+)">(?=(?:<code>)?([a-z_][\w.+-]*)\((\d)\)(?:<\/code>)?<\/a>)/g,
        (found, address, name, section) => (address === addressOf(name, section) && link(address, name, section)) || found);
    const all = replaceTexts(linked, (text, inside) => (inside.some((it) => /^(a|pre|h\d|svg|button|summary)$/.test(it)) ? text
        : text.replace(MENTION, (mention, name, section) => {
            const start = link(addressOf(name, section), name, section);
            return start ? `${start}${mention}</a>` : mention;
        })));
    // Code has no links in an EPUB, while a link may have code.
    return all.replace(/<code>(<a class="man-page"[^>]*>)([^<]*)<\/a><\/code>/g, '$1<code>$2</code></a>');
}

/** Lets a browser break long names after / . and _, where the column is narrow. */
const breakNames = (html) => replaceTexts(html, (text, inside) => (!inside.includes('code') || inside.includes('pre') ? text
    : text.replace(/[\w/.&;=-]{16,}/g, (name) => name.replace(/(?<=\w)([/._]+)(?=\w)/g, '$1<wbr>'))));

/** mdBook's titles of notes are English. */
const translateNotes = (html, { notes }) => html.replace(/(<p class="blockquote-tag-title">(?:<svg[^]*?<\/svg>)?)(\w+)(?=<\/p>)/g,
    (found, before, title) => before + (notes[title] ?? title));

/** Statements of a function begin at the left edge, as a phone shows few columns. */
const dedent = (html) => html.replace(/(<code class="language-rust[^"]*">)([^]*?)(?=<\/code>)/g, (_, start, code) => {
    const indents = code.split('\n').filter((line) => line.trim()).map((line) => line.search(/\S/));
    return start + code.replaceAll(new RegExp(`^ {${Math.min(...indents)}}`, 'gm'), '');
});

/** What the pages of a book have in common. */
const finishContent = (html, pages, words) => breakNames(linkManPages(translateNotes(dedent(html), words), pages));

/** The way to a neighboring chapter. mdBook's class is what scripts look for. */
function wayTo(chapter, direction, rel, words) {
    // A title may be the question.
    const question = chapter?.title.endsWith('?') ? '' : ` <span class="question">${escape(chapter?.question ?? '')}</span>`;
    return chapter ? `<a rel="${rel}" class="mobile-nav-chapters ${direction}" href="${chapter.name}.html">`
        + `<span class="direction">${words[direction]}</span> <span class="title">${chapter.title}</span>${question}</a>` : '';
}

/** What stands below a chapter; the reader's progress is filled in by a script (theme/reading.js). */
function chapterEnd(chapters, at, edit, words) {
    return `<nav class="nav-wrapper chapter-end" aria-label="${words.ways}">`
        + wayTo(chapters[at - 1], 'previous', 'prev', words) + wayTo(chapters[at + 1], 'next', 'next', words)
        + '<p class="page-links">' + (edit ? `<a href="${edit}">${words.edit}</a> ` : '')
        + `<a href="print.html">${words.print}</a> <!-- EPUB --> <a href="${words.offline[0]}">${words.offline[1]}</a></p></nav>`;
}

/** Finishes a chapter's page. */
function finish(path, chapters, name, language, pages) {
    const words = WORDS[language];
    const at = chapters.findIndex((it) => it.name === name);
    const steps = chapters.filter((it) => /^step\d/.test(it.name));
    const step = steps.findIndex((it) => it.name === name) + 1;
    const [before, main, after] = split(readFileSync(path, 'utf8'), path);
    // mdBook's link to the source, which is there if the project's address is known.
    const edit = before.match(/<a href="([^"]+\.md)" title="Suggest an edit"/)?.[1];
    const head = before.replace(/(<h1 class="menu-title">)(.*?)(<\/h1>)/, (all, start, title, end) => (step > 0
        ? `${start}<span class="step">${words.step(step, steps.length)}</span> ${title}${end}` : all));
    const rest = after.replace(/<nav class="nav-wrapper"[^]*?<\/nav>/, () => chapterEnd(chapters, at, edit, words));
    if (rest === after) {
        throw new Error(`${path} has no navigation that could be replaced`);
    }
    writeFileSync(path, head + finishContent(main, pages, words) + rest);
}

/** The page for who leaves out a chapter's name: mdBook would show the first one twice, under two names. */
const wayToFirst = ({ name, title }, language) => `<!DOCTYPE html>
<html lang="${language}">
<head>
    <meta charset="utf-8">
    <title>${title}</title>
    <link rel="icon" href="../icon.svg">
    <meta http-equiv="refresh" content="0; url=${name}.html">
</head>
<body><a href="${name}.html">${title}</a></body>
</html>
`;

for (const language of ['ko', 'en']) {
    const chapters = chaptersOf(language);
    const pages = manPages(language);
    for (const { name } of chapters) {
        finish(`${site}/${language}/${name}.html`, chapters, name, language, pages);
    }
    writeFileSync(`${site}/${language}/index.html`, wayToFirst(chapters[0], language));
    const print = `${site}/${language}/print.html`;
    const [before, main, after] = split(readFileSync(print, 'utf8'), print);
    writeFileSync(print, before + finishContent(main, pages, WORDS[language]) + after);
}
