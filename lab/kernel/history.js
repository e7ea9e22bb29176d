// What the kernel held since the machine was started: a picture for each time that something
// changed, and what that was. It has no DOM.

import { changes } from './changes.js';

/** How much is kept: the oldest go first. */
const MOST = { entries: 1000, characters: 8_000_000 };

/** The page's own shell, as it is called in the machine. */
const CONTROL = 'control';

/**
 * A namespace with the letter that is its identity, A for the first of its kind that was seen.
 * The namespaces of boot, which PID 1 is in, have none.
 *
 * @typedef {import('./namespaces.js').Namespace & { letter?: string }} Lettered
 */

/** @typedef {Omit<import('./picture.js').Picture, 'namespaces'> & { namespaces: Lettered[] }} Picture */

/**
 * A moment at which something had changed. `entered` tells in which terminals a line had been
 * entered since the moment before.
 *
 * @typedef {object} Entry
 * @property {number} number 1 for the first
 * @property {number} at in ms since 1970
 * @property {import('./changes.js').Change[]} changes none, for the first
 * @property {number[]} entered
 * @property {string} picture as JSON
 */

/**
 * A picture without the page's own shell and what that has started.
 *
 * @param {import('./picture.js').Picture} picture
 * @returns {import('./picture.js').Picture}
 */
export function withoutPage(picture) {
    const own = new Set();
    // A parent is older than its child, and comes before it.
    for (const { pid, parent, comm } of picture.processes) {
        if (own.has(parent) || (parent === 1 && comm === CONTROL)) {
            own.add(pid);
        }
    }
    return { ...picture, processes: picture.processes.filter(({ pid }) => !own.has(pid)) };
}

/**
 * A text with what cannot be seen, or changes how others are seen, as its code.
 *
 * @param {string} text
 */
export const printable = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);

/**
 * A picture whose names can be shown.
 *
 * @param {Picture} picture
 * @returns {Picture}
 */
function withPrintableNames({ processes, namespaces, cgroups, ...rest }) {
    const optional = (/** @type {string | undefined} */ text) => text && printable(text);
    return {
        ...rest,
        processes: processes.map((process) => ({ ...process, comm: printable(process.comm) })),
        namespaces: namespaces.map(({ nodename, domainname, root, list, locked, ...namespace }) => ({
            ...namespace, nodename: optional(nodename), domainname: optional(domainname), root: optional(root),
            list: list?.map(({ point, type, source }) => ({ point: printable(point), type, source: printable(source) })),
            locked: locked?.map(printable),
        })),
        cgroups: cgroups.map((cgroup) => ({ ...cgroup, path: printable(cgroup.path) })),
    };
}

/** Gives namespaces their letters. */
export class Letters {
    /** How many of each kind have one. @type {Record<string, number>} */
    count = {};

    /**
     * @param {import('./picture.js').Picture} picture
     * @param {Picture} [before] the picture whose namespaces have letters
     * @returns {Picture}
     */
    name(picture, before) {
        const initial = new Set(Object.values(picture.processes[0]?.namespaces ?? {}));
        const identity = (/** @type {import('./namespaces.js').Namespace} */ { kind, address, inode }) => `${kind} ${address} ${inode}`;
        const known = new Map(before?.namespaces.map((namespace) => [identity(namespace), namespace.letter]));
        const lettered = picture.namespaces.map((namespace) => {
            if (initial.has(namespace.address)) {
                return namespace;
            }
            return { ...namespace, letter: known.get(identity(namespace)) ?? this.#next(namespace.kind) };
        });
        return { ...picture, namespaces: lettered };
    }

    /** @param {string} kind */
    #next(kind) {
        const count = this.count[kind] ?? 0;
        this.count[kind] = count + 1;
        return letters(count);
    }
}

/**
 * A, B … Z, AA, AB …
 *
 * @param {number} count how many came before
 * @returns {string}
 */
