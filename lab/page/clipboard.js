// Pasting, also where the browser does not let the page read the clipboard: on plain http.

import { words } from './words.js';

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
