// The pages of the book, and the terminal sessions in their sources that the machine can run.

import { readFileSync } from 'node:fs';
import { parse } from '../page/blocks.js';

const SOURCE = new URL('../../book/ko/src/', import.meta.url);

/** The names of all pages, in their order. */
export function pageNames() {
    const summary = readFileSync(new URL('SUMMARY.md', SOURCE), 'utf8');
    return [...summary.matchAll(/\]\((.+)\.md\)/g)].map(([, name]) => name);
}

/** The sessions of a page: those that findBlocks of page/blocks.js finds when it is built. */
export function blocksOf(name) {
    const page = readFileSync(new URL(`${name}.md`, SOURCE), 'utf8');
    return [...page.matchAll(/^```console(\S*)\n([^]*?)^```$/gm)]
        .map(([, words, text]) => ({ words: words.split(','), text }))
        .filter(({ words }) => !words.includes('norun') || words.includes('lab'))
        .map(({ words, text }) => ({ pane: words.includes('terminal2') ? 1 : 0, steps: parse(text) }));
}
