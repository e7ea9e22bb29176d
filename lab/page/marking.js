// Predicting on the picture: before the session runs, the reader marks in the picture of the kernel
// what will be different, and the kernel's pictures before and after grade it. Without this script
// there is only the session.

import { moveFocus } from '../view/arrows.js';
import { countMarks, isMarked, offerOf, toggle, UNMARKED } from '../view/marks.js';
import { makeCoverable } from './cover.js';
import { button, element } from './dom.js';
import { countOf, fillTold } from './marking-told.js';
import { markingWords } from './marking-words.js';
import { words } from './words.js';

/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('./marking-told.js').Told} Told */

/**
 * Where it stands: `known` is what was marked and graded before the page was loaded.
 *
 * @typedef {{ is: 'open' | 'locked' | 'shown' | 'ungraded' } | { is: 'known', isRight: boolean }
 *     | { is: 'graded', grade: import('../view/grading.js').Grade, before: Picture, told: Told, by: 'run' | 'recording' }} State
 */

export class Marking {
    /** @type {State} */
    #state = { is: 'open' };

    #expected = UNMARKED;

    /** What the machine's kernel holds now, where there is a machine. @type {Picture | undefined} */
    #live;

    /** The picture that is marked. @type {Picture | undefined} */
    #marked;

    /** Runs the session, where there is a machine. @type {(() => void) | undefined} */
    #run;

    #status = element('p', { className: 'lab-verdict', tabIndex: -1 });

    #told = element('ul', { className: 'marking-told' });

    #buttons;

    /** @param {Event} event */
    #see = (event) => {
        if (this.root.isConnected) {
            this.#follow(/** @type {CustomEvent<Picture>} */ (event).detail);
        } else {
            document.removeEventListener('kernel-picture', this.#see);
        }
    };

