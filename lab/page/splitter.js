// A line between two parts of the page, which the reader moves with a pointer or with arrow keys.
// Where it is put is kept, in percent of what it splits, and is a property that page.css reads:
// that says how small each part can be.

import { element } from './dom.js';
import { keep, kept } from './kept.js';

/** How far an arrow key moves it, in percent. */
const STEP = 2;

/** The keys of each direction, and where they lead from a position. */
const KEYS = {
    vertical: { ArrowLeft: -STEP, ArrowRight: STEP, Home: -100, End: 100 },
    horizontal: { ArrowUp: -STEP, ArrowDown: STEP, Home: -100, End: 100 },
};

export class Splitter {
    /**
     * @param {string} label what its position is
     * @param {'vertical' | 'horizontal'} orientation that of the line
     * @param {string} name of the property, without its dashes, and of what is kept
     * @param {HTMLElement} whole what it splits
     */
    constructor(label, orientation, name, whole) {
        this.orientation = orientation;
        this.name = name;
        this.whole = whole;
        this.line = element('div', {
            className: 'lab-splitter', role: 'separator', tabIndex: 0, ariaLabel: label, ariaOrientation: orientation,
            ariaValueNow: '50',
        });
        this.line.addEventListener('keydown', (event) => this.#key(event));
        this.line.addEventListener('pointerdown', (event) => this.#grab(event));
        this.line.addEventListener('pointermove', (event) => this.#drag(event));
        this.line.addEventListener('lostpointercapture', () => this.#keep());
        const position = Number.parseFloat(kept(name) ?? '');
        if (position >= 0) {
            this.#put(position);
        }
        this.resized = new ResizeObserver(() => this.#tell());
        this.resized.observe(whole);
    }

    /** Gives the page back what it read. */
    end() {
        this.resized.disconnect();
        document.documentElement.style.removeProperty(`--${this.name}`);
    }

    /** Where what it splits begins, how long that is, and where its middle is, in px. */
    get #places() {
        const [whole, line] = [this.whole, this.line].map((part) => part.getBoundingClientRect());
        return this.orientation === 'vertical'
            ? { begin: whole.left, size: whole.width, middle: line.left + line.width / 2 }
            : { begin: whole.top, size: whole.height, middle: line.top + line.height / 2 };
    }

    /** Where it is, in percent. */
    get #position() {
        const { begin, size, middle } = this.#places;
        return (middle - begin) / size * 100;
    }

    /** @param {number} position in percent; the parts may be too small for it */
    #put(position) {
        document.documentElement.style.setProperty(`--${this.name}`, `${Math.min(Math.max(position, 0), 100).toFixed(2)}%`);
        this.#tell();
    }

    /** Tells screen readers where it is, if it is there. */
    #tell() {
        if (this.line.getClientRects().length > 0) {
            this.line.ariaValueNow = this.#position.toFixed(0);
        }
    }

    #keep() {
        keep(this.name, this.#position.toFixed(2));
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const step = /** @type {Record<string, number>} */ (KEYS[this.orientation])[event.key];
        if (step) {
            // Elsewhere in the page these keys scroll it, or turn its pages.
            event.stopPropagation();
            event.preventDefault();
            this.#put(this.#position + step);
            this.#keep();
        }
    }

    /** @param {PointerEvent} event */
    #grab(event) {
        if (event.button === 0) {
            event.preventDefault(); // or text would be selected
            this.line.focus();
            this.line.setPointerCapture(event.pointerId);
        }
    }

    /** @param {PointerEvent} event */
    #drag({ pointerId, clientX, clientY }) {
        if (this.line.hasPointerCapture(pointerId)) {
            const { begin, size } = this.#places;
            this.#put(((this.orientation === 'vertical' ? clientX : clientY) - begin) / size * 100);
        }
    }
}
