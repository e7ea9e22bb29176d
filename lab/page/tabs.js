// Tabs: one part of the panel is in sight, and which one is the reader's choice. Where there is
// room for all, they are groups, one above the other, and nothing has to be chosen.

import { button, element } from './dom.js';

export class Tabs {
    #all = false;

    /** Which part was shown last. */
    shown = 0;

    /** @param {HTMLElement[]} parts each with its name as label */
    constructor(parts) {
        this.parts = parts;
        this.tabs = parts.map((part, index) => {
            const tab = button(part.ariaLabel ?? '', () => this.show(index));
            part.id = `lab-part-${index + 1}`;
            tab.role = 'tab';
            tab.setAttribute('aria-controls', part.id);
            return tab;
        });
        this.list = element('div', { className: 'lab-tabs', role: 'tablist' }, ...this.tabs);
        this.list.addEventListener('keydown', (event) => this.#arrow(event));
        this.show(0);
    }

    /**
     * Shows all parts, or the one that was shown last.
     *
     * @param {boolean} all
     */
    showAll(all) {
        this.#all = all;
        this.parts.forEach((part) => { part.role = all ? 'group' : 'tabpanel'; });
        this.show(this.shown);
    }

    /** @param {number} shown */
    show(shown) {
        this.shown = shown;
        this.parts.forEach((part, index) => {
            part.classList.toggle('lab-hidden', !this.#all && index !== shown);
            this.tabs[index].ariaSelected = String(index === shown);
            this.tabs[index].tabIndex = index === shown ? 0 : -1;
        });
    }

    /** @param {KeyboardEvent} event */
    #arrow(event) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step) {
            // Elsewhere in the page these keys turn its pages.
            event.stopPropagation();
            event.preventDefault();
            this.show((this.shown + step + this.tabs.length) % this.tabs.length);
            this.tabs[this.shown].focus();
        }
    }
}
