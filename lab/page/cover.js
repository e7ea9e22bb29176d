// Covers what a session prints, until the reader has predicted it. Its commands stay in sight.

import { KEYS } from './blocks.js';
import { element } from './dom.js';
import { words } from './words.js';

/**
 * Where the output of a session is in its text: from and to, one for each output without a
 * command in it, and how many lines that has.
 *
 * @param {string} text
 */
export function outputs(text) {
    /** @type {{ from: number, to: number, lines: number }[]} */
    const found = [];
    let from = 0;
    for (const line of text.split('\n')) {
        const to = Math.min(from + line.length + 1, text.length);
        const isTyped = /^[$#] /.test(line) || KEYS[line] !== undefined;
        const last = found.at(-1);
        if (!isTyped && last?.to === from) {
            Object.assign(last, { to, lines: last.lines + (line ? 1 : 0) });
        } else if (!isTyped && line) {
            found.push({ from, to, lines: 1 });
        }
        from = to;
    }
    return found;
}

/**
 * Makes the output of a session something that can be covered: `is-covered` of its element does.
 *
 * @param {HTMLElement} code
 */
export function makeCoverable(code) {
    const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    /** @type {{ text: Text, start: number }[]} */
    const texts = [];
    for (let start = 0; walker.nextNode();) {
        const text = /** @type {Text} */ (walker.currentNode);
        texts.push({ text, start });
        start += text.length;
    }
    const all = outputs(code.textContent ?? '');
    // From the end, so that the places before stay where they are.
    for (const { text, start } of texts.reverse()) {
        for (const { from, to, lines } of [...all].reverse()) {
            const [first, last] = [Math.max(from - start, 0), Math.min(to - start, text.length)];
            if (first < last) {
                text.splitText(last);
                const output = text.splitText(first);
                const covered = element('span', { className: 'lab-output' });
                output.replaceWith(covered);
                covered.append(output);
                if (start + first === from) {
                    // Not a text: the session's text is what is typed, copied and compared.
                    const says = element('span', { className: 'lab-cover' });
                    says.dataset.says = words.covered(lines);
                    covered.before(says);
                }
            }
        }
    }
}
