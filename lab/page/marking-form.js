// The picture of the machine's kernel as a form: the reader marks there what a challenge's script
// will change, locks that in, and sees what became of each mark.

import { moveFocus } from '../view/arrows.js';
import { markWords, tell } from '../view/mark-words.js';
import { isMarked, toggle, UNMARKED } from '../view/marks.js';
import { button, element } from './dom.js';
import { countOf, fillTold } from './marking-told.js';
import { drawMarking } from './marking-view.js';
import { markingWords } from './marking-words.js';
import { words } from './words.js';

/** @typedef {import('../kernel/history.js').Picture} Picture */

export class MarkingForm {
    expected = UNMARKED;

    /** The picture that is marked. @type {Picture | undefined} */
    #marked;

    #isLocked = false;

    #place = element('div', { className: 'marking-place' });

    #lock = button(words.lockRun, () => this.lock());

    #status = element('p', { className: 'lab-verdict', tabIndex: -1 });

    #told = element('ul', { className: 'marking-told' });

    /** @param {() => void} onlock what happens when the reader is committed */
    constructor(onlock) {
        this.onlock = onlock;
        const { question, how } = markWords();
        this.root = element('div', { className: 'marking' },
            element('p', { textContent: question }),
            element('ul', { className: 'marking-how' }, ...how.map((textContent) => element('li', { textContent }))),
            this.#place, element('div', { className: 'lab-predict' }, this.#lock), this.#status, this.#told);
        this.root.dataset.state = 'open';
        this.#status.role = 'status';
        this.#place.addEventListener('click', ({ target }) => {
            const mark = /** @type {Element} */ (target).closest('[data-mark]')?.getAttribute('data-mark');
            if (mark) {
                this.mark(mark);
            }
        });
        this.#place.addEventListener('keydown', moveFocus);
    }

    /** The picture is another. @param {Picture} [picture] */
    follow(picture) {
        if (picture && !this.#isLocked) {
            this.#marked = picture;
            this.#draw();
        }
    }

    /** Sets a mark, or takes it away. @param {string} mark */
    mark(mark) {
        if (!this.#isLocked) {
            this.expected = toggle(this.expected, mark);
            this.#status.textContent = '';
            this.#draw();
        }
    }

    /** The reader is committed to what is marked. */
    lock() {
        if (!isMarked(this.expected)) {
            this.#status.textContent = markingWords().first;
            this.#status.focus();
            return;
        }
        this.#isLocked = true;
        this.#lock.hidden = true;
        this.#status.textContent = markingWords().locked;
        this.#status.focus();
        this.#draw();
        this.onlock();
    }

    /** The script was interrupted: what is marked can be changed, and locked in again. */
    unlock() {
        this.#isLocked = false;
        this.#lock.hidden = false;
        this.#status.textContent = '';
        this.#draw();
    }

    /**
     * Tells what became of the marks.
     *
     * @param {import('../view/grading.js').Grade} graded
     * @param {Picture} before
     */
    tell(graded, before) {
        const told = tell(graded, this.expected, before);
        this.root.dataset.state = 'graded';
        drawMarking(this.#place, before, this.expected, graded, true);
        fillTold(this.#told, told);
        this.#status.textContent = countOf(graded.isRight, told, words.yourRun);
    }

    #draw() {
        if (this.#marked) {
            drawMarking(this.#place, this.#marked, this.expected, undefined, this.#isLocked);
        }
    }
}
