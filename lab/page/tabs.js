// Tabs: of some parts of the panel one is in sight, and which one is the reader's choice. Parts
// for which there is room are groups, and always in sight.

import { button, element } from './dom.js';
import { words } from './words.js';

export class Tabs {
    /** How many parts have to be chosen from: the first ones. */
    #choices;

    /** Which of them is in sight. */
    #chosen = 0;

    /** What happens when a part is shown. */
    onshow = (/** @type {number} */ _index) => {};

    /** What happens when a pointer has chosen a part. */
    onpick = (/** @type {number} */ _index) => {};

    /** @param {HTMLElement[]} parts each with its name as label */
    constructor(parts) {
        this.parts = parts;
        this.#choices = parts.length;
        this.tabs = parts.map((part, index) => {
            const tab = button(part.ariaLabel ?? '', () => this.show(index));
            tab.prepend(element('span', { className: 'lab-news', textContent: words.news, hidden: true }));
            tab.addEventListener('click', ({ detail }) => detail > 0 && this.onpick(index));
            part.id = `lab-part-${index + 1}`;
            tab.role = 'tab';
            tab.setAttribute('aria-controls', part.id);
            return tab;
        });
        this.list = element('div', { className: 'lab-tabs', role: 'tablist' }, ...this.tabs);
        this.list.addEventListener('keydown', (event) => this.#arrow(event));
    }

    /**
     * Lets the reader choose from the first parts; there is room for the others.
     *
     * @param {number} choices
     * @param {number} otherwise the part to be shown if the one in sight is no choice any more
     */
    choose(choices, otherwise) {
        this.#choices = choices;
        this.list.hidden = choices === 0;
        this.parts.forEach((part, index) => {
            part.role = index < choices ? 'tabpanel' : 'group';
            this.tabs[index].hidden = index >= choices;
        });
        this.show(this.#chosen < choices ? this.#chosen : otherwise);
    }

    /** @param {number} index */
    show(index) {
        if (index < this.#choices) {
            this.#chosen = index;
        }
        this.onshow(index);
        this.parts.forEach((part, index) => {
            const isChosen = index === this.#chosen;
            part.classList.toggle('lab-hidden', !this.isInSight(index));
            this.tabs[index].ariaSelected = String(isChosen);
            this.tabs[index].tabIndex = isChosen ? 0 : -1;
            if (this.isInSight(index)) {
                this.#mark(index, false);
            }
        });
    }

    /** @param {number} index */
    isInSight(index) {
        return index === this.#chosen || index >= this.#choices;
    }

    /**
     * Tells that there is something new in a part, until it is looked at.
     *
     * @param {number} index
     */
    tell(index) {
        this.#mark(index, !this.isInSight(index));
    }

    /**
     * @param {number} index
     * @param {boolean} isNew
     */
    #mark(index, isNew) {
        /** @type {HTMLElement} */ (this.tabs[index].firstElementChild).hidden = !isNew;
    }

    /** @param {KeyboardEvent} event */
    #arrow(event) {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step) {
            // Elsewhere in the page these keys turn its pages.
            event.stopPropagation();
            event.preventDefault();
            this.show((this.#chosen + step + this.#choices) % this.#choices);
            this.tabs[this.#chosen].focus();
        }
    }
}
