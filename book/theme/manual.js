// What a manual page is about, shown at its link when that is pointed at or has the focus. The
// links come with it as a title, which only a mouse can read (maintain/ci/finish-pages.mjs).
(() => {
    'use strict';

    /** The link whose summary is shown. */
    let shown;

    const summaryOf = (link) => document.getElementById(link.getAttribute('aria-describedby'));

    /** Puts the summaries of the page where screen readers find them, each once. */
    function describe() {
        document.querySelector('.man-pages')?.remove();
        const summaries = Object.assign(document.createElement('div'), { className: 'man-pages' });
        for (const link of document.querySelectorAll('main a.man-page')) {
            const id = `man-page-${link.textContent.replace(/\W/g, '-')}`;
            if (![...summaries.children].some((it) => it.id === id)) {
                const summary = Object.assign(document.createElement('div'), { id, role: 'tooltip', hidden: true });
                summary.textContent = link.title || link.dataset.summary;
                summaries.append(summary);
            }
            link.dataset.summary ??= link.title;
            link.removeAttribute('title');
            link.setAttribute('aria-describedby', id);
        }
        document.body.append(summaries);
        shown = undefined;
    }

    function hide() {
        if (shown) {
            summaryOf(shown).hidden = true;
            shown = undefined;
        }
    }

    /** Shows a link's summary below it, or above it where there is more room. */
    function show(link) {
        if (link !== shown) {
            hide();
            shown = link;
            place();
        }
    }

    function place() {
        // A link may be on two lines: its summary belongs to the first piece.
        const { left, top, bottom } = shown.getClientRects()[0];
        if (bottom < 0 || top > innerHeight) {
            hide();
            return;
        }
        const summary = summaryOf(shown);
        summary.hidden = false;
        const { width, height } = summary.getBoundingClientRect();
        summary.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8))}px`;
        summary.style.top = `${bottom + height <= innerHeight ? bottom : top - height}px`;
    }

    const linkAt = (target) => target instanceof Element && target.closest('a.man-page[aria-describedby]');

    document.addEventListener('mouseover', ({ target }) => {
        const link = linkAt(target);
        if (link) {
            show(link);
        } else if (shown && !summaryOf(shown).contains(target) && document.activeElement !== shown) {
            // The pointer may move onto the summary, to read it under a magnifying glass.
            hide();
        }
    });
    document.addEventListener('focusin', ({ target }) => {
        const link = linkAt(target);
        if (link) {
            show(link);
        } else {
            hide();
        }
    });
    document.addEventListener('focusout', hide);
    // A link that gets the focus is scrolled into sight after that.
    document.addEventListener('scroll', () => shown && place(), { passive: true });
    document.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && shown) {
            hide();
            event.stopPropagation(); // it is not mdBook's search that this closes
        }
    }, true);

    const { setUp } = window.book;
    window.book.setUp = () => {
        setUp();
        describe();
    };
    describe();
})();
