// Puts into the pages of a reader and of a host what their scripts choose from, and what stands there
// without one:
//
//     node reader-pages.mjs BOOKS    with the books ko and en
//
//     <div class="known"></div>             what each chapter and each challenge is about
//     <div class="room-challenges"></div>   the challenges, and how long they take
//     <div class="room"></div>              where the host collects codes

import { readFileSync, writeFileSync } from 'node:fs';
import { challenges } from './challenges/index.js';
import { html, paragraphs, titleOf } from './challenge-text.mjs';

const [books] = process.argv.slice(2);

const WORDS = {
    en: {
        noScript: 'This part of the page is made by a script. It is missing where scripts are turned off, where the browser is old, and where the book was opened as a file or built without its machine.',
        all: 'All that can be known here', solves: 'Challenge',
        number: 'No.', challenge: 'Challenge', minutes: 'Minutes', together: (count) => `All ${count}`,
    },
    ko: {
        noScript: '이 부분은 스크립트가 채웁니다. 스크립트를 껐거나, 브라우저가 오래되었거나, 책을 파일로 열었거나, 컴퓨터 없이 만든 책이면 나타나지 않습니다.',
        all: '여기에 담길 수 있는 것 모두', solves: '도전 과제',
        number: '번호', challenge: '과제', minutes: '분', together: (count) => `${count}개 모두`,
    },
};

/** The chapters that say at their end what the reader knows then, in order. */
const chapters = (language) => [...readFileSync(`${books}/${language}/toc.html`, 'utf8').matchAll(/<a href="([^"]+)\.html" target="_parent">/g)]
    .map(([, page]) => ({ page, summary: readFileSync(`${books}/${language}/${page}.html`, 'utf8').match(/<h2 id="summary">.*?<\/h2>\s*(<ul>[^]*?<\/ul>)/)?.[1] }))
    .filter(({ summary }) => summary);

/** What there is to know: of each chapter its summary, and what its challenges are about. */
function known(language) {
    const words = WORDS[language];
    const missing = new Set(challenges);
    const sections = chapters(language).map(({ page, summary }) => {
        const own = challenges.filter(({ chapter }) => chapter === page);
        own.forEach((it) => missing.delete(it));
        return [
            `<section class="known-chapter" data-page="${page}"><h2><a href="${page}.html">${titleOf(books, language, page)}</a></h2>`,
            summary.replace(/ id="[^"]*"/g, ''),
            ...own.map(({ name, title, task }) => [
                `<section class="known-challenge" data-name="${name}"><h3><small>${words.solves}</small> ${html(title[language])}</h3>`,
                ...paragraphs(task[language]), '</section>',
            ].join('\n')),
            '</section>',
        ].join('\n');
    });
    if (missing.size > 0) {
        throw new Error(`${[...missing].map(({ name, chapter }) => `${name}: ${chapter}`)} in ${language}: the chapter does not say what is known then`);
    }
    return `<div class="known"><p>${words.noScript}</p><details><summary>${words.all}</summary>${sections.join('\n')}</details></div>`;
}

/** The challenges as a table, by their chapters. */
function times(language) {
    const words = WORDS[language];
    const group = (page) => `<tbody><tr><th colspan="3" scope="rowgroup"><a href="${page}.html">${titleOf(books, language, page)}</a></th></tr>${
        challenges.map((it, at) => ({ ...it, at })).filter(({ chapter }) => chapter === page).map(({ name, title, minutes, at }) =>
            `<tr data-name="${name}"><td>${at + 1}</td><td><a href="challenges.html#challenge-${name}">${html(title[language])}</a></td><td>${minutes}</td></tr>`).join('')}</tbody>`;
    const all = challenges.reduce((sum, { minutes }) => sum + minutes, 0);
    return `<table class="room-challenges"><thead><tr><th scope="col">${words.number}</th><th scope="col">${words.challenge}</th><th scope="col">${words.minutes}</th></tr></thead>${
        [...new Set(challenges.map(({ chapter }) => chapter))].map(group).join('')
    }<tfoot><tr><td></td><td>${words.together(challenges.length)}</td><td>${all}</td></tr></tfoot></table>`;
}

for (const language of ['ko', 'en']) {
    const places = {
        known: [['<div class="known"></div>', known(language)]],
        room: [['<div class="room-challenges"></div>', times(language)], ['<div class="room"></div>', `<div class="room"><p>${WORDS[language].noScript}</p></div>`]],
    };
    const fill = (name, found) => {
        const path = `${books}/${language}/${name}.html`;
        let page = readFileSync(path, 'utf8');
        for (const [place, content] of found) {
            if (!page.includes(place)) {
                throw new Error(`${path} has no ${place}`);
            }
            page = page.replace(place, () => content);
        }
        writeFileSync(path, page);
    };
    Object.entries(places).forEach(([name, found]) => fill(name, found));
    // On paper only the table is of use, and it leads to no other page.
    fill('print', [...places.known, ...places.room].map(([place, content]) => [place, content.startsWith('<table') ? content.replace(/<\/?a\b[^>]*>/g, '') : '']));
}
