// PIDs and inode numbers are others in every run. Pairs those of the book with
// those of a run, as the book's own tests do (maintain/book-tests/tests/transcripts/numbers.rs).

// The parts of a line that differ from run to run. (Numbers of mounts are in no session that
// the book's own tests run.)
const varying = new RegExp([
    /(?<date>\b[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d\b)/,
    /(?<run>run-\d+-[0-9a-f]+)/,
    /(?<address>\b\d+(?:\.\d+){3}\b)/,
    /(?<amount>\b\d+(?:\.\d+\b| s\b))/,
    /(?<inode>\b4026\d{6}\b)/,
    /(?<mount>(?<=\bmount )\d+\b|\b\d+(?=번 마운트| (?:\d+ )?\d+:\d+ \/))/,
    /(?<group>\b(?:shared|master):\d+\b)/,
    /(?<pid>\b[1-9]\d{2,}\b)/,
].map((part) => part.source).join('|'), 'g');

// Numbers that are no PIDs, however large: the learner's uid, nobody's, how
// many uids there are, and a port.
const meant = new Set(['1000', '65534', '4294967295', '8080']);

/**
 * The line with a mark in the place of each part that varies, and the parts.
 *
 * @typedef {{ text: string, parts: { kind: string, part: string }[] }} Split
 * @param {string} line
 * @returns {Split}
 */
export function split(line) {
    /** @type {Split['parts']} */
    const parts = [];
    const text = line.replace(varying, (part, ...rest) => {
        const [kind] = Object.entries(rest.at(-1)).find(([, found]) => found !== undefined) ?? [''];
        if (kind === 'address' || meant.has(part)) {
            return part;
        }
        parts.push({ kind, part });
        return `<${kind}>`;
    });
    return { text, parts };
}

/**
 * The pairs of numbers [of the book, of the run], if a line of the book can
 * be this line of the run; otherwise null. Amounts and dates may be any.
 * Where a number of the run is wider or narrower than the book's, it moves
 * what stands behind it, and a terminal shows spaces for a tab: then runs of
 * spaces count as one.
 *
 * @param {string} book
 * @param {string} run
 */
export function pairs(book, run) {
    const [here, there] = [split(book), split(run)];
    const widths = (/** @type {Split} */ { parts }) => parts.map(({ part }) => part.length).join();
    const spaced = (/** @type {Split} */ { text }) => widths(here) === widths(there) && !book.includes('\t')
        ? text.trimEnd()
        : text.trim().replace(/\s+/g, ' ');
    if (spaced(here) !== spaced(there)) {
        return null;
    }
    return here.parts
        .map(({ kind, part }, index) => [kind, part, there.parts[index].part])
        .filter(([kind]) => kind !== 'date' && kind !== 'amount')
        .map(([, ours, theirs]) => [ours, theirs]);
}

/**
 * The numbers in a text.
 *
 * @param {string} text
 */
export function numbers(text) {
    return split(text).parts.map(({ part }) => part);
}

/**
 * The text with the numbers of the run, where they are known.
 *
 * @param {string} text
 * @param {Map<string, string>} known
 */
export function replace(text, known) {
    return text.replace(varying, (part) => known.get(part) ?? part);
}

/**
 * Where in a text numbers stand that are known.
 *
 * @param {string} text
 * @param {Map<string, string>} known
 */
export function places(text, known) {
    return [...text.matchAll(varying)]
        .map(({ 0: part, index }) => ({ part, index }))
        .filter(({ part }) => known.has(part));
}
