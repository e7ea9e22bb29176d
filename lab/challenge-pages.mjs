// Puts the challenges into the pages of the books, as texts that need no script:
//
//     node challenge-pages.mjs BOOKS    with the books ko and en
//
// A page has the place for those of its chapter, and one page that for all:
//
//     <div class="challenges"></div>
//     <div class="challenges all"></div>

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { challenges } from './challenges/index.js';
import { html, paragraphs, titleOf } from './challenge-text.mjs';

const [books] = process.argv.slice(2);

const PLACE = /<div class="challenges( all)?"><\/div>/g;

const WORDS = {
    en: { minutes: (minutes) => `${minutes} min`, goal: 'When you are done, this is true in the kernel:', hint: 'Hint', solution: 'One solution', terminal: 'terminal',
        predicted: 'When you have marked what it will change, this runs:', marks: 'The marks' },
    ko: { minutes: (minutes) => `${minutes}분`, goal: '커널에서 이루어져야 할 것:', hint: '힌트', solution: '풀이 하나', terminal: '터미널',
        predicted: '달라질 것을 표시하고 나면 이 명령이 실행됩니다.', marks: '표시할 것' },
};

/** A challenge as HTML. Its first clause, hint and line are number 1. */
function section({ name, minutes, title, task, predicted, goal, hints, solution }, language, level, next) {
    const words = WORDS[language];
    const command = (typed) => `<code>${html(typed.slice(1).trim())}</code> <small>${words.terminal} ${typed[0]}</small>`;
    const line = ([typed, says]) => `<li>${predicted ? '' : `${command(typed)}<br>`}${html(says[language])}</li>`;
    return [
        `<section class="challenge" id="challenge-${name}" data-name="${name}"${next ? ` data-next="${next}"` : ''}>`,
        `<h${level}><a class="header" href="#challenge-${name}">${html(title[language])}</a> <small>${words.minutes(minutes)}</small></h${level}>`,
        ...paragraphs(task[language]),
        ...predicted ? [`<p>${words.predicted} ${command(predicted)}</p>`] : [],
        `<p class="challenge-goal">${words.goal}</p>`,
        `<ul class="challenge-clauses">${goal.map(({ says }) => `<li>${html(says[language])}</li>`).join('')}</ul>`,
        ...hints.map((hint, at) => `<details class="challenge-hint"><summary>${words.hint} ${at + 1}</summary><p>${html(hint[language])}</p></details>`),
        `<details class="challenge-solution"><summary>${predicted ? words.marks : words.solution}</summary><ol>${solution.map(line).join('')}</ol></details>`,
        '</section>',
    ].join('\n');
}

/** The challenges of a page: of its chapter, or all with the titles of their chapters. */
function sections(page, language, isAll) {
    const next = new Map(challenges.map(({ name }, at) => [name, challenges[at + 1]?.name]));
    const of = (chapter, level) => challenges.filter((it) => it.chapter === chapter).map((it) => section(it, language, level, next.get(it.name)));
    if (!isAll) {
        return of(page, 3);
    }
    return [...new Set(challenges.map(({ chapter }) => chapter))].flatMap((chapter) =>
        [`<h2 id="${chapter}"><a class="header" href="${chapter}.html">${titleOf(books, language, chapter)}</a></h2>`, ...of(chapter, 3)]);
}

for (const language of ['ko', 'en']) {
    // The book on one page has them where all are.
    const print = `${books}/${language}/print.html`;
    writeFileSync(print, readFileSync(print, 'utf8').replace(PLACE, (_, all) => (all ? sections('', language, true).join('\n') : '')));
    const missing = new Set(challenges.map(({ chapter }) => chapter));
    for (const file of readdirSync(`${books}/${language}`).filter((name) => name.endsWith('.html') && name !== 'print.html')) {
        const path = `${books}/${language}/${file}`;
        const chapter = file.replace('.html', '');
        const before = readFileSync(path, 'utf8');
        const after = before.replace(PLACE, (_, all) => {
            const found = sections(chapter, language, Boolean(all));
            if (found.length === 0) {
                throw new Error(`${path} has a place for challenges, and there are none`);
            }
            missing.delete(chapter);
            return `<div class="challenges">${found.join('\n')}</div>`;
        });
        if (after !== before) {
            writeFileSync(path, after);
        }
    }
    if (missing.size > 0) {
        throw new Error(`${[...missing].join(', ')} in ${language}: no place for the challenges`);
    }
}
