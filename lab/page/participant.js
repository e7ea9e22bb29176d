// Who the reader is to the host of a workshop: a number that was drawn, and a name, if one was given.

import { isRecord, parse } from '../progress/checks.js';
import { PARTICIPANTS, shortName } from '../progress/codes.js';
import { keep, kept } from './kept.js';

const KEY = 'book-participant';

/** @typedef {{ id: number, name: string }} Participant */

/** The one of this page: the browser may not store it. @type {Participant | undefined} */
let own;

/** @returns {Participant | undefined} nothing before the reader has asked for a code */
export function known() {
    if (own) {
        return own;
    }
    const stored = parse(kept(KEY) ?? '');
    if (isRecord(stored) && Number.isInteger(stored.id) && Number(stored.id) >= 0 && Number(stored.id) < PARTICIPANTS && typeof stored.name === 'string') {
        return { id: Number(stored.id), name: shortName(stored.name) };
    }
    return undefined;
}

/** @param {string} [name] another name than before */
export function participant(name) {
    const before = known();
    own = { id: before?.id ?? crypto.getRandomValues(new Uint16Array(1))[0], name: name ?? before?.name ?? '' };
    keep(KEY, JSON.stringify(own));
    return own;
}

document.addEventListener('book-progress', () => {
    if (Object.keys(window.book.progress.all()).length === 0) {
        own = undefined; // it has been deleted
    }
});
