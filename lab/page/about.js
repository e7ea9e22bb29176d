// What the text has about its sessions: predictions of what they do, pictures on which that is
// marked, and pictures that stand open.

import { Figure } from './figure.js';
import { Marking } from './marking.js';
import { Prediction } from './prediction.js';

/**
 * Something about a session. It is told how the reader can run that, and what became of it on the
 * machine that there is; when it is run, when it has run, and when the machine is another.
 *
 * @typedef {object} About
 * @property {(run: () => void, ran?: import('./runs.js').Ran) => void} follow
 * @property {() => void} begins
 * @property {(seen?: import('./conditions.js').Seen) => void} ran
 * @property {() => void} forget
 */

/** What has been made of an element of the page. @type {WeakMap<HTMLElement, About>} */
const made = new WeakMap();

/**
 * @param {HTMLElement} root
 * @param {() => About} make
 */
function of(root, make) {
    const about = made.get(root) ?? make();
    made.set(root, about);
    return about;
}

/**
 * What the page has about each session.
 *
 * @param {import('./blocks.js').Block[]} blocks
 */
export function aboutSessions(blocks) {
    /** @type {Map<import('./blocks.js').Block, About[]>} */
    const about = new Map();
    const add = (/** @type {import('./blocks.js').Block} */ block, /** @type {About} */ it) => about.set(block, [...about.get(block) ?? [], it]);
    const pictures = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('main .kernel-recorded'))];
    for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('main .prediction[id][data-if]'))) {
        const index = blocks.findIndex(({ pre }) => root.compareDocumentPosition(pre) & Node.DOCUMENT_POSITION_FOLLOWING);
        if (index >= 0) {
            const answer = /** @type {HTMLElement | null} */ (document.querySelector(`main .answer[data-for="${CSS.escape(root.id)}"]`));
            const own = pictures.filter(({ dataset }) => Number(dataset.session) === index);
            add(blocks[index], of(root, () => new Prediction(root, answer, blocks[index].pre, own)));
        }
    }
    for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('main .marking[data-session]'))) {
        const block = blocks[Number(root.dataset.session)];
        if (block) {
            const own = pictures.filter(({ dataset }) => dataset.session === root.dataset.session);
            add(block, of(root, () => new Marking(root, block.pre, own)));
        }
    }
    for (const root of pictures.filter(({ tagName }) => tagName === 'FIGURE')) {
        const block = blocks[Number(root.dataset.session)];
        if (block) {
            add(block, of(root, () => new Figure(root)));
        }
    }
    return about;
}
