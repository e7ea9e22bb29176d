// Copying and pasting, also where the browser has no clipboard for the page: on plain http.

import { element } from './dom.js';
import { words } from './words.js';

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

/**
 * Pastes what is in the clipboard at a terminal; says so where the page may not read it.
 *
 * @param {import('./shell.js').Shell} shell
 * @param {(text: string) => void} say
 */
export async function pasteInto(shell, say) {
    try {
        const text = await navigator.clipboard.readText();
        shell.interrupt();
        shell.terminal.paste(text);
    } catch {
        say(words.notPasted);
    }
    shell.terminal.focus();
}
