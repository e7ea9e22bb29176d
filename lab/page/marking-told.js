// What became of marks: each is told, with a sign before it, and all together in a line.

import { element } from './dom.js';
import { markingWords } from './marking-words.js';

/** @typedef {ReturnType<typeof import('../view/mark-words.js').tell>} Told */

/** What is before each thing that is told: it is in its words, too. */
const SIGNS = { hit: '✓', miss: '!', wrong: '✗', note: '–' };

/**
 * Fills a list with what is told.
 *
 * @param {HTMLElement} list
 * @param {Told} told
 */
export function fillTold(list, told) {
    list.replaceChildren(...told.map(({ verdict, text }) => {
        const item = element('li', { textContent: `${SIGNS[verdict]} ${text}` });
        item.dataset.verdict = verdict;
        return item;
    }));
}

/**
 * How many marks were right, as a run shows.
 *
 * @param {boolean} isRight
 * @param {Told} told
 * @param {string} run in the words of the page
 */
export function countOf(isRight, told, run) {
    const counted = told.filter(({ verdict }) => verdict !== 'note');
    return isRight ? markingWords().allRight(run) : markingWords().notAll(counted.filter(({ verdict }) => verdict === 'hit').length, counted.length, run);
}
