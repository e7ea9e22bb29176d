// The content of a page of the book, put in the place of another's: mdBook's own scripts set up
// only the page that was loaded, so what they do to its content is done here to the new one.

/**
 * Shows another page. The address has to be its own by now: links are relative to it.
 *
 * @param {Document} page
 * @param {Document} [contents] toc.html of the other book, if the language is another
 */
export function showContent(page, contents) {
    document.title = page.title;
    for (const part of ['.menu-title', '#mdbook-content', '.nav-wide-wrapper']) {
        document.querySelector(part)?.replaceChildren(...page.querySelector(part)?.childNodes ?? []);
    }
    highlight();
    if (contents) {
        document.documentElement.lang = page.documentElement.lang;
        changeLanguage(page, contents);
    }
    window.book.setUp();
    markInSidebar();
}

/** Highlights code, and gives it a button that copies, as book.js does. */
function highlight() {
    for (const code of document.querySelectorAll('main code')) {
        if (!code.parentElement?.classList.contains('header')) {
            window.hljs.highlightBlock(code);
            code.classList.add('hljs');
        }
    }
    for (const pre of document.querySelectorAll('main pre:has(> code)')) {
        const [buttons, copy, tooltip] = ['div', 'button', 'i'].map((name) => document.createElement(name));
        buttons.className = 'buttons';
        tooltip.className = 'tooltiptext';
        copy.className = 'clip-button';
        copy.title = copy.ariaLabel = 'Copy to clipboard';
        copy.append(tooltip);
        copy.addEventListener('mouseout', () => {
            tooltip.textContent = '';
            copy.className = 'clip-button';
        });
        buttons.append(copy);
        pre.prepend(buttons);
    }
}

/** The links to chapters in a table of contents. */
const chapters = (/** @type {ParentNode} */ contents) => [...contents.querySelectorAll('.chapter-item > span > a[href]')]
    .filter((link) => !link.classList.contains('header-in-summary'));

/**
 * The books have the same chapters, so the links of the sidebar need only other titles. The
 * index of the search is loaded when it is opened the next time.
 *
 * @param {Document} page
 * @param {Document} contents
 */
function changeLanguage(page, contents) {
    const titles = chapters(contents);
    chapters(sidebar()).forEach((link, index) => link.replaceChildren(...titles[index].childNodes));
    const index = page.documentElement.innerHTML.match(/path_to_searchindex_js = "([^"]+)"/)?.[1];
    window.path_to_searchindex_js = index;
    document.getElementById('mdbook-search-index')?.remove();
    document.getElementById('mdbook-searchresults')?.replaceChildren();
    document.getElementById('mdbook-searchresults-outer')?.classList.add('hidden');
    /** @type {HTMLInputElement} */ (document.getElementById('mdbook-searchbar')).value = '';
}

const sidebar = () => /** @type {HTMLElement} */ (document.querySelector('mdbook-sidebar-scrollbox'));

/** Marks the page in the table of contents, as toc.js does, and lets that add the page's headings. */
function markInSidebar() {
    const box = sidebar();
    const address = location.href.replace(/[?#].*/, '');
    const links = /** @type {HTMLAnchorElement[]} */ (chapters(box));
    box.querySelectorAll('.on-this-page').forEach((headings) => headings.remove());
    links.forEach((link) => link.classList.remove('active'));
    const current = links.find((link) => link.href === address);
    current?.classList.add('active');
    document.dispatchEvent(new Event('DOMContentLoaded')); // toc.js waits for it
    const offset = sessionStorage.getItem('sidebar-scroll-offset');
    sessionStorage.removeItem('sidebar-scroll-offset');
    if (current && offset !== null) {
        // The link that was clicked in the sidebar stays where it is.
        box.scrollTop += current.getBoundingClientRect().top - box.getBoundingClientRect().top - Number(offset);
    } else {
        current?.scrollIntoView({ block: 'center' });
    }
}
