// The reader's progress as a file, to be taken to another browser. What is read is checked as a
// whole: a file in which anything is wrong is refused. It has no DOM.

import { isName, isRecord, isTime, parse } from './checks.js';
import { bounded, isRun } from './runs.js';

const FORMAT = 'book-progress';
const VERSION = 1;

/** The largest file that is read, in characters: more than anybody can have done. */
export const LARGEST = 1_000_000;

/** @typedef {import('./runs.js').Runs} Runs */
/** @typedef {Record<string, PageProgress>} Pages */
/** @typedef {{ pages: Pages, runs: Runs }} Known */

/** Why a file is refused: it is too `large`, it is `other` than such a file, of another `version`, or `broken`. @typedef {'large' | 'other' | 'version' | 'broken'} Refusal */

/** @param {Known} known @param {number} now in ms */
export const write = ({ pages, runs }, now) => `${JSON.stringify({ format: FORMAT, version: VERSION, saved: new Date(now).toISOString(), pages, runs }, undefined, 1)}\n`;

/** @param {unknown} it */
const isCount = (it) => Number.isInteger(it) && Number(it) >= 0 && Number(it) < 10_000;

/** @param {unknown} it */
const isPrediction = (it) => isRecord(it) && isCount(it.choice) && typeof it.isRight === 'boolean'
    && (it.held === undefined || isCount(it.held)) && [undefined, 'run', 'recording'].includes(/** @type {any} */ (it.by));

/** @param {unknown} it @param {(value: unknown) => boolean} isValue */
const isTable = (it, isValue) => isRecord(it) && Object.entries(it).length < 1000 && Object.entries(it).every(([name, value]) => isName(name) && isValue(value));

/** @param {unknown} it */
const isPage = (it) => isRecord(it) && typeof it.visited === 'boolean' && Array.isArray(it.ran) && it.ran.every(isCount)
    && isTable(it.predicted, isPrediction) && isTable(it.solved, isTime);

/**
 * @param {string} text
 * @returns {Known | Refusal}
 */
export function read(text) {
    if (text.length > LARGEST) {
        return 'large';
    }
    const file = parse(text);
    if (!isRecord(file) || file.format !== FORMAT) {
        return 'other';
    }
    if (file.version !== VERSION) {
        return 'version';
    }
    if (!isTable(file.pages, isPage) || !isTable(file.runs, isRun)) {
        return 'broken';
    }
    const entries = Object.entries(/** @type {Pages} */ (file.pages));
    const pages = Object.fromEntries(entries.map(([page, { visited, ran, predicted, solved }]) => [page, { visited, ran, predicted, solved }]));
    return { pages, runs: bounded(/** @type {Runs} */ (file.runs)) };
}

/**
 * Both together. What is in both is as the first has it, but a challenge counts from when it was
 * solved first.
 *
 * @param {Known} own
 * @param {Known} other
 * @returns {Known}
 */
export function union(own, other) {
    const pages = { ...own.pages };
    for (const [name, added] of Object.entries(other.pages)) {
        const page = pages[name] ?? { visited: false, ran: [], predicted: {}, solved: {} };
        const first = (/** @type {string} */ challenge) => Math.min(page.solved[challenge] ?? Infinity, added.solved[challenge] ?? Infinity);
        pages[name] = {
            visited: page.visited || added.visited,
            ran: [...new Set([...page.ran, ...added.ran])].sort((a, b) => a - b),
            predicted: { ...added.predicted, ...page.predicted },
            solved: Object.fromEntries(Object.keys({ ...page.solved, ...added.solved }).map((challenge) => [challenge, first(challenge)])),
        };
    }
    return { pages, runs: bounded({ ...other.runs, ...own.runs }) };
}

/** How many pages, sessions, predictions and challenges are known. @param {Pages} pages */
export function countOf(pages) {
    const all = Object.values(pages);
    const sum = (/** @type {(page: PageProgress) => number} */ of) => all.reduce((found, page) => found + of(page), 0);
    return {
        pages: all.filter(({ visited }) => visited).length,
        sessions: sum(({ ran }) => ran.length),
        predictions: sum(({ predicted }) => Object.keys(predicted).length),
        challenges: sum(({ solved }) => Object.keys(solved).length),
    };
}
