// What the pages that are built of the challenges have in common.

import { readFileSync } from 'node:fs';

/** A text as HTML: `code` in backticks. */
export const html = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/`([^`]+)`/g, '<code>$1</code>');

/** The paragraphs of a text, as HTML. */
export const paragraphs = (text) => text.split(/\n\s*\n/).map((it) => `<p>${html(it.trim().replace(/\s+/g, ' '))}</p>`);

/** The title of a page, as HTML. */
export function titleOf(books, language, page) {
    const text = readFileSync(`${books}/${language}/${page}.html`, 'utf8');
    const title = text.slice(text.indexOf('<main>')).match(/<h1[^>]*><a[^>]*>(.*?)<\/a><\/h1>/)?.[1];
    if (!title) {
        throw new Error(`${page}.html has no title`);
    }
    return title;
}
