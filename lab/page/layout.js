// Where the panel stands: beside the text if there is room for both, if it is not hidden there,
// and else as a sheet below it, in one of three heights. page.css has the measures; the attributes of the page's root
// element tell it which of them hold.

import { keep, kept } from './kept.js';
import { Splitter } from './splitter.js';
import { words } from './words.js';

/** Eighty columns, and a column of text beside them. */
const BESIDE = matchMedia('(min-width: 1160px) and (min-height: 400px)');

/** A terminal, and what the kernel holds below it. */
const HIGH = matchMedia('(min-height: 640px)');

/** Both terminals. */
const HIGHER = matchMedia('(min-height: 1150px)');

/** The table of contents, too. */
const WIDE = matchMedia('(min-width: 1500px)');

/** The heights of the sheet: its head alone, a half of the window, all of it. */
const HEIGHTS = ['line', 'half', 'whole'];

/** The reader's choices are kept: of a height, and whether the panel is hidden beside the text. */
const [HEIGHT, HIDDEN] = ['lab-height', 'lab-hidden'];

/** mdBook's table of contents: its switch, its state, and where it keeps that. */
const [SIDEBAR_SWITCH, SIDEBAR, SIDEBAR_KEPT] = ['mdbook-sidebar-toggle', 'sidebar-visible', 'mdbook-sidebar'];

const root = document.documentElement;

export class Layout {
    // Who opens it wants to see more than its head.
    #height = Math.max(HEIGHTS.indexOf(kept(HEIGHT) ?? ''), HEIGHTS.indexOf('half'));

    #hidden = kept(HIDDEN) === 'yes';

    #listening = new AbortController();

    #hidSidebar = false;

    /** Between the text and the panel. */
    splitter = new Splitter(words.textWidth, 'vertical', 'lab-text', root);

    /** What happens when the panel stands otherwise than before. */
    onchange = () => {};

    constructor() {
        const { signal } = this.#listening;
        [BESIDE, HIGH, HIGHER, WIDE].forEach((query) => query.addEventListener('change', () => this.apply(), { signal }));
        ['resize', 'scroll'].forEach((name) => visualViewport?.addEventListener(name, () => this.#lift(), { signal }));
        // It covers the text: who goes on with that is done with it.
        document.addEventListener('click', ({ target }) => target instanceof Element && target.closest('main') && this.apply(), { signal });
        root.classList.add('lab-open');
        this.apply();
        this.#lift();
    }

    /** What is always in sight: nothing, so that one is chosen by its tab, or the kernel, or all. */
    get panes() {
        if (!HIGH.matches || !(BESIDE.matches || root.classList.contains('embed'))) {
            return 'one';
        }
        return HIGHER.matches ? 'all' : 'kernel';
    }

    get isHidden() {
        return BESIDE.matches && this.#hidden;
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

    /**
     * Hides the panel beside the text, or shows it again. The machine runs on.
     *
     * @param {boolean} hidden
     */
    hide(hidden) {
        this.#hidden = hidden;
        keep(HIDDEN, hidden ? 'yes' : 'no');
        this.apply();
    }

    /** Makes the panel visible, if it is hidden or only the head of the sheet is to be seen. */
    reveal() {
        if (this.isHidden) {
            this.hide(false);
        } else if (!BESIDE.matches && HEIGHTS[this.#height] === 'line') {
            this.resize(1);
        }
    }

    /** Gives the page back to the text. */
    close() {
        this.#listening.abort();
        this.splitter.end();
        this.#showSidebar(true);
        root.classList.remove('lab-open');
        ['lab', 'labPanes', 'labHeight'].forEach((name) => delete root.dataset[name]);
        ['--lab-lift', '--lab-view'].forEach((name) => root.style.removeProperty(name));
    }

    /** Gives the panel its place. A table of contents that covers the text goes. */
    apply() {
        const beside = this.isHidden ? 'hidden' : 'beside';
        root.dataset.lab = BESIDE.matches ? beside : 'sheet';
        root.dataset.labPanes = this.panes;
        root.dataset.labHeight = HEIGHTS[this.#height];
        this.#showSidebar(root.dataset.lab !== 'beside' || WIDE.matches);
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
