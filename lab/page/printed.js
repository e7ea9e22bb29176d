// The numbers of the reader's own run in the text, in the place of the printed ones.

import { element } from './dom.js';
import { places } from './numbers.js';
import { words } from './words.js';

/** Text in which a number of a run makes sense: prose and terminal sessions, not the programs. */
const SKIPPED = 'svg, script, .lab-run, .lab-note, .lab-number, .lab-predict, .lab-verdict, .marking, .kernel-recorded, pre > code:not(.language-console)';

/** The texts of the page in which there may be numbers. */
function texts() {
    const walker = document.createTreeWalker(document.querySelector('main') ?? document.body, NodeFilter.SHOW_TEXT);
    /** @type {Text[]} */
    const found = [];
    while (walker.nextNode()) {
        const text = /** @type {Text} */ (walker.currentNode);
        if (!text.parentElement?.closest(SKIPPED)) {
            found.push(text);
        }
    }
    return found;
}

/**
 * Puts the run's numbers into a text.
 *
 * @param {Text} text
 * @param {Map<string, string>} known
 */
function mark(text, known) {
    // From the end, so that the places before stay where they are.
    for (const { index, part } of places(text.data, known).reverse()) {
        const number = text.splitText(index);
        number.splitText(part.length);
        number.replaceWith(element('data', { className: 'lab-number', value: part, title: words.printed(part) }));
    }
}

/**
 * Shows the numbers of a run in the text; with none known, the printed ones again.
 *
 * @param {Map<string, string>} known the run's number for each printed one
 */
export function showNumbers(known) {
    texts().forEach((text) => mark(text, known));
    for (const number of /** @type {NodeListOf<HTMLDataElement>} */ (document.querySelectorAll('data.lab-number'))) {
        const { value, parentElement } = number;
        const run = known.get(value);
        if (run !== undefined && run !== value) {
            number.textContent = run;
        } else {
            number.replaceWith(value);
            parentElement?.normalize();
        }
    }
}
