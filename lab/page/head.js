// The head of the panel: what the page says of the machine, and the buttons for all of it.

import { button, element } from './dom.js';
import { words } from './words.js';

export class Head {
    #status = element('p', { role: 'status', className: 'lab-status' });

    /** Says that the machine does not survive a reload. */
    #notKept = element('p', { className: 'lab-not-kept', textContent: words.notKept, hidden: true });

    #more = button('⋯', () => { this.#more.ariaExpanded = String(this.#more.ariaExpanded !== 'true'); });

    #higher = button('▴', () => this.layout.resize(1));

    #lower = button('▾', () => this.layout.resize(-1));

    #hide = button(words.hide, () => this.layout.hide(!this.layout.isHidden));

    /**
     * @param {import('./layout.js').Layout} layout
     * @param {{ copy: () => void, paste: () => void, again: () => void, close: () => void }} actions
     * @param {HTMLElement} reader the switch for screen readers
     * @param {HTMLElement} tabs
     */
    constructor(layout, { copy, paste, again, close }, reader, tabs) {
        this.layout = layout;
        this.again = button(words.again, again);
        Object.assign(this.#more, { className: 'lab-more', ariaLabel: words.more, ariaExpanded: 'false' });
        this.#higher.ariaLabel = words.larger;
        this.#lower.ariaLabel = words.smaller;
        this.#hide.className = 'lab-hide';
        this.box = element('div', { className: 'lab-head' },
            reader,
            element('strong', { textContent: words.panel }),
            tabs,
            this.#status, this.#notKept,
            this.#more,
            element('div', { className: 'lab-actions' }, button(words.copy, copy), button(words.paste, paste), this.again),
            element('div', { className: 'lab-heights' }, this.#lower, this.#higher),
            this.#hide,
            element('div', { className: 'lab-close' }, button(words.close, close)));
    }

    /** What can be done, where the panel stands now. */
    arrange() {
        this.#higher.disabled = !this.layout.canGrow;
        this.#lower.disabled = !this.layout.canShrink;
        this.#hide.textContent = this.layout.isHidden ? words.show : words.hide;
    }

    get said() {
        return this.#status.textContent;
    }

    /**
     * Shows a message, which screen readers announce.
     *
     * @param {string} text
     * @param {string | null} before the message that it replaces, and no other
     */
    say(text, before = this.said) {
        if (this.said === before) {
            this.#status.textContent = text;
        }
    }

    /** @param {boolean} kept whether the machine survives a reload */
    sayKept(kept) {
        this.#notKept.hidden = kept;
    }
}
