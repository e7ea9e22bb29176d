// What stands in the place of the terminals until they are there: how much has been loaded, or
// why nothing has.

import { button, element } from './dom.js';
import { STALLED, UNREACHABLE } from './download.js';
import { SILENT } from './machine.js';
import { megabytes, words } from './words.js';

/**
 * Why there is no machine.
 *
 * @param {Error} error
 */
export function explain({ message }) {
    /** @type {Record<string, string>} */
    const known = { [STALLED]: words.stalled, [SILENT]: words.silent, [UNREACHABLE]: words.unreachable };
    return known[message] ?? message;
}

export class Loading {
    #amount = element('p', {});

    #progress = element('progress', {});

    #retry;

    /** @param {() => void} retry */
    constructor(retry) {
        this.#retry = button(words.retry, retry);
        this.box = element('div', { className: 'lab-loading' }, this.#amount, this.#progress, this.#retry);
    }

    /**
     * @param {number} bytes
     * @param {number} all
     */
    show(bytes, all) {
        this.#amount.textContent = words.loading(words.of(megabytes(bytes), megabytes(all)));
        Object.assign(this.#progress, { max: all, value: bytes, ariaLabel: words.loading(megabytes(all)) });
        this.box.hidden = this.#progress.hidden = false;
        this.#retry.hidden = true;
    }

    /** Nothing is being loaded. */
    start() {
        this.#amount.textContent = words.starting;
        this.box.hidden = false;
        this.#progress.hidden = this.#retry.hidden = true;
    }

    /** @param {string} why */
    fail(why) {
        this.#amount.textContent = why;
        this.box.hidden = this.#retry.hidden = false;
        this.#progress.hidden = true;
    }

    hide() {
        this.box.hidden = true;
    }
}
