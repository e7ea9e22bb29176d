// Going to another page of the book while the machine is open. The browser would end the
// machine with the page; so only the page's content is replaced. A page that cannot be had like
// that is the browser's, and so is everything but the pages of the two books.

import { showContent } from './content.js';

/** How long to wait for a page, in ms. */
const PATIENCE = 10_000;

/** The site: this is in its folder lab. */
const site = new URL('..', import.meta.url);

/**
 * Whether this is the address of a page that can be shown here: index.html leads elsewhere, and print.html
 * prints itself.
 *
 * @param {URL} url
 */
function isPage(url) {
    const name = url.href.startsWith(site.href) ? url.pathname.slice(site.pathname.length) : '';
    return /^(ko|en)\/[^/]+\.html$/.test(name) && !/\/(index|print|toc)\.html$/.test(name);
}

/**
 * Fetches a page.
 *
 * @param {URL} url
 * @param {AbortSignal} signal
 */
async function fetchPage(url, signal) {
    const response = await fetch(url, { signal });
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (!response.ok || !page.querySelector('main, .chapter')) {
        throw new Error(`${url.pathname}: ${response.status}`);
    }
    return page;
}

export class Pages {
    /** The path of the page that is shown. */
    #shown = location.pathname;

    /** How far down each page was scrolled when it was left. */
    #positions = new Map();

    #turning = new AbortController();

    /**
     * Begins to turn the pages.
     *
     * @param {() => boolean} isOpen whether there is a machine to be kept
     * @param {() => void} onturn what happens when another page is shown
     */
    constructor(isOpen, onturn) {
        this.isOpen = isOpen;
        this.onturn = onturn;
        document.addEventListener('click', (event) => this.#click(event));
        addEventListener('keydown', (event) => this.#key(event), { capture: true });
        // What has been turned is turned back, also when the machine is closed.
        addEventListener('popstate', () => {
            if (location.pathname !== this.#shown) {
                this.#turn(new URL(location.href), true);
            }
        });
        // After a reload it is the browser that scrolls.
        addEventListener('pagehide', () => { history.scrollRestoration = 'auto'; });
    }

    /** @param {MouseEvent} event */
    #click(event) {
        const link = /** @type {Element} */ (event.target).closest?.('a[href]');
        const modified = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
        if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button !== 0 || modified
            || link.target || link.download || !this.isOpen()) {
            return;
        }
        const url = new URL(link.href);
        const isHere = url.pathname === location.pathname && url.search === location.search && url.hash;
        if (isPage(url) && !isHere) {
            event.preventDefault();
            this.#turn(url, false);
        }
    }

    /**
     * The keys that turn pages in mdBook: it sets the address, which cannot be caught, so this
     * clicks the link.
     *
     * @param {KeyboardEvent} event
     */
    #key(event) {
        const modified = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey;
        const inPanel = event.target instanceof Element && event.target.closest('.lab-panel');
        if (!this.isOpen() || modified || inPanel) {
            return;
        }
        const link = /** @type {HTMLElement | null} */ (document.querySelector(linkOf(event) ?? 'nothing'));
        if (link) {
            event.preventDefault();
            event.stopPropagation();
            link.click();
        }
    }

    /**
     * @param {URL} url
     * @param {boolean} back whether the browser's history leads there
     */
    async #turn(url, back) {
        this.#turning.abort();
        const turning = new AbortController();
        this.#turning = turning;
        const late = setTimeout(() => turning.abort(), PATIENCE);
        try {
            const { signal } = turning;
            const page = await fetchPage(url, signal);
            const isOther = page.documentElement.lang !== document.documentElement.lang;
            const contents = isOther ? await fetchPage(new URL('toc.html', url), signal) : undefined;
            this.#positions.set(this.#shown, scrollY);
            history.scrollRestoration = 'manual'; // here, and in what is pushed
            if (!back) {
                history.pushState({}, '', url);
            }
            this.#shown = url.pathname;
            showContent(page, contents);
        } catch {
            if (this.#turning === turning) {
                location.assign(url);
            }
            return;
        } finally {
            clearTimeout(late);
        }
        this.onturn();
        this.#scroll(url, back);
        focusHeading();
    }

    /**
     * @param {URL} url
     * @param {boolean} back
     */
    #scroll({ hash, pathname }, back) {
        const position = back ? this.#positions.get(pathname) : undefined;
        if (position === undefined && hash) {
            location.replace(hash); // scrolls, makes the section :target, and fires popstate
        } else {
            scrollTo({ top: position ?? 0, behavior: 'instant' });
            // By this, searcher.js marks the words that were searched for.
            window.onpopstate?.(new PopStateEvent('popstate'));
        }
    }
}

/**
 * The selector of the link that a key follows.
 *
 * @param {KeyboardEvent} event
 */
function linkOf(event) {
    const inSearch = window.search?.hasFocus();
    if (event.key === 'Enter') {
        return `#mdbook-searchresults ${inSearch ? 'li:first-child' : 'li.focus'} a`;
    }
    const turns = !inSearch && !window.mdbook_something_else_has_focus(event);
    return turns ? { ArrowLeft: '.nav-chapters.previous', ArrowRight: '.nav-chapters.next' }[event.key] : undefined;
}

/** Moves the focus to the new page, whose heading a screen reader then reads; a terminal keeps it. */
function focusHeading() {
    const heading = /** @type {HTMLElement | null} */ (document.querySelector('main h1'));
    if (heading && !document.activeElement?.closest('.lab-panel')) {
        heading.focus({ preventScroll: true });
    }
}
