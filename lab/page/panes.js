// What the panel shows of the machine: two terminals and what its kernel holds. In a high window
// all are in sight, in a low one only the one whose tab is chosen.

import { KernelView } from '../view/kernel-view.js';
import { element } from './dom.js';
import { touch } from './keys.js';
import { explainRefusals } from './refusals.js';
import { Splitter } from './splitter.js';
import { Tabs } from './tabs.js';
import { words } from './words.js';

/** The kernel comes after the terminals. */
const KERNEL = 2;

export class Panes {
    terminals = [1, 2].map((number) => element('div', {
        className: 'lab-pane', ariaLabel: `${words.terminal} ${number}`,
    }));

    #kernel = element('div', { className: 'lab-kernel', ariaLabel: words.kernel, tabIndex: -1 });

    #tabs = new Tabs([...this.terminals, this.#kernel]);

    box = element('div', { className: 'lab-panes' });

    #splitter = new Splitter(words.terminalsHeight, 'horizontal', 'lab-terminals', this.box);

    view = new KernelView(this.#kernel);

    /** The index of the terminal that was used last. */
    terminal = 0;

    /**
     * @param {() => import('./shell.js').Shell[]} shells
     * @param {() => void} leave gives the focus back to the text
     */
    constructor(shells, leave) {
        this.shells = shells;
        this.leave = leave;
        this.tabs = this.#tabs.list;
        this.box.append(...this.terminals, this.#splitter.line, this.#kernel);
        this.terminals.forEach((frame, index) => frame.addEventListener('focusin', () => this.show(index)));
        this.#kernel.addEventListener('keydown', (event) => {
            if (event.key === 'F6') {
                event.preventDefault();
                leave();
            }
        }, { capture: true });
        this.#tabs.onshow = (index) => { this.terminal = index < KERNEL ? index : this.terminal; };
        // Whoever points at a terminal wants to type there; on a screen that would bring a keyboard up.
        this.#tabs.onpick = (index) => touch || index >= KERNEL || this.focus(index);
        this.view.onenter = explainRefusals(shells, this.view, this.#kernel);
        this.view.onchange = () => this.#tabs.tell(KERNEL);
    }

    /**
     * @param {import('./layout.js').Layout['panes']} panes what there is room for
     */
    arrange(panes) {
        this.#tabs.choose({ all: 0, kernel: KERNEL, one: KERNEL + 1 }[panes], this.terminal);
    }

    /** @param {number} index that of a terminal */
    show(index) {
        this.#tabs.show(index);
    }

    /**
     * Shows a terminal and gives it the focus.
     *
     * @param {number} index
     */
    focus(index) {
        this.show(index);
        this.shells()[index]?.terminal.focus();
    }

    /**
     * Gives the focus to what comes after a terminal.
     *
     * @param {number} index
     */
    focusNext(index) {
        if (index + 1 < KERNEL) {
            this.focus(index + 1);
        } else {
            this.#tabs.show(KERNEL);
            this.#kernel.focus();
        }
    }

    end() {
        this.view.onenter(undefined);
        this.view.end();
        this.#splitter.end();
    }
}
