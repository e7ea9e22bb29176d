// The reader's own page, known.html: what was done in each chapter, what the kernel saw while challenges
// were solved, and how all of it is printed, saved, read and deleted.

import { countOf, LARGEST, read, union, write } from '../progress/file.js';
import { CodeCard } from './code-card.js';
import { button, element } from './dom.js';
import { ownRuns, setRuns } from './own-runs.js';
import { words } from './reader-words.js';
import { save, today } from './save.js';

/** The page's name in the reader's progress that has the challenges. */
const CHALLENGES = 'challenges';

/** How many predictions of a page, or of all, were right. @param {PageProgress[]} pages */
const rightOf = (...pages) => pages.flatMap(({ predicted }) => Object.values(predicted)).filter(({ isRight }) => isRight).length;

export class Known {
    #sum = element('p', { className: 'known-sum' });

    #kept = element('p');

    #said = element('p', { className: 'reader-said', tabIndex: -1 });

    #list = element('div');

    /** What there is to know, as the page was built; it is copied from here. @type {HTMLElement[]} */
    #chapters;

    #card;

    /** @param {HTMLElement} root */
    constructor(root) {
        this.root = root;
        this.#chapters = [...root.querySelectorAll('details')].flatMap((all) => /** @type {HTMLElement[]} */ ([...all.children]).slice(1));
        this.#said.role = 'status';
        this.#card = new CodeCard(() => this.#solved);
        root.replaceChildren(this.#sum, this.#kept, this.#tools(), this.#said, this.#card.root, this.#list);
        const follow = () => (root.isConnected ? this.draw() : document.removeEventListener('book-progress', follow));
        document.addEventListener('book-progress', follow);
        this.draw();
    }

    get #solved() {
        return Object.keys(window.book.progress.of(CHALLENGES).solved);
    }

    get #known() {
        return { pages: window.book.progress.all(), runs: ownRuns() };
    }

    /** The buttons. */
    #tools() {
        const file = element('input', { type: 'file', accept: '.json,application/json', hidden: true, ariaLabel: words().import });
        file.addEventListener('change', () => this.#import(file));
        const events = element('input', { type: 'checkbox', checked: true });
        events.addEventListener('change', () => this.root.classList.toggle('without-events', !events.checked));
        return element('div', { className: 'reader-tools' },
            button(words().print, () => window.print()),
            element('label', {}, events, ` ${words().printEvents}`),
            button(words().export, () => {
                save(`${words().fileName}-${today()}.json`, 'application/json', write(this.#known, Date.now()));
                this.#say(words().saved);
            }),
            button(words().import, () => file.click()), file,
            button(words().forget, () => this.#forget()));
    }

    /** @param {string} text */
    #say(text) {
        this.#said.textContent = text;
    }

    #forget() {
        if (confirm(words().sure)) {
            window.book.progress.forget();
            this.#say(words().forgotten);
        }
    }

    /** @param {File} file */
    async #read(file) {
        // A character has at most three bytes.
        return file.size > 3 * LARGEST ? 'large' : read(await file.text());
    }

    /** @param {HTMLInputElement} input */
    async #import(input) {
        const [file] = input.files ?? [];
        input.value = ''; // the same one can be chosen again
        const found = await this.#read(file).catch(() => /** @type {const} */ ('unreadable'));
        if (typeof found === 'string') {
            this.#say(words().fileRefused[found]);
            return;
        }
        const before = this.#known;
        const { pages, runs } = union(before, found);
        setRuns(runs);
        window.book.progress.replace(pages);
        const [had, has] = [countOf(before.pages), countOf(pages)];
        const added = /** @type {typeof had} */ (Object.fromEntries(Object.entries(has).map(([what, count]) => [what, count - had[/** @type {keyof typeof had} */ (what)]])));
        const isNew = Object.values(added).some((count) => count > 0) || JSON.stringify(runs) !== JSON.stringify(before.runs);
        this.#say(isNew ? words().added(added) : words().nothingNew);
    }

    /** Shows what is known now. */
    draw() {
        const pages = window.book.progress.all();
        const runs = ownRuns();
        const shown = this.#chapters.flatMap((chapter) => this.#chapter(chapter, pages, runs));
        const counts = countOf(pages);
        const all = this.#chapters.reduce((sum, chapter) => sum + chapter.querySelectorAll('.known-challenge').length, 0);
        this.#sum.replaceChildren(...(shown.length > 0 ? [words().sum(counts, rightOf(...Object.values(pages)), all)]
            : [words().nothing, ' ', element('a', { href: `${CHALLENGES}.html`, textContent: words().first })]));
        this.#kept.textContent = window.book.progress.isKept() ? words().kept : words().notKept;
        // Who has opened a list keeps it open.
        const opened = new Set([...this.#list.querySelectorAll('details[open]')].map((it) => it.closest('section')?.dataset.name));
        this.#list.replaceChildren(...shown);
        this.#list.querySelectorAll('details').forEach((it) => { it.open = opened.has(it.closest('section')?.dataset.name); });
        this.#card.draw();
    }

    /**
     * A chapter in which something was done.
     *
     * @param {HTMLElement} template
     * @param {Record<string, PageProgress>} pages
     * @param {import('../progress/runs.js').Runs} runs
     */
    #chapter(template, pages, runs) {
        const page = pages[template.dataset.page ?? ''];
        const solved = pages[CHALLENGES]?.solved ?? {};
        const chapter = /** @type {HTMLElement} */ (template.cloneNode(true));
        const own = /** @type {HTMLElement[]} */ ([...chapter.querySelectorAll('.known-challenge')]);
        const did = page ? words().did(page.ran.length, rightOf(page), Object.keys(page.predicted).length).filter(Boolean) : [];
        for (const section of own) {
            const name = section.dataset.name ?? '';
            if (solved[name]) {
                section.append(...this.#solution(solved[name], runs[name]));
            } else {
                section.remove();
            }
        }
        if (did.length > 0) {
            chapter.querySelector('h2')?.after(element('p', { className: 'known-did', textContent: did.join(' · ') }));
        }
        return did.length > 0 || chapter.querySelector('.known-challenge') ? [chapter] : [];
    }

    /** When a challenge was solved, and how. @param {number} at @param {import('../progress/runs.js').Run} [run] */
    #solution(at, run) {
        const date = new Date(at);
        const time = element('time', { dateTime: date.toISOString(), textContent: date.toLocaleString(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' }) });
        const when = element('p', { className: 'known-when' }, words().solved, time);
        return run && run.events.length > 0 ? [when, element('details', { className: 'known-events' },
            element('summary', { textContent: words().saw(run.events.length) }),
            element('ol', { lang: run.lang }, ...run.events.map((textContent) => element('li', { textContent }))))] : [when];
    }
}