export function letters(count) {
    const last = String.fromCharCode(65 + count % 26);
    return count < 26 ? last : letters(Math.floor(count / 26) - 1) + last;
}

/**
 * Changes whose names of namespaces have their letters.
 *
 * @param {import('./changes.js').Change[]} changed
 * @param {Picture} picture
 */
export function lettered(changed, { namespaces }) {
    const known = new Map(namespaces.map(({ kind, inode, letter }) => [`${kind} ${inode}`, letter]));
    const withLetter = (/** @type {import('./changes.js').Name} */ name) => ({ ...name, letter: known.get(`${name.kind} ${name.inode}`) });
    return changed.map((change) => {
        if ('name' in change) {
            return { ...change, name: withLetter(change.name) };
        }
        return 'fresh' in change ? { ...change, fresh: change.fresh.map(withLetter) } : change;
    });
}

/**
 * The same changes, with what they count added up.
 *
 * @param {import('./changes.js').Change[]} before
 * @param {import('./changes.js').Change[]} after
 */
const sum = (before, after) => after.map((change, at) => {
    const { times } = /** @type {{ times: number }} */ (before[at]);
    return 'times' in change ? { ...change, times: change.times + times } : change;
});

export class History {
    /** @type {Entry[]} */
    entries = [];

    /** The latest picture, with what was measured last. @type {Picture | undefined} */
    now;

    #letters = new Letters();

    #characters = 0;

    /** @type {Set<number>} */
    #entered = new Set();

    /** Tells that a line was entered in a terminal. @param {number} terminal */
    enter(terminal) {
        this.#entered.add(terminal);
    }

    /**
     * Adds a picture, if it differs from the one before in more than what is measured or counted on.
     *
     * @param {import('./picture.js').Picture} taken without the page's own processes
     * @param {number} at
     * @returns {Entry | undefined}
     */
    add(taken, at) {
        const before = this.now;
        const picture = withPrintableNames(this.#letters.name(taken, before));
        const changed = before ? lettered(changes(before, picture), picture) : [];
        this.now = picture;
        if (before && changed.length === 0) {
            return undefined;
        }
        if (this.#goesOn(changed)) {
            const last = /** @type {Entry} */ (this.entries.pop());
            this.#characters -= last.picture.length;
            this.#push({ ...last, changes: sum(last.changes, changed), picture: JSON.stringify(picture) });
            return undefined;
        }
        const entry = {
            number: (this.entries.at(-1)?.number ?? 0) + 1, at, changes: changed,
            entered: [...this.#entered], picture: JSON.stringify(picture),
        };
        this.#entered.clear();
        this.#push(entry);
        return entry;
    }

    /**
     * Whether nothing has changed but that the same cgroups as before were throttled, as they are
     * many times a second.
     *
     * @param {import('./changes.js').Change[]} changed
     */
    #goesOn(changed) {
        const throttled = (/** @type {import('./changes.js').Change[]} */ changes) =>
            changes.every(({ what }) => what === 'throttled') && String(changes.map((it) => 'path' in it && it.path));
        const last = this.entries.at(-1);
        return Boolean(last?.changes.length && this.#entered.size === 0 && throttled(changed) && throttled(last.changes) === throttled(changed));
    }

    /** @param {Entry} entry */
    #push(entry) {
        this.entries.push(entry);
        this.#characters += entry.picture.length;
        while (this.entries.length > MOST.entries || (this.#characters > MOST.characters && this.entries.length > 1)) {
            this.#characters -= this.entries.shift()?.picture.length ?? 0;
        }
    }

    /** All that is needed to go on later. */
    save() {
        return { entries: this.entries, letters: this.#letters.count };
    }

    /** @param {ReturnType<History['save']>} saved */
    static from({ entries, letters }) {
        const history = new History();
        entries.forEach((entry) => history.#push(entry));
        history.#letters.count = { ...letters };
        history.now = entries.length > 0 ? JSON.parse(entries[entries.length - 1].picture) : undefined;
        return history;
    }
}
