// What became of the sessions of each page, as long as the machine is the same. The book's
// numbers are its pages' own: each has been recorded by itself, so each has its own map of them.
// It is kept when the reader turns the page, since what it names goes on in the machine; a page
// has the same sessions in both languages.

/**
 * What became of a session: where and how long it ran, whether its program goes on, the name of the
 * session that has interrupted it, and what was seen, if the text is about that.
 *
 * @typedef {{ pane: number, seconds: string, goesOn: boolean, by?: string, seen?: import('./conditions.js').Seen }} Ran
 */

/**
 * Which of the page's numbers have appeared as which, and which of its sessions ran.
 *
 * @typedef {{ known: Map<string, string>, ran: Map<number, Ran> }} Run
 */

/** @type {Map<string, Run>} */
export const runs = new Map();

/**
 * The run of the page with this address.
 *
 * @param {{ pathname: string }} address
 */
export function runOf({ pathname }) {
    const name = pathname.split('/').at(-1) ?? '';
    const run = runs.get(name) ?? { known: new Map(), ran: new Map() };
    runs.set(name, run);
    return run;
}

/** The sessions, of all pages, whose programs go on. */
export const going = () => [...runs.values()].flatMap(({ ran }) => [...ran.values()]).filter(({ goesOn }) => goesOn);
