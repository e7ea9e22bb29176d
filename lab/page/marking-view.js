// The table on which the reader marks, drawn with Preact, and what grades that: loaded when it is
// needed.

import { h, render } from 'preact';
import { MarkingTable } from '../view/marking-table.js';

export { grade } from '../view/grading.js';
export { tell } from '../view/mark-words.js';
export { load, seenIn } from './recorded.js';

/** Where it has been drawn; elsewhere is what the page came with. @type {WeakSet<HTMLElement>} */
const drawn = new WeakSet();

/**
 * Draws the table; what has the focus there keeps it.
 *
 * @param {HTMLElement} place
 * @param {import('../kernel/history.js').Picture} picture
 * @param {import('../view/marks.js').Expected} expected
 * @param {import('../view/grading.js').Grade | undefined} grade what was right, once that is known
 * @param {boolean} isLocked whether nothing can be marked any more
 */
export function drawMarking(place, picture, expected, grade, isLocked) {
    const focused = place.contains(document.activeElement) ? document.activeElement?.getAttribute('data-mark') : undefined;
    if (!drawn.has(place)) {
        place.replaceChildren();
        drawn.add(place);
    }
    render(h(MarkingTable, { picture, expected, grade, isLocked }), place);
    if (focused && document.activeElement?.getAttribute('data-mark') !== focused) {
        /** @type {HTMLElement | null} */ (place.querySelector(`[data-mark="${CSS.escape(focused)}"]`))?.focus();
    }
}
