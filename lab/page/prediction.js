// A prediction: the reader commits to a choice before the output of the session is in sight, and
// the kernel grades it. Without this script it is a plain question, with the answers below.

import { gradedBy, parseConditions } from './conditions.js';
import { makeCoverable } from './cover.js';
import { button, element } from './dom.js';
import { words } from './words.js';

/**
 * Where a prediction stands. `by` tells what graded it: the reader's run, or the recorded one;
 * without `held` the run fits no choice.
 *
 * @typedef {{ is: 'open' } | { is: 'locked', choice: number } | { is: 'shown' }
 *     | { is: 'graded', choice: number, held?: number, by: 'run' | 'recording' }} State
 */

export class Prediction {
    /** @type {State} */
    #state = { is: 'open' };

    /** Runs the session, where there is a machine. @type {(() => void) | undefined} */
    #run;

    #status = element('p', { className: 'lab-verdict', tabIndex: -1 });

    #verdict = element('p', { className: 'lab-verdict' });

    /** @type {HTMLInputElement[]} */
    #choices;

    /** The list items that answer, one for each choice. @type {HTMLLIElement[]} */
    #answers;

    #buttons;

    /**
     * @param {HTMLElement} root
     * @param {HTMLElement | null} answer
     * @param {HTMLElement} pre the session that is predicted
     * @param {HTMLElement[]} pictures what was recorded of it
     */
    constructor(root, answer, pre, pictures) {
        this.root = root;
        this.answer = answer;
        this.covered = [pre, ...pictures, ...(answer ? [answer] : [])];
        this.page = window.book.progress.pageAt(location);
        this.conditions = parseConditions(root.dataset.if ?? '');
        this.recorded = root.dataset.recorded === undefined ? undefined : Number(root.dataset.recorded);
        this.#choices = this.#makeChoices();
        this.#answers = [...answer?.querySelectorAll('li') ?? []];
        this.#answers.forEach((item, index) => {
            item.value = index + 1; // also where those before are not shown
            item.prepend(element('strong', { className: 'lab-mark' }));
        });
        answer?.prepend(this.#verdict);
        this.#buttons = {
            run: button(words.lockRun, () => this.#lock(() => this.#run?.())),
            show: button(words.lockShow, () => this.#lock(() => this.#showRecorded())),
            all: button(words.showAll, () => this.#become({ is: 'shown' }, true)),
            again: button(words.predictAgain, () => this.#again()),
        };
        root.append(element('div', { className: 'lab-predict' }, ...Object.values(this.#buttons)), this.#status);
        this.#status.role = 'status';
        const code = pre.querySelector('code');
        if (code) {
            makeCoverable(code);
        }
        const { predicted } = window.book.progress.of(this.page);
        const before = predicted[root.id];
        if (before && before.choice <= this.#choices.length) {
            this.#state = { is: 'graded', choice: before.choice, held: before.held ?? (before.isRight ? before.choice : this.recorded), by: before.by ?? 'recording' };
            this.#choices[before.choice - 1].checked = true;
        }
        this.#draw();
    }

    /** Makes a form of the question and its list. */
    #makeChoices() {
        const form = element('fieldset', {}, element('legend', { textContent: words.prediction }));
        const list = this.root.querySelector('ol');
        const question = [...this.root.children].filter((child) => child !== list);
        question.forEach((part, index) => { part.id ||= `${this.root.id}-question-${index}`; });
        form.setAttribute('aria-describedby', question.map(({ id }) => id).join(' '));
        form.append(...this.root.childNodes);
        this.root.append(form);
        return [...list?.children ?? []].map((item, index) => {
            const choice = element('input', { type: 'radio', name: this.root.id, value: String(index + 1) });
            item.append(element('label', {}, choice, element('span', {}, ...item.childNodes)));
            choice.addEventListener('change', () => this.#say(''));
            return choice;
        });
    }

    /**
     * What the page can do now.
     *
     * @param {(() => void) | undefined} run runs the session, where there is a machine
     * @param {import('./runs.js').Ran} [ran] what became of the session on that machine
     */
    follow(run, ran) {
        this.#run = run;
        if (ran && this.#state.is === 'open') {
            this.#state = { is: 'shown' };
        }
        this.#draw();
    }

    /** What the reader has chosen, 0 for nothing. */
    get #choice() {
        return this.#choices.findIndex(({ checked }) => checked) + 1;
    }

    /** @param {() => void} then */
    #lock(then) {
        const choice = this.#choice;
        if (this.#state.is === 'open' && !choice) {
            this.#say(words.chooseFirst);
            this.#choices[0]?.focus();
            return;
        }
        this.#become({ is: 'locked', choice }, true);
        then();
    }

    #showRecorded() {
        this.#grade(this.recorded, 'recording');
        this.#status.focus();
    }

    /** The reader runs the session, by any button: who has chosen is committed to that. */
    begins() {
        if (this.#state.is === 'open' && this.#choice) {
            this.#become({ is: 'locked', choice: this.#choice });
        }
    }

    /** @param {import('./conditions.js').Seen} [seen] */
    ran(seen) {
        if (this.#state.is === 'locked') {
            const held = seen ? gradedBy(this.conditions, seen) : [];
            this.#grade(held.length === 1 ? held[0] : undefined, 'run');
        } else if (this.#state.is === 'open') {
            this.#become({ is: 'shown' });
        }
    }

    /** What was predicted stays so when the machine is made anew. */
    forget() {}

    /**
     * @param {number | undefined} held
     * @param {'run' | 'recording'} by
     */
    #grade(held, by) {
        const choice = this.#choice;
        if (held !== undefined) {
            window.book.progress.predicted(this.page, this.root.id, choice, held === choice, held, by);
        }
        this.#become({ is: 'graded', choice, held, by });
    }

    #again() {
        window.book.progress.retracted(this.page, this.root.id);
        this.#choices.forEach((choice) => { choice.checked = false; });
        this.#become({ is: 'open' });
        this.#choices[0]?.focus();
    }

    /**
     * @param {State} state
     * @param {boolean} [isFocused] whether the focus goes to what is said
     */
    #become(state, isFocused) {
        this.#state = state;
        this.#draw();
        if (isFocused) {
            this.#status.focus();
        }
    }

    #draw() {
        const state = this.#state;
        const isCovered = state.is === 'open' || state.is === 'locked';
        this.root.dataset.state = state.is;
        this.covered.forEach((part) => part.classList.toggle('is-covered', isCovered));
        this.#choices.forEach((choice) => { choice.disabled = state.is !== 'open'; });
        this.#buttons.run.hidden = state.is !== 'open' || !this.#run;
        this.#buttons.show.hidden = !isCovered || this.recorded === undefined;
        this.#buttons.show.textContent = state.is === 'locked' ? words.showRecorded : words.lockShow;
        // Without a machine or a recording nothing would grade it.
        this.#buttons.all.hidden = state.is === 'locked' ? this.recorded !== undefined : state.is !== 'open';
        this.#buttons.again.hidden = isCovered;
        const verdict = verdictOf(state);
        this.#say(verdict);
        this.#verdict.textContent = state.is === 'graded' ? verdict : '';
        this.#verdict.hidden = state.is !== 'graded';
        this.#drawAnswers();
    }

    #drawAnswers() {
        const state = this.#state;
        const chosen = state.is === 'graded' ? state.choice : undefined;
        // Before it is graded, and where nothing is right, all are shown.
        const held = state.is === 'graded' ? state.held : undefined;
        this.#answers.forEach((item, index) => {
            const number = index + 1;
            const marks = [...(number === chosen ? [words.yours] : []), ...(number === held ? [words.happened] : [])];
            const mark = /** @type {HTMLElement} */ (item.querySelector('.lab-mark'));
            mark.textContent = marks.length > 0 ? `${number === held ? '✓' : '✗'} ${marks.join(', ')}: ` : '';
            item.classList.toggle('is-left-out', held !== undefined && marks.length === 0);
        });
    }

    /** @param {string} text */
    #say(text) {
        this.#status.textContent = text;
    }
}

/** @param {State} state */
function verdictOf(state) {
    switch (state.is) {
        case 'locked':
            return words.locked(state.choice);
        case 'shown':
            return words.shown;
        case 'graded': {
            const { choice, held, by } = state;
            if (held === undefined) {
                return words.ungraded(choice);
            }
            return (held === choice ? words.isRight : words.isWrong)(choice, held, by === 'run' ? words.yourRun : words.recordedRun);
        }
        default:
            return '';
    }
}
