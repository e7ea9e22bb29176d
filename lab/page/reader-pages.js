// The pages that are the reader's own, and a host's: known.html and room.html. Only they load this.

import { element } from './dom.js';

/** What they look like. */
function addStyle() {
    const { href } = new URL('reader-pages.css', import.meta.url);
    if (!document.querySelector(`link[href="${href}"]`)) {
        document.head.append(element('link', { rel: 'stylesheet', href }));
    }
}

/**
 * Fills the page that is shown, once.
 *
 * @param {HTMLElement} root
 */
export async function fill(root) {
    if (!root.dataset.isFilled) {
        root.dataset.isFilled = 'true';
        addStyle();
        try {
            if (root.classList.contains('known')) {
                new (await import('./known.js')).Known(root);
            } else {
                new (await import('./room.js')).Room(root);
            }
        } catch (error) {
            delete root.dataset.isFilled; // when the page comes again, it is tried again
            throw error;
        }
    }
}
