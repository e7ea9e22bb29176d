// Compares what appeared on a terminal with the session that the book shows.

import { check } from './books.mjs';
import * as numbers from '../../../lab/page/numbers.js';

/** The pairs of a page's numbers: numbers that are equal in the book must be equal in the run. */
export class Pairs {
    toRun = new Map();

    toBook = new Map();

    /**
     * Whether a line of the book can be the line of the run. Only the book's own tests
     * compare the widths of gaps: here PIDs are short, and ps is that of busybox.
     */
    matches(book, run) {
        const [here, there] = [book, run].map((line) => line.trim().replace(/\s+/g, ' '));
        // A single number, such as a PID, may have fewer digits on a machine that has just started.
        const alone = [here, there].every((line) => /^[1-9]\d*$/.test(line)) && numbers.numbers(here).length > 0;
        const pairs = alone ? [[here, there]] : numbers.pairs(here, there);
        const fits = ([ours, theirs]) => (this.toRun.get(ours) ?? theirs) === theirs
            && (this.toBook.get(theirs) ?? ours) === ours;
        const adds = ([ours, theirs]) => this.toRun.set(ours, theirs) && this.toBook.set(theirs, ours);
        return pairs !== null && pairs.every((pair) => fits(pair) && adds(pair));
    }

    /** Forgets inode numbers that are no longer in use: the kernel may reuse them. */
    forgetInodes(inUse) {
        for (const [ours, theirs] of this.toRun) {
            if (theirs.startsWith('4026') && !inUse.has(theirs)) {
                this.toRun.delete(ours);
                this.toBook.delete(theirs);
            }
        }
    }
}

/**
 * The lines to compare. Keys are left out: the kernel's echo of ^C appears before the
 * shell's prompt, after its newline, or not at all. So are the commands by which the page
 * becomes root, which the book does not show, and the learner again.
 */
export function compared(lines) {
    return lines.map((line) => line.replace(/^\^C(?=[$#] )/, ''))
        .filter((line) => line && !['^C', '^Z', '⏎'].includes(line))
        .filter((line, index, all) => line !== '$ sudo env PATH="$PATH" bash'
            && !(line === '# exit' && all[index + 1] === 'exit')
            && !(line === 'exit' && all[index - 1] === '# exit'));
}

/** The comparison itself: lines that match, and lines that must not. */
export function checkComparison() {
    for (const [same, ...lines] of [
        [true, ['PID is 11120', 'PID is 734'], ['11120 uts:[4026531838]', '734 uts:[4026531838]']],
        [false, ['PID is 11120', 'PID is 734'], ['child 11120', 'child 735']],
        [false, ['PID is 11120', 'PID is 734'], ['child 11121', 'child 734']],
        [false, ['uts:[4026531838]', 'uts:[4026531838]'], ['uts:[4026532182]', 'uts:[4026531838]']],
        [true, ['uts:[4026531838]', 'uts:[4026531838]'], ['uts:[4026532182]', 'uts:[4026532999]']],
        [true, ['11100                new', '734                  new']],
        [true, ['/tmp is on mount 36', '/tmp is on mount 41'], ['36 28 0:22 / /tmp rw', '41 30 0:22 / /tmp rw']],
        [false, ['/tmp is on mount 36', '/tmp is on mount 41'], ['36 28 0:22 / /tmp rw', '42 30 0:22 / /tmp rw']],
        [false, ['original shared:1', 'original shared:2'], ['peer shared:1', 'peer shared:3']],
        [false, ['PID 1', 'PID 2']],
        [false, ['uid 1000', 'uid 734']],
        [true, ['Jan  4 13:45 0.013 s', 'Nov 24 03:46 12.5 s']],
        [false, ['0.013 s', '13 s']],
        [true, ['2436', '9']],
        [false, ['2436', '10'], ['2437', '10']],
        [false, ['65534', '10']],
    ]) {
        const pairs = new Pairs();
        const found = lines.every(([book, run]) => pairs.matches(book, run));
        check(found === same, `${JSON.stringify(lines)} ${found ? 'match' : 'do not match'}`);
    }
}
