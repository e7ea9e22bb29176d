// The challenges of a page (challenge-pages.mjs puts their texts there): each gets its buttons,
// and tells where its clauses stand. What is large is loaded when one is begun.

import { button, element } from './dom.js';
import { whenReady } from './ready.js';
import { Interrupted, Stopped } from './stops.js';
import { words } from './words.js';

/** The page's name in the reader's progress: a challenge stands on two pages. */
export const PAGE = 'challenges';

/** @typedef {import('./attempt.js').Attempt} Attempt */
/** @typedef {import('../judge/judge.js').Standing} Standing */

/** A challenge of the page that is shown. */
class Section {
    #begin = button(words.challengeBegin, () => this.all.begin(this.name, false));

    #show = button(words.challengeShow, () => this.all.begin(this.name, true));

    #status = element('p', { className: 'challenge-status', tabIndex: -1 });

    #result = element('div', { className: 'challenge-result', hidden: true });

    #marks;

    /** @type {HTMLElement | undefined} */
    #form;

    /**
     * @param {HTMLElement} root
     * @param {Challenges} all
     */
    constructor(root, all) {
        this.root = root;
        this.all = all;
        this.name = root.dataset.name ?? '';
        this.#status.role = 'status';
        this.#marks = [...root.querySelectorAll('.challenge-clauses > li')].map((item) => {
            const mark = element('strong', { className: 'challenge-mark' });
            item.prepend(mark);
            return mark;
        });
        const hints = /** @type {HTMLDetailsElement[]} */ ([...root.querySelectorAll('.challenge-hint')]);
        hints.forEach((hint, at) => {
            hint.hidden = at > 0;
            hint.addEventListener('toggle', () => { (hints[at + 1] ?? hint).hidden = false; });
        });
        root.querySelector('.challenge-goal')?.before(element('div', { className: 'lab-predict' }, this.#begin, this.#show), this.#status);
        root.querySelector('.challenge-clauses')?.after(this.#result);
        this.draw();
    }

    /** The page solves it, and types a line. @param {number} [line] */
    type(line) {
        const solution = /** @type {HTMLDetailsElement | null} */ (this.root.querySelector('.challenge-solution'));
        if (solution && line !== undefined) {
            solution.open = true;
        }
        this.root.querySelectorAll('.challenge-solution li').forEach((item, at) => item.classList.toggle('is-typed', at === line));
    }

    /** Shows where it stands. */
    draw() {
        const { attempt } = this.all;
        const own = attempt?.challenge.name === this.name ? attempt : undefined;
        const solved = window.book.progress.of(PAGE).solved[this.name];
        this.root.classList.toggle('is-solved', Boolean(solved));
        this.root.dataset.state = own ? own.judge.verdict : '';
        this.#place(own?.form?.root);
        const isPreparing = this.all.preparing === this.name;
        this.#begin.ariaBusy = isPreparing ? 'true' : null;
        this.#begin.textContent = own ? words.challengeAgain : words.challengeBegin;
        this.#marks.forEach((mark, at) => {
            const standing = own?.judge.standings[at];
            mark.textContent = standing ? `${words.challengeStandings[standing]}: ` : '';
            mark.dataset.standing = standing ?? '';
        });
        const before = solved ? words.challengeSolved : '';
        const now = own ? words.challengeVerdict(own) : before;
        this.#say(isPreparing ? words.challengePreparing : now);
        const isSolved = own?.judge.verdict === 'solved';
        this.#result.hidden = !isSolved;
        if (isSolved && own) {
            this.#result.replaceChildren(...this.#tell(own));
        }
    }

    /** The form of a prediction stands before its goal, as long as there is one. @param {HTMLElement} [form] */
    #place(form) {
        if (this.#form !== form) {
            this.#form?.remove();
            this.#form = form;
            this.root.querySelector('.challenge-goal')?.before(...form ? [form] : []);
        }
    }

    /** Brings its clauses into sight, where the panel or the end of the window hides some. */
    reveal() {
        const last = this.root.querySelector('.challenge-clauses')?.lastElementChild;
        const { left, bottom } = last?.getBoundingClientRect() ?? { left: 0, bottom: 0 };
        if (document.elementFromPoint(left + 1, bottom - 1)?.closest('li') !== last) {
            this.#status.scrollIntoView();
        }
    }

    /** @param {string} text */
    #say(text) {
        if (this.#status.textContent !== text) {
            this.#status.textContent = text;
        }
    }

    /** What the kernel saw, another way, and what is next. @param {Attempt} attempt */
    #tell({ events, challenge }) {
        const { next } = this.root.dataset;
        const id = `challenge-${next}`;
        return [
            element('p', { textContent: words.challengeEvents }),
            element('ol', { className: 'challenge-events', tabIndex: 0, ariaLabel: words.challengeEvents }, ...events.map((textContent) => element('li', { textContent }))),
            ...challenge.others.slice(0, 1).map((script) => element('details', {}, element('summary', { textContent: words.challengeOther }),
                element('pre', {}, element('code', { className: 'hljs', textContent: script.trim().replace(/^ +/gm, '') })))),
            ...(next ? [element('p', {}, element('a', { href: document.getElementById(id) ? `#${id}` : `${PAGE}.html#${id}`, textContent: words.challengeNext }))] : []),
        ];
    }
}

