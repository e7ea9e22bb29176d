// One block of the book by itself, for other sites to show in a frame: a terminal session or a challenge,
// with its machine. The address names it:
//
//     embed.html?block=step03-uts/2                 the second session of that page that can be run
//     embed.html?block=challenge/two-hostnames
//
// The block is taken from the book's own page, and main.js does with it what it does there.

import { element } from './dom.js';
import { words } from './embed-words.js';

const CHALLENGE = /^challenge\/([a-z0-9-]+)$/;
const SESSION = /^([a-z0-9-]+)\/([1-9]\d?)$/;

/** The sessions that can be run: those that findBlocks of blocks.js finds. */
const SESSIONS = 'main pre > code.language-console:is(:not(.norun), .lab)';

/** What is shown, and whence it is: its page, the page's title and place there, and the content. */
/** @typedef {{ page: string, title: string, place: string, content: Node[] }} Embedded */

/**
 * Fetches a page of the book.
 *
 * @param {string} name
 */
async function fetchPage(name) {
    const response = await fetch(`${name}.html`);
    if (!response.ok) {
        throw new Error(`${name}: ${response.status}`);
    }
    return new DOMParser().parseFromString(await response.text(), 'text/html');
}

/**
 * Finds a challenge on the page that has all of them, each below the title of its chapter.
 *
 * @param {string} name
 * @returns {Promise<Embedded>}
 */
async function challenge(name) {
    const page = await fetchPage('challenges');
    const section = page.getElementById(`challenge-${name}`);
    const titles = [...page.querySelectorAll('.challenges > h2')];
    const title = section && titles.filter((it) => it.compareDocumentPosition(section) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
    if (!section || !title) {
        throw new Error(`no challenge is called ${name}`);
    }
    // It stands below the title of the frame.
    section.querySelector('h3')?.setAttribute('aria-level', '2');
    return { page: title.id, title: title.textContent?.trim() ?? '', place: section.id, content: [section] };
}

/** A session, and the recorded picture that follows it. @param {Element} pre */
function withPicture(pre) {
    const next = pre.nextElementSibling;
    return next?.matches('.kernel-recorded') ? [pre, next] : [pre];
}

/**
 * Finds a session. The others of its page come along, out of sight, since one may need what another has
 * printed or left running.
 *
 * @param {string} name
 * @param {number} number 1 for the first
 * @returns {Promise<Embedded>}
 */
async function session(name, number) {
    const page = await fetchPage(name);
    const sessions = [...page.querySelectorAll(SESSIONS)].map(({ parentElement }) => /** @type {HTMLElement} */ (parentElement));
    const chosen = sessions[number - 1];
    if (!chosen) {
        throw new Error(`${name} has ${sessions.length} sessions`);
    }
    for (const code of page.querySelectorAll('main pre > code')) {
        code.classList.add('hljs');
        code.setAttribute('tabindex', '0'); // a keyboard must be able to scroll what is wider than the frame
    }
    const headings = [...page.querySelectorAll('main :is(h1, h2, h3)[id]')];
    const heading = headings.filter((it) => it.compareDocumentPosition(chosen) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
    const others = (/** @type {HTMLElement[]} */ some, /** @type {string} */ summary) => (some.length === 0 ? []
        : [element('details', { className: 'embed-others' }, element('summary', { textContent: summary }), ...some)]);
    const [before, after] = [sessions.slice(0, number - 1), sessions.slice(number)];
    return {
        page: name, title: page.querySelector('main h1')?.textContent?.trim() ?? '', place: heading?.id ?? '',
        content: [...others(before, words().before(before.length)), ...withPicture(chosen), ...others(after, words().after(after.length))],
    };
}

/**
 * What the address asks for.
 *
 * @param {string} block
 */
function find(block) {
    const [, name] = block.match(CHALLENGE) ?? [];
    if (name) {
        return challenge(name);
    }
    const [, page, number] = block.match(SESSION) ?? [];
    if (!page) {
        throw new Error(`no block is called ${block}`);
    }
    return session(page, Number(number));
}

/** Links lead out of the frame. @param {MouseEvent} event */
function leave({ target }) {
    const link = target instanceof Element ? target.closest('a') : undefined;
    if (link && !link.getAttribute('href')?.startsWith('#')) {
        link.target = '_blank';
    }
}

/** Shows the block, and lets main.js add its buttons. */
async function begin() {
    const main = /** @type {HTMLElement} */ (document.querySelector('main'));
    const block = new URLSearchParams(location.search).get('block') ?? '';
    /** @type {Embedded} */
    let found;
    try {
        found = await find(block);
    } catch (error) {
        console.warn(error);
        main.append(element('p', { role: 'status', textContent: words().missing(block) }));
        return;
    }
    const { page, title, place, content } = found;
    const link = element('a', { href: `${page}.html#${place}`, textContent: title });
    const book = element('a', { href: `${page}.html`, textContent: words().book });
    document.title = `${title} - ${words().book}`;
    main.replaceChildren(element('h1', {}, link), element('p', { className: 'embed-book' }, book), ...content.map((it) => document.importNode(it, true)));
    // What the reader does counts where the block is from.
    window.book.progress.pageAt = () => page;
    // What the books' other scripts offer is not here.
    window.book.copy ??= (text) => navigator.clipboard.writeText(text).then(() => true, () => false);
    window.mdbook_something_else_has_focus = () => true;
    await import('./main.js');
}

document.addEventListener('click', leave, { capture: true });
begin();
