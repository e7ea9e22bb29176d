// How readers solved their challenges: what the kernel saw in the last run of each. It has no DOM.

import { isName, isRecord, isTime } from './checks.js';

/** How much of them is kept: events of a run, characters of an event, and characters of all as JSON. */
export const MOST = { events: 60, letters: 200, all: 100_000 };

/**
 * When a challenge was solved, in ms since 1970, and what the kernel saw meanwhile, in the language of the page.
 *
 * @typedef {{ at: number, lang: 'en' | 'ko', events: string[] }} Run
 */

/** By the names of the challenges. @typedef {Record<string, Run>} Runs */

/** @param {unknown} it @returns {it is Run} */
export const isRun = (it) => isRecord(it) && isTime(it.at) && (it.lang === 'en' || it.lang === 'ko')
    && Array.isArray(it.events) && it.events.every((event) => typeof event === 'string');

/** The runs in what a storage has. @param {unknown} stored @returns {Runs} */
export const runsIn = (stored) => /** @type {Runs} */ (Object.fromEntries(
    Object.entries(isRecord(stored) ? stored : {}).filter(([name, run]) => isName(name) && isRun(run))));

/** @param {string} event */
const shortened = (event) => (event.length > MOST.letters ? `${[...event].slice(0, MOST.letters - 1).join('')}…` : event);

/** As much of them as is kept: where it is too much, the longest ones lose what they begin with. @param {Runs} runs @returns {Runs} */
export function bounded(runs) {
    const kept = Object.fromEntries(Object.entries(runs).map(([name, { at, lang, events }]) =>
        [name, { at, lang, events: events.slice(-MOST.events).map(shortened) }]));
    const sizes = new Map(Object.values(kept).map((run) => [run, JSON.stringify(run.events).length]));
    // What an entry takes beside its events.
    const most = MOST.all - 200 * sizes.size;
    for (let all = [...sizes.values()].reduce((sum, size) => sum + size, 0); all > most;) {
        const [longest, size] = [...sizes].reduce((found, it) => (it[1] > found[1] ? it : found));
        if (longest.events.length === 0) {
            break;
        }
        const less = JSON.stringify(longest.events.shift()).length + 1;
        sizes.set(longest, size - less);
        all -= less;
    }
    return kept;
}
