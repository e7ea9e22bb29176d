// The pages of the book, and the terminal sessions in their sources that the machine can run.

import { readFileSync } from 'node:fs';
import { parse } from '../page/blocks.js';

const SOURCE = new URL('../../book/ko/src/', import.meta.url);

/** What can follow `console` in the info string of a session, but `point=KIND-LETTER`. */
const WORDS = ['', 'terminal2', 'norun', 'lab', 'picture', 'mark'];

/** The names of all pages, in their order. */
export function pageNames() {
    const summary = readFileSync(new URL('SUMMARY.md', SOURCE), 'utf8');
    return [...summary.matchAll(/\]\((.+)\.md\)/g)].map(([, name]) => name);
}

/** The words after `console`, of which each is known. */
function wordsOf(info, name) {
    const words = info.split(',');
    const unknown = words.find((word) => !WORDS.includes(word) && !word.startsWith('point='));
    if (unknown !== undefined) {
        throw new Error(`${name}: no session can be "${unknown}"`);
    }
    return words;
}

/** The sessions of a page: those that findBlocks of page/blocks.js finds when it is built. */
export function blocksOf(name) {
    const page = readFileSync(new URL(`${name}.md`, SOURCE), 'utf8');
    return [...page.matchAll(/^```console(\S*)\n([^]*?)^```$/gm)]
        .map(([, words, text]) => ({ words: wordsOf(words, name), text }))
        .filter(({ words }) => !words.includes('norun') || words.includes('lab'))
        .map(({ words, text }) => ({ pane: words.includes('terminal2') ? 1 : 0, steps: parse(text) }));
}