export class Challenges {
    /** The one that the reader works on. @type {Attempt | undefined} */
    attempt;

    /** The one for which the machine is being made ready. @type {string | undefined} */
    preparing;

    /** Counts what has been begun and ended. */
    #turn = 0;

    /** @type {Section[]} */
    #sections = [];

    /**
     * @param {() => Promise<import('./panel.js').Panel>} open opens the panel
     * @param {() => boolean} isOpen whether it is open, with a machine that may have been used
     */
    constructor(open, isOpen) {
        this.open = open;
        this.isOpen = isOpen;
    }

    /** Another page is shown. */
    setUp() {
        const found = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('main .challenge[data-name]')]);
        const known = new Map(this.#sections.map((section) => [section.root, section]));
        this.#sections = found.map((root) => known.get(root) ?? new Section(root, this));
        this.#draw();
    }

    #draw() {
        this.#sections.forEach((section) => section.draw());
    }

    /**
     * Makes the machine ready for a challenge, and begins it; the last one that was asked for counts.
     *
     * @param {string} name
     * @param {boolean} isShown whether the page solves it
     */
    async begin(name, isShown) {
        const isUsed = this.isOpen();
        let turn = this.#take(name);
        try {
            const panel = await this.open();
            turn = this.#take(name); // opening it has ended all
            const { Attempt } = await import('./attempt.js');
            panel.retry();
            await whenReady(panel);
            let kept;
            if (turn === this.#turn && isUsed) {
                kept = Attempt.again(panel, name); // which ends all attempts
                turn = this.#take(name);
                await whenReady(panel);
            }
            if (turn !== this.#turn) {
                return;
            }
            const draw = () => this.#draw();
            const attempt = kept ? Attempt.resume(panel, { ...kept, isShown }, draw) : await Attempt.begin(panel, name, isShown, draw);
            if (turn !== this.#turn) {
                attempt.end();
                return;
            }
            this.attempt = attempt;
            this.preparing = undefined;
            this.#draw();
            this.#sections.find((it) => it.name === name)?.reveal();
            await attempt.show((line) => this.#sections.find((it) => it.name === name)?.type(line));
        } catch (error) {
            // The panel says why there is no machine.
            if (!(error instanceof Stopped || error instanceof Interrupted)) {
                throw error;
            }
        } finally {
            if (turn === this.#turn) {
                this.preparing = undefined;
                this.#draw();
            }
        }
    }

    /** Nothing else is prepared or judged any more. @param {string} [name] the challenge that is now */
    #take(name) {
        this.attempt?.end();
        this.attempt = undefined;
        this.preparing = name;
        this.#turn += 1;
        this.#draw();
        return this.#turn;
    }

    /** The machine is another, or closed: nothing is judged any more. */
    end() {
        this.#take();
    }

    /**
     * Goes on with what was stored.
     *
     * @param {import('./panel.js').Panel} panel
     * @param {ReturnType<Attempt['save']>} [saved]
     */
    async resume(panel, saved) {
        if (saved) {
            const { Attempt } = await import('./attempt.js');
            this.attempt = Attempt.resume(panel, saved, () => this.#draw());
            this.#draw();
        }
    }
}
