// Where the panel stands: beside the text if there is room for both, and else as a sheet below
// it, in one of three heights. page.css has the measures; the attributes of the page's root
// element tell it which of them hold.

import { keep, kept } from './kept.js';

/** Eighty columns, and a column of text beside them. */
const BESIDE = matchMedia('(min-width: 1160px) and (min-height: 400px)');

/** Two terminals, one above the other. */
const TALL = matchMedia('(min-height: 640px)');

/** The table of contents, too. */
const WIDE = matchMedia('(min-width: 1500px)');

/** The heights of the sheet: its head alone, a half of the window, all of it. */
const HEIGHTS = ['line', 'half', 'whole'];

/** The reader's choice of a height is kept. */
const HEIGHT = 'lab-height';

/** mdBook's table of contents: its switch, its state, and where it keeps that. */
const [SIDEBAR_SWITCH, SIDEBAR, SIDEBAR_KEPT] = ['mdbook-sidebar-toggle', 'sidebar-visible', 'mdbook-sidebar'];

const root = document.documentElement;

export class Layout {
    // Who opens it wants to see more than its head.
    #height = Math.max(HEIGHTS.indexOf(kept(HEIGHT) ?? ''), HEIGHTS.indexOf('half'));

    #listening = new AbortController();

    #hidSidebar = false;

    onchange = () => {};

    /** @param {() => void} onchange what happens when the panel stands otherwise than before */
    constructor(onchange) {
        const { signal } = this.#listening;
        [BESIDE, TALL, WIDE].forEach((query) => query.addEventListener('change', () => this.apply(), { signal }));
        ['resize', 'scroll'].forEach((name) => visualViewport?.addEventListener(name, () => this.#lift(), { signal }));
        // It covers the text: who goes on with that is done with it.
        document.addEventListener('click', ({ target }) => target instanceof Element && target.closest('main') && this.apply(), { signal });
        root.classList.add('lab-open');
        this.apply();
        this.#lift();
        this.onchange = onchange;
    }

    /** Whether both terminals are in sight, and not one of them, chosen by its tab. */
    get showsBoth() {
        return BESIDE.matches && TALL.matches;
    }

    get canGrow() {
        return this.#height < HEIGHTS.length - 1;
    }

    get canShrink() {
        return this.#height > 0;
    }

    /**
     * Makes the sheet higher (1) or lower (-1).
     *
     * @param {1 | -1} step
     */
    resize(step) {
        this.#height = Math.min(Math.max(this.#height + step, 0), HEIGHTS.length - 1);
        keep(HEIGHT, HEIGHTS[this.#height]);
        this.apply();
    }

    /** Makes the terminals visible, if only the head of the sheet is. */
    reveal() {
        if (HEIGHTS[this.#height] === 'line') {
            this.resize(1);
        }
    }

    /** Gives the page back to the text. */
    close() {
        this.#listening.abort();
        this.#showSidebar(true);
        root.classList.remove('lab-open');
        ['lab', 'labTerminals', 'labHeight'].forEach((name) => delete root.dataset[name]);
        ['--lab-lift', '--lab-view'].forEach((name) => root.style.removeProperty(name));
    }

    /** Gives the panel its place. A table of contents that covers the text goes. */
    apply() {
        root.dataset.lab = BESIDE.matches ? 'beside' : 'sheet';
        root.dataset.labTerminals = this.showsBoth ? 'both' : 'one';
        root.dataset.labHeight = HEIGHTS[this.#height];
        this.#showSidebar(!BESIDE.matches || WIDE.matches);
        this.onchange();
    }

    /**
     * Hides the table of contents where it would leave no room for the text, and shows it again.
     * What the reader chose for other pages stays as it was.
     *
     * @param {boolean} show
     */
    #showSidebar(show) {
        const visible = root.classList.contains(SIDEBAR);
        if (show ? this.#hidSidebar && !visible : visible) {
            document.getElementById(SIDEBAR_SWITCH)?.click();
            keep(SIDEBAR_KEPT, 'visible');
        }
        this.#hidSidebar = !show && (visible || this.#hidSidebar);
    }

    /** Keeps the panel above a keyboard on the screen, which covers the window's lower part. */
    #lift() {
        const { height = innerHeight, offsetTop = 0, scale = 1 } = visualViewport ?? {};
        // Whoever has zoomed in looks at a part of the window.
        const covered = scale === 1 ? Math.max(0, innerHeight - height - offsetTop) : 0;
        root.style.setProperty('--lab-lift', `${covered}px`);
        root.style.setProperty('--lab-view', `${innerHeight - covered}px`);
    }
}
