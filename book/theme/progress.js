// The reader's progress: which pages were visited, which of their terminal sessions ran, what was
// predicted, and which challenges were solved. It stays in this browser (localStorage) and is sent to nobody; where the browser
// does not store it, it lasts as long as the page that is loaded.
//
//     book.progress.visited('step03-uts')                      the page was visited; returns nothing
//     book.progress.ran('step03-uts', 0)                       its first session ran, on a machine
//     book.progress.predicted('step03-uts', 'predict', 2, false)   the second choice, a wrong one
//     book.progress.retracted('step03-uts', 'predict')         that one is to be predicted again
//     book.progress.solved('challenges', 'two-hostnames')      a challenge was solved
//     book.progress.of('step03-uts')                           what is known of the page
//     book.progress.all()                                      the same of each page, by name
//     book.progress.replace(all)                               this is known, and nothing else
//     book.progress.forget()                                   nothing is known any more, nor what belongs to it
//     book.progress.isKept()                                   the browser stores it
//
// After each change `book-progress` is dispatched on the document, also after one in another tab.
// A page is called as its file is, so both languages have the same progress.

/**
 * What the reader chose, 1 for the first choice, and whether the kernel agreed; which choice came
 * true, and in which run.
 *
 * @typedef {{ choice: number, isRight: boolean, held?: number, by?: 'run' | 'recording' }} Predicted
 */

/**
 * What is known of a page: the indexes of the sessions that ran, in order, and the predictions
 * by their ids, and when challenges were solved, in ms since 1970, by their names.
 *
 * @typedef {{ visited: boolean, ran: number[], predicted: Record<string, Predicted>, solved: Record<string, number> }} PageProgress
 */

/**
 * @typedef {object} Progress
 * @property {(page: string) => void} visited
 * @property {(page: string, session: number) => void} ran
 * @property {(page: string, id: string, choice: number, isRight: boolean, held?: number, by?: 'run' | 'recording') => void} predicted
 * @property {(page: string, id: string) => void} retracted
 * @property {(page: string, name: string) => void} solved
 * @property {(page: string) => PageProgress} of
 * @property {() => Record<string, PageProgress>} all
 * @property {(all: Record<string, PageProgress>) => void} replace
 * @property {() => void} forget
 * @property {() => boolean} isKept whether the browser stores it
 * @property {(address: { pathname: string }) => string} pageAt the name of the page at an address
 */

(() => {
    'use strict';

    const KEY = 'book-progress';

    /** What is kept beside it: how challenges were solved, and who the reader is to a host (lab/page). */
    const BELONGING = ['book-runs', 'book-participant'];

    /** The latest time that a date can have, in ms. */
    const LATEST = 8.64e15;

    /** Not chapters: the first pages of the site and of the books, and what shows all chapters or none. */
    const NO_CHAPTERS = ['index', 'ko', 'print', 'toc', '404', 'embed'];

    /**
     * What is known, where the browser does not store it.
     *
     * @type {Record<string, PageProgress> | undefined}
     */
    let unstored;

    /**
     * @param {any} it
     * @returns {it is Record<string, any>}
     */
    const isRecord = (it) => typeof it === 'object' && it !== null && !Array.isArray(it);

    /**
     * A page's progress, whatever was stored.
     *
     * @param {unknown} stored
     * @returns {PageProgress}
     */
    function checked(stored) {
        const { visited, ran, predicted, solved } = isRecord(stored) ? stored : {};
        const isPrediction = (/** @type {unknown} */ it) => isRecord(it) && Number.isInteger(it.choice) && typeof it.isRight === 'boolean';
        return {
            visited: visited === true,
            ran: Array.isArray(ran) ? ran.filter(Number.isInteger) : [],
            predicted: Object.fromEntries(Object.entries(isRecord(predicted) ? predicted : {}).filter(([, it]) => isPrediction(it))),
            solved: Object.fromEntries(Object.entries(isRecord(solved) ? solved : {}).filter(([, it]) => Number.isFinite(it) && it >= 0 && it <= LATEST)),
        };
    }

    /** @returns {Record<string, PageProgress>} */
    function all() {
        if (unstored) {
            return structuredClone(unstored);
        }
        try {
            const stored = JSON.parse(localStorage.getItem(KEY) ?? '{}');
            return Object.fromEntries(Object.entries(isRecord(stored) ? stored : {}).map(([page, it]) => [page, checked(it)]));
        } catch {
            return {}; // nothing can be read, or what was stored is no progress
        }
    }

    const tell = () => document.dispatchEvent(new Event(KEY));

    /** @param {Record<string, PageProgress>} progress */
    function store(progress) {
        try {
            localStorage.setItem(KEY, JSON.stringify(progress));
            unstored = undefined;
        } catch {
            unstored = progress;
        }
        tell();
    }

    /**
     * Changes a page's progress. It is read anew, as another tab may have changed it.
     *
     * @param {string} page
     * @param {(progress: PageProgress) => void} change
     */
    function change(page, change) {
        const progress = all();
        const before = JSON.stringify(progress[page]);
        progress[page] ??= checked({});
        change(progress[page]);
        if (JSON.stringify(progress[page]) !== before) {
            store(progress);
        }
    }

    /** @type {Progress} */
    const progress = {
        visited: (page) => change(page, (it) => { it.visited = true; }),
        ran: (page, session) => change(page, (it) => { it.ran = [...new Set([...it.ran, session])].sort((a, b) => a - b); }),
        predicted: (page, id, choice, isRight, held, by) => change(page, (it) => { it.predicted[id] = { choice, isRight, held, by }; }),
        retracted: (page, id) => change(page, (it) => { delete it.predicted[id]; }),
        solved: (page, name) => change(page, (it) => { it.solved[name] ??= Date.now(); }),
        of: (page) => all()[page] ?? checked({}),
        all,
        replace: store,
        forget() {
            unstored = undefined;
            try {
                [KEY, ...BELONGING].forEach((key) => localStorage.removeItem(key));
            } catch {
                // Nothing was stored.
            }
            tell();
        },
        isKept: () => unstored === undefined,
        pageAt: ({ pathname }) => pathname.split('/').at(-1)?.replace(/\.html$/, '') || 'index',
    };
    // The site's first page has no other script of the books.
    const book = window.book ??= /** @type {any} */ ({});
    book.progress = progress;

    addEventListener('storage', ({ key }) => {
        if (key === KEY || key === null) {
            tell();
        }
    });

    /** The page that is shown was visited; called again when another takes its place. */
    const { setUp } = book;
    book.setUp = () => {
        setUp?.();
        visit();
    };
    function visit() {
        const page = progress.pageAt(location);
        if (!NO_CHAPTERS.includes(page)) {
            progress.visited(page);
        }
    }
    visit();
})();