    /**
     * @param {HTMLElement} root
     * @param {HTMLElement} pre the session
     * @param {HTMLElement[]} pictures what was recorded of it
     */
    constructor(root, pre, pictures) {
        this.root = root;
        this.page = window.book.progress.pageAt(location);
        this.session = Number(root.dataset.session);
        this.covered = [pre, ...pictures];
        this.place = /** @type {HTMLElement} */ (root.querySelector('.marking-place'));
        this.place.addEventListener('click', ({ target }) => {
            const mark = /** @type {Element} */ (target).closest('[data-mark]')?.getAttribute('data-mark');
            if (mark && this.#state.is === 'open') {
                this.#mark(mark);
            }
        });
        this.place.addEventListener('keydown', moveFocus); // also in the table that the page came with
        this.#buttons = {
            run: button(words.lockRun, () => this.#lock(() => this.#run?.())),
            show: button(words.lockShow, () => this.#lock(() => this.#showRecorded())),
            all: button(words.showAll, () => this.#become({ is: 'shown' }, true)),
            again: button(words.predictAgain, () => this.#again()),
        };
        this.#status.role = 'status';
        root.append(element('div', { className: 'lab-predict' }, ...Object.values(this.#buttons)), this.#status, this.#told);
        const code = pre.querySelector('code');
        if (code) {
            makeCoverable(code);
        }
        const before = window.book.progress.of(this.page).predicted[root.id];
        if (before) {
            this.#state = { is: 'known', isRight: before.isRight };
        }
        this.#drawState();
    }

    /**
     * What the page can do now.
     *
     * @param {() => void} run runs the session
     * @param {import('./runs.js').Ran} [ran] what became of the session on the machine that there is
     */
    follow(run, ran) {
        this.#run = run;
        document.addEventListener('kernel-picture', this.#see);
        if (ran && this.#state.is === 'open') {
            this.#become({ is: 'shown' });
        }
        this.#drawState();
        this.#follow(window.book.lab?.view.now);
    }

    /** The reader runs the session, by any button: who has marked something is committed to that. */
    begins() {
        if (this.#state.is === 'open' && isMarked(this.#expected)) {
            this.#become({ is: 'locked' });
        }
    }

    /** @param {import('./conditions.js').Seen} [seen] */
    ran(seen) {
        if (this.#state.is === 'locked') {
            this.#grade('run', seen);
        } else if (this.#state.is === 'open') {
            this.#become({ is: 'shown' });
        }
    }

    /** The machine is another: until it tells what it holds, the picture is the recorded one. */
    forget() {
        this.#live = undefined;
        if (this.#state.is === 'open' && this.#marked) {
            this.#draw();
        }
    }

    /** @param {Picture} [picture] what the machine's kernel holds now */
    #follow(picture) {
        this.#live = picture ?? this.#live;
        if (this.#live && this.#state.is === 'open') {
            this.#draw();
        }
    }

    /** @param {string} mark */
    async #mark(mark) {
        this.#expected = toggle(this.#expected, mark);
        this.#say('');
        await this.#draw();
    }

    /** @param {() => void} then */
    #lock(then) {
        if (this.#state.is === 'open') {
            if (!isMarked(this.#expected)) {
                this.#say(markingWords().first);
                /** @type {HTMLElement | null} */ (this.place.querySelector('tr:nth-child(2) button'))?.focus();
                return;
            }
            this.#become({ is: 'locked' }, true);
        }
        then();
    }

    async #showRecorded() {
        try {
            const { load, seenIn } = await import('./marking-view.js');
            await this.#grade('recording', seenIn((await load(this.page)).sessions[this.session]));
        } catch {
            this.#say(words.notLoaded);
        }
        this.#status.focus();
    }

    /**
     * @param {'run' | 'recording'} by
     * @param {import('./conditions.js').Seen} [seen]
     */
    async #grade(by, seen) {
        if (!seen) {
            this.#become({ is: 'ungraded' });
            return;
        }
        const { grade, tell } = await import('./marking-view.js');
        const graded = grade(this.#expected, this.#marked ?? seen.before, seen);
        // Of marks there is no single choice that came true: what is kept is how many there were.
        window.book.progress.predicted(this.page, this.root.id, countMarks(this.#expected), graded.isRight, undefined, by);
        this.#become({ is: 'graded', grade: graded, before: seen.before, told: tell(graded, this.#expected, seen.before), by });
    }

    #again() {
        window.book.progress.retracted(this.page, this.root.id);
        this.#expected = UNMARKED;
        this.#become({ is: 'open' });
        /** @type {HTMLElement | null} */ (this.place.querySelector('tr:nth-child(2) button'))?.focus();
    }

    /**
     * @param {State} state
     * @param {boolean} [isFocused] whether the focus goes to what is said
     */
    #become(state, isFocused) {
        this.#state = state;
        this.#drawState();
        if (this.#marked) {
            this.#draw();
        }
        if (isFocused) {
            this.#status.focus();
        }
    }

    /** Draws the table, as soon as it can be drawn; the buttons that the page came with wait for it. */
    async #draw() {
        const { drawMarking, load } = await import('./marking-view.js');
        try {
            const recorded = this.#live ? undefined : (await load(this.page)).sessions[this.session].before;
            const state = this.#state;
            if (state.is === 'graded') {
                drawMarking(this.place, state.before, this.#expected, state.grade, true);
                return;
            }
            if (state.is === 'open') {
                this.#marked = this.#live ?? recorded;
            }
            if (this.#marked) {
                drawMarking(this.place, this.#marked, this.#known(state), undefined, state.is !== 'open');
            }
        } catch {
            this.#say(words.notLoaded);
        }
    }

    /** The marks that the picture has a place for; those of before are kept for the picture that has. @param {State} state */
    #known(state) {
        if (state.is !== 'open' || !this.#marked) {
            return this.#expected;
        }
        const { marks } = offerOf(this.#marked);
        return { ...this.#expected, marks: this.#expected.marks.filter((mark) => marks.has(mark)) };
    }

    #drawState() {
        const state = this.#state;
        const isCovered = state.is === 'open' || state.is === 'locked';
        this.root.dataset.state = state.is;
        this.covered.forEach((part) => part.classList.toggle('is-covered', isCovered));
        this.#buttons.run.hidden = state.is !== 'open' || !this.#run;
        this.#buttons.show.hidden = !isCovered;
        this.#buttons.show.textContent = state.is === 'locked' ? words.showRecorded : words.lockShow;
        this.#buttons.all.hidden = state.is !== 'open';
        this.#buttons.again.hidden = isCovered;
        fillTold(this.#told, state.is === 'graded' ? state.told : []);
        this.#say(verdictOf(state));
    }

    /** @param {string} text */
    #say(text) {
        this.#status.textContent = text;
    }
}

/** @param {State} state */
function verdictOf(state) {
    const say = markingWords();
    switch (state.is) {
        case 'locked':
            return say.locked;
        case 'shown':
            return words.shown;
        case 'known':
            return say.before(state.isRight);
        case 'ungraded':
            return say.ungraded;
        case 'graded':
            return countOf(state.grade.isRight, state.told, state.by === 'run' ? words.yourRun : words.recordedRun);
        default:
            return '';
    }
}
