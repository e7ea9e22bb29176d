// Giving the reader a file.

import { element } from './dom.js';

/** @param {string} name @param {string} type @param {string} text */
export function save(name, type, text) {
    const href = URL.createObjectURL(new Blob([text], { type }));
    const link = element('a', { href, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    // Browsers read it after the click.
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Today where the reader is, as names of files have it: Swedes write 2026-12-31. */
export const today = () => new Date().toLocaleDateString('sv');
