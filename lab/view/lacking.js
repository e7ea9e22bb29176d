// Which items of two lists are in one of them alone: what remains when the longest list that both
// contain has been found. It has no DOM.

/** A part of a text, and whether the other text lacks it. @typedef {{ text: string, isOther: boolean }} Part */

/**
 * @template Item
 * @param {Item[]} one
 * @param {Item[]} other
 * @param {(one: Item, other: Item) => boolean} same
 * @returns {[boolean[], boolean[]]} for each item whether the other list lacks it
 */
export function lacking(one, other, same = Object.is) {
    // How long that list is, from each place on.
    const lengths = [...one, undefined].map(() => Array(other.length + 1).fill(0));
    for (let at = one.length - 1; at >= 0; at -= 1) {
        for (let to = other.length - 1; to >= 0; to -= 1) {
            lengths[at][to] = same(one[at], other[to]) ? lengths[at + 1][to + 1] + 1 : Math.max(lengths[at + 1][to], lengths[at][to + 1]);
        }
    }
    /** @type {[boolean[], boolean[]]} */
    const found = [one.map(() => true), other.map(() => true)];
    for (let at = 0, to = 0; at < one.length && to < other.length;) {
        if (same(one[at], other[to])) {
            found[0][at] = found[1][to] = false;
            [at, to] = [at + 1, to + 1];
        } else if (lengths[at + 1][to] >= lengths[at][to + 1]) {
            at += 1;
        } else {
            to += 1;
        }
    }
    return found;
}

/**
 * Two commands in parts: the words that the other command lacks, and those that it has, each with the gap behind it.
 *
 * @param {(string | undefined)[]} commands
 * @returns {Part[][]}
 */
export function wordsOf(commands) {
    const words = commands.map((command) => command?.split(/(?<=\s)(?=\S)/) ?? []);
    const [one, other] = words.map((all) => all.map((word) => word.trimEnd()));
    const marks = lacking(one, other);
    return words.map((all, of) => all.reduce((/** @type {Part[]} */ parts, text, at) => {
        const last = parts.at(-1);
        if (last?.isOther === marks[of][at]) {
            last.text += text;
            return parts;
        }
        return [...parts, { text, isOther: marks[of][at] }];
    }, []));
}
