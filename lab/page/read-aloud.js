// The switch for screen readers: it lets the terminals be read. The reader's choice is kept.

import { element } from './dom.js';
import { keep, kept } from './kept.js';
import { words } from './words.js';

const KEY = 'lab-screen-reader';

export class ReadAloud {
    #box = element('input', { type: 'checkbox', checked: kept(KEY) === 'yes' });

    label = element('label', { className: 'lab-reader' }, this.#box, ` ${words.screenReader}`);

    /** @param {() => import('./shell.js').Shell[]} shells */
    constructor(shells) {
        this.shells = shells;
        this.#box.addEventListener('change', () => {
            keep(KEY, this.#box.checked ? 'yes' : 'no');
            this.apply();
        });
    }

    /** Lets the terminals that there are now be as the switch is. */
    apply() {
        this.shells().forEach(({ terminal }) => { terminal.options.screenReaderMode = this.#box.checked; });
    }
}
