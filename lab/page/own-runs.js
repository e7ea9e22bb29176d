// What the kernel saw while the reader solved each challenge. The browser keeps it beside the progress,
// which says that they are solved, and forgets it with that (book/theme/progress.js).

import { parse } from '../progress/checks.js';
import { bounded, runsIn } from '../progress/runs.js';
import { kept } from './kept.js';

/** @typedef {import('../progress/runs.js').Runs} Runs */

const KEY = 'book-runs';

/** They are here where the browser does not store them. @type {Runs | undefined} */
let unstored;

/** @returns {Runs} */
export const ownRuns = () => unstored ?? runsIn(parse(kept(KEY) ?? ''));

/** @param {Runs} runs */
export function setRuns(runs) {
    const some = bounded(runs);
    try {
        localStorage.setItem(KEY, JSON.stringify(some));
        unstored = undefined;
    } catch {
        unstored = some;
    }
}

document.addEventListener('book-progress', () => {
    if (Object.keys(window.book.progress.all()).length === 0) {
        unstored = undefined; // it has been deleted
    }
});
