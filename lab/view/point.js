// The namespace that the text points at, in the recorded run and in the reader's own. Its letter
// may be another there, as the machine may have seen others before; its place among those of its
// kind is the same. It has no DOM.

/** @typedef {import('../page/conditions.js').Seen} Seen */

/**
 * A namespace, as in "uts A".
 *
 * @typedef {{ kind: string, letter: string }} Point
 */

/**
 * Which it is of its kind, from 0: of those that are new in the run, or of all that have letters.
 *
 * @typedef {{ kind: string, isNew: boolean, at: number }} Place
 */

/**
 * The letters of a kind, in their order: those that are new in the run, or all.
 *
 * @param {Pick<Seen, 'before' | 'after'>} seen
 * @param {string} kind
 * @param {boolean} onlyNew
 */
function lettersOf({ before, after }, kind, onlyNew) {
    const named = (/** @type {Seen['after']} */ { namespaces }) => namespaces.flatMap((it) => (it.kind === kind && it.letter ? [it.letter] : []));
    const known = onlyNew ? named(before) : [];
    return named(after).filter((letter) => !known.includes(letter)).sort((one, other) => one.length - other.length || (one < other ? -1 : 1));
}

/**
 * The place of a namespace, if the run has it.
 *
 * @param {Pick<Seen, 'before' | 'after'>} seen
 * @param {Point} point
 * @returns {Place | undefined}
 */
export function placeOf(seen, { kind, letter }) {
    const places = [true, false].map((isNew) => ({ kind, isNew, at: lettersOf(seen, kind, isNew).indexOf(letter) }));
    return places.find(({ at }) => at >= 0);
}

/**
 * The namespace at a place, if the run has one there.
 *
 * @param {Pick<Seen, 'before' | 'after'>} seen
 * @param {Place} place
 * @returns {Point | undefined}
 */
export function pointAt(seen, { kind, isNew, at }) {
    const letter = lettersOf(seen, kind, isNew)[at];
    return letter === undefined ? undefined : { kind, letter };
}
