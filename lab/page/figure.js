// The picture that stands open under a session, because the text is about it: of the recorded run
// until the reader runs the session, and then of that run. What it shows can be chosen from.

import { pointAt } from '../view/point.js';
import { button, element } from './dom.js';
import { words } from './words.js';

/** What is shown: what the page came with, that with choices, its steps, or the reader's own run. */
/** @typedef {'built' | 'end' | 'steps' | 'live'} Mode */

export class Figure {
    /** @type {Mode} */
    #mode = 'built';

    /** @type {import('./conditions.js').Seen | undefined} */
    #seen;

    #place = element('div', { className: 'kernel-figure', hidden: true });

    #status = element('p', { className: 'kernel-status' });

    #button = button(words.stepByStep, () => this.#show(this.#mode === 'steps' ? 'end' : 'steps'));

    /** The letter in the reader's run of the namespace at which the text points. @type {string | undefined} */
    #letter;

    /** @param {HTMLElement} root */
    constructor(root) {
        this.root = root;
        this.page = window.book.progress.pageAt(location);
        this.session = Number(root.dataset.session);
        this.point = root.dataset.point === undefined ? undefined : /** @type {import('../view/point.js').Place} */ (JSON.parse(root.dataset.point));
        this.built = /** @type {HTMLElement} */ (root.querySelector('.kernel-figure'));
        this.caption = /** @type {HTMLElement} */ (root.querySelector('figcaption > span'));
        this.said = this.caption.textContent;
        const printed = this.built.querySelector('.is-point b')?.textContent?.replace('↳ ', '');
        /** Where the text says the letter of the namespace at which it points. */
        this.letters = printed === undefined ? [] : [...document.querySelectorAll('main :is(p, li) > :is(strong, code)')]
            .map((place) => ({ place: /** @type {HTMLElement} */ (place), printed, said: place.textContent ?? '' }))
            .filter(({ place, said }) => said.replace('↳ ', '') === printed && pictureOf(place) === root);
        this.caption.after(' ', this.#button);
        this.built.after(this.#place, this.#status);
        this.#status.role = 'status';
        // On paper the text is that of the book.
        addEventListener('beforeprint', () => this.#sayLetter());
        addEventListener('afterprint', () => this.#sayLetter(this.#letter));
        this.built.addEventListener('click', ({ target }) => this.#show('end', choiceAt(/** @type {Element} */ (target))));
        this.built.addEventListener('focusin', ({ target }) => {
            if (/** @type {Element} */ (target).matches(':focus-visible')) {
                this.#show('end');
            }
        });
    }

    /**
     * @param {() => void} _run
     * @param {import('./runs.js').Ran} [ran] what became of the session on the machine that there is
     */
    follow(_run, ran) {
        if (ran?.seen) {
            this.ran(ran.seen);
        }
    }

    begins() {}

    /** @param {import('./conditions.js').Seen} [seen] */
    ran(seen) {
        this.#seen = seen;
        if (seen) {
            this.#show('live');
        }
    }

    /** The machine is another: its picture is that of the recorded run. */
    forget() {
        this.#seen = undefined;
        if (this.#mode === 'live') {
            this.#show('built');
        }
    }

    /**
     * @param {Mode} mode
     * @param {import('../view/table.js').Choice} [first] what is chosen
     */
    async #show(mode, first) {
        this.#mode = mode;
        try {
            await this.#draw(mode, first);
            this.#status.textContent = '';
        } catch {
            if (this.#mode === mode) {
                this.#mode = 'built';
                this.#status.textContent = words.notLoaded;
            }
        }
        const hadFocus = this.built.contains(document.activeElement);
        const isLive = this.#mode === 'live';
        this.built.hidden = this.#mode !== 'built';
        this.#place.hidden = this.#mode === 'built';
        if (hadFocus && !this.#place.hidden) {
            /** @type {HTMLElement | null} */ (this.#place.querySelector('.kernel-scroll'))?.focus();
        }
        this.#button.hidden = isLive;
        this.#button.textContent = this.#mode === 'steps' ? words.atEnd : words.stepByStep;
        this.caption.textContent = isLive ? words.figureLive : this.said;
        this.root.classList.toggle('is-live', isLive);
        this.#letter = isLive && this.#seen && this.point ? pointAt(this.#seen, this.point)?.letter : undefined;
        this.#sayLetter(this.#letter);
    }

    /**
     * Puts the letter of the reader's run into the text, or the printed one again.
     *
     * @param {string} [letter]
     */
    #sayLetter(letter) {
        for (const { place, printed, said } of this.letters) {
            const isOther = letter !== undefined && letter !== printed;
            place.textContent = isOther ? said.replace(printed, letter) : said;
            place.classList.toggle('lab-number', isOther);
            place.title = isOther ? words.printed(printed) : '';
        }
    }

    /**
     * @param {Mode} mode
     * @param {import('../view/table.js').Choice} [first]
     */
    async #draw(mode, first) {
        if (mode === 'built') {
            return;
        }
        const { drawPlayer, drawStill, load, seenIn } = await import('./recorded.js');
        const seen = this.#seen;
        if (mode === 'live' && seen) {
            drawStill(this.#place, seen, this.point && pointAt(seen, this.point), first);
            return;
        }
        const session = (await load(this.page)).sessions[this.session];
        if (this.#mode === 'steps') {
            drawPlayer(this.#place, session);
        } else if (this.#mode === 'end') {
            const recorded = seenIn(session);
            drawStill(this.#place, recorded, this.point && pointAt(recorded, this.point), first);
        }
    }
}

/**
 * The picture that a place in the text speaks of: the last one before it that the text points at, or the first of the page.
 *
 * @param {Element} place
 */
function pictureOf(place) {
    const pointed = [...document.querySelectorAll('main [data-point]')];
    return pointed.filter((it) => it.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1) ?? pointed[0];
}

/**
 * What is shown where the reader has pressed.
 *
 * @param {Element} target
 * @returns {import('../view/table.js').Choice | undefined}
 */
function choiceAt(target) {
    const row = target.closest('tr');
    const kind = target.closest('td')?.dataset.kind;
    return row?.dataset.pid === undefined ? undefined : { pid: Number(row.dataset.pid), kind: /** @type {any} */ (kind) };
}
