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

/** Today, as names of files have it. */
export const today = () => new Date().toISOString().slice(0, 10);
