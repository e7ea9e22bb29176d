// Copying and pasting, also where the browser has no clipboard for the page: on plain http.

import { element } from './dom.js';

/**
 * Copies a text; returns whether that worked.
 *
 * @param {string} text
 */
export async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return copySelected(text);
    }
}

/**
 * Copies by selecting the text in a field that nobody sees, and gives the focus back.
 *
 * @param {string} text
 */
function copySelected(text) {
    const focused = /** @type {HTMLElement | null} */ (document.activeElement);
    const field = element('textarea', { value: text, className: 'lab-clipboard', ariaHidden: 'true' });
    document.body.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    focused?.focus();
    return copied;
}

/** The text in the clipboard; undefined where the page may not read it. */
export async function paste() {
    try {
        return await navigator.clipboard.readText();
    } catch {
        return undefined;
    }
}
