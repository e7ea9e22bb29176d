// Under a terminal: the call that was refused, and what decided that, read from the kernel.

import { factsOf, isKnown } from '../view/refusals.js';
import { refusedIn } from '../view/refused-line.js';
import { findProcess } from '../view/refused-process.js';
import { refusalWords as words } from '../view/refusal-words.js';
import { button, element } from './dom.js';
import { style } from './refused-style.js';

/** What stands before a fact. */
const SIGNS = { met: '✓', 'not met': '✗', unknown: '?' };

/** Tells screen readers; it has to be there before it tells. */
const status = element('p', { className: 'lab-refused-status', role: 'status' });

/**
 * @typedef {object} Place
 * @property {number} terminal
 * @property {number} since the number of the moment at which the line was entered
 * @property {import('../kernel/history.js').Entry[]} entries
 * @property {HTMLElement} kernel what it is to stand before
 * @property {() => void} focus gives the focus to the terminal
 */

/**
 * Explains the last refusal that is told in the lines of a terminal, if there is one.
 *
 * @param {string[]} lines the line that was entered, and what has appeared
 * @param {Place} place
 */
export function explain([command, ...printed], { terminal, since, entries, kernel, focus }) {
    const found = printed.map((line) => ({ line, refused: refusedIn(line) })).filter(({ refused }) => refused && isKnown(refused)).at(-1);
    if (!found?.refused) {
        return undefined;
    }
    const { line, refused } = found;
    const process = findProcess(entries, { program: refused.program, terminal, since, command });
    const entered = entries.find(({ number }) => number === since);
    const before = entered && JSON.parse(entered.picture);
    if (process && factsOf(refused, process.picture, process.process, before).length === 0) {
        return undefined;
    }
    return new Explanation({ line, refused, found: process, before }, terminal, kernel, focus);
}

export class Explanation {
    #section = element('section', { className: 'lab-refused' });

    // The reader may change the language of the page.
    #turned = new MutationObserver(() => this.#draw());

    /**
     * @param {object} of
     * @param {string} of.line
     * @param {import('../view/refused-line.js').Refused} of.refused
     * @param {import('../view/refused-process.js').Found} [of.found]
     * @param {import('../kernel/history.js').Picture} [of.before]
     * @param {number} terminal
     * @param {HTMLElement} kernel
     * @param {() => void} focus
     */
    constructor(of, terminal, kernel, focus) {
        this.of = of;
        this.terminal = terminal;
        this.focus = focus;
        this.#section.dataset.terminal = String(terminal);
        this.#section.addEventListener('keydown', (event) => {
            if (event.key === 'Escape') {
                this.close();
            }
        });
        if (!document.adoptedStyleSheets.includes(style)) {
            document.adoptedStyleSheets.push(style);
        }
        // A low window has room for a line of it.
        const summary = this.#draw(document.documentElement.dataset.labPanes !== 'one');
        kernel.before(status, this.#section);
        this.#turned.observe(document.documentElement, { attributeFilter: ['lang'] });
        requestAnimationFrame(() => { status.textContent = words().announced(of.line, summary); });
    }

    /** Takes it away. */
    close() {
        this.#turned.disconnect();
        const hadFocus = this.#section.contains(document.activeElement);
        this.#section.remove();
        status.textContent = '';
        if (hadFocus) {
            this.focus();
        }
    }

    /**
     * @param {boolean} [isOpen]
     * @returns {string} what it comes to
     */
    #draw(isOpen = this.#section.querySelector('details')?.open) {
        const { line, refused, found, before } = this.of;
        const facts = found ? factsOf(refused, found.picture, found.process, before) : [];
        const failed = facts.filter(({ verdict }) => verdict === 'not met').length;
        const summary = found ? words().summary(failed, facts.length) : words().none(refused.program);
        this.#section.ariaLabel = words().title;
        this.#section.replaceChildren(
            element('details', { open: isOpen },
                element('summary', {}, element('strong', { textContent: words().title }), ' ', element('span', { textContent: summary }), ' ', element('code', { textContent: line })),
                ...(found ? [element('p', { textContent: fromWhere(found, refused.program) }), listOf(facts)] : [])),
            button(words().close, () => this.close()));
        return summary;
    }
}

/**
 * From which picture it is.
 *
 * @param {import('../view/refused-process.js').Found} found
 * @param {string} program
 */
function fromWhere({ process: { comm, pid }, number, several, isShell }, program) {
    const who = `${comm} ${pid}`;
    const from = isShell ? words().fromShell(who, program, number) : words().from(who, number);
    return several > 1 ? `${from} ${words().several(several)}` : from;
}

/** @param {import('../view/refusal-state.js').Fact[]} facts */
function listOf(facts) {
    return element('ul', {}, ...facts.map(({ text, why, verdict }) => {
        const item = element('li', {},
            element('b', {}, element('span', { ariaHidden: 'true', textContent: SIGNS[verdict] }), ` ${words().verdicts[verdict]}`), ' ',
            element('span', { textContent: text }), ...(why ? [' ', element('small', { textContent: why })] : []));
        item.dataset.verdict = verdict;
        return item;
    }));
}
