// The terminal sessions that a page shows: maintain/book-tests/tests/transcripts/main.rs tells
// their grammar.

import { numbers, pairs, replace } from './numbers.js';

/**
 * A command or a key, and the lines that it makes appear.
 *
 * @typedef {{ prompt?: string, command?: string, key?: string, shown: string[] }} Step
 */

/**
 * A terminal session: its element, the terminal that it belongs to, its first command or key as
 * its name, and its steps.
 *
 * @typedef {{ pre: HTMLElement, pane: number, name: string, steps: Step[] }} Block
 */

/** @type {Record<string, string>} */
export const KEYS = { '^C': '\x03', '^L': '\x0c', '^Z': '\x1a', '⏎': '\r' };

/**
 * The commands and keys of a session, each with the lines that it makes appear.
 *
 * @param {string} text
 */
export function parse(text) {
    /** @type {Step[]} */
    const steps = [];
    for (const line of text.split('\n').filter((line) => line)) {
        const [, prompt, command] = line.match(/^([$#]) (.*)/) ?? [];
        if (command !== undefined || KEYS[line]) {
            steps.push({ prompt, command, key: KEYS[line], shown: [] });
        } else {
            steps.at(-1)?.shown.push(line);
        }
    }
    return steps;
}

/** The sessions of the page that can be run, in their order. */
export function findBlocks() {
    const all = document.querySelectorAll('main pre > code.language-console');
    return [...all]
        .filter(({ classList }) => !classList.contains('norun') || classList.contains('lab'))
        .map((code) => /** @type {Block} */ ({
            pre: code.parentElement,
            pane: code.classList.contains('terminal2') ? 1 : 0,
            name: code.textContent?.match(/^(?:[$#] )?(.+)/m)?.[1] ?? '',
            steps: parse(code.textContent ?? ''),
        }));
}

/** The page's sessions, and what became of them in this run of the machine. */
export class Sessions {
    /**
     * @param {Block[]} blocks
     * @param {import('./runs.js').Run} run
     */
    constructor(blocks, run) {
        this.blocks = blocks;
        this.run = run;
    }

    /** Which of the book's numbers have appeared as which. */
    get known() {
        return this.run.known;
    }

    /**
     * Whether the block's last program is left running, for a key in the terminal's next block.
     *
     * @param {Block} block
     */
    runsOn(block) {
        const later = this.blocks.slice(this.blocks.indexOf(block) + 1);
        return later.find(({ pane }) => pane === block.pane)?.steps[0].key !== undefined;
    }

    /**
     * The first number of a command that has not appeared yet, and the block further up that
     * shows it.
     *
     * @param {string} command
     * @param {Block} block
     */
    missing(command, block) {
        const above = this.blocks.slice(0, this.blocks.indexOf(block));
        for (const number of numbers(command).filter((number) => !this.known.has(number))) {
            const shows = (/** @type {Step} */ { shown }) => shown.flatMap(numbers).includes(number);
            const source = above.find(({ steps }) => steps.some(shows));
            if (source) {
                return { number, source };
            }
        }
        return undefined;
    }

    /**
     * A command of the book as it is typed: with the numbers of this run.
     *
     * @param {string} command
     */
    typed(command) {
        return replace(command, this.known);
    }

    /**
     * Remembers which numbers have appeared in the place of the book's.
     *
     * @param {string[]} shown
     * @param {string[]} appeared
     */
    learn(shown, appeared) {
        let next = 0;
        for (const line of shown) {
            const at = appeared.findIndex((real, index) => index >= next && pairs(line, real));
            if (at >= 0) {
                pairs(line, appeared[at])?.forEach(([book, run]) => this.known.set(book, run));
                next = at + 1;
            }
        }
    }
}
