// What a prediction's choices say of a run, and which of them the run made true. It has no DOM:
// the page grades what the reader ran, and pictures.mjs what was recorded.
//
// `data-if` of a prediction has a condition for each choice, separated by "; ":
//
//     prints REGEX     a line that appeared in the session matches
//     new KIND KIND    the namespaces that are new after it are exactly of these kinds; new none
//     alive COMM N     N processes of this name are alive after it
//     else             none of the others is true

import { KINDS } from '../view/rows.js';

/** The kernel keeps so many characters of a program's name. */
const COMM = 15;

/**
 * What is known of a run: the lines that appeared, and what the kernel held before and after.
 *
 * @typedef {object} Seen
 * @property {string[]} printed
 * @property {import('../kernel/history.js').Picture} before
 * @property {import('../kernel/history.js').Picture} after
 */

/** @typedef {(seen: Seen) => boolean} Condition */

/** The kinds of the namespaces that are new after a run. @param {Seen} seen */
function newKinds({ before, after }) {
    // The kernel uses addresses and numbers again, but no letter is given twice.
    const named = (/** @type {Seen['before']} */ { namespaces }) => namespaces.flatMap(({ kind, letter }) => (letter ? [`${kind} ${letter}`] : []));
    const known = new Set(named(before));
    return new Set(named(after).filter((name) => !known.has(name)).map((name) => name.split(' ')[0]));
}

/** The conditions but `else`, each made of what follows its word. @type {Record<string, (rest: string) => Condition>} */
const CONDITIONS = {
    prints(rest) {
        const pattern = new RegExp(rest);
        return ({ printed }) => printed.some((line) => pattern.test(line));
    },
    new(rest) {
        const kinds = rest === 'none' ? [] : rest.split(' ');
        const unknown = kinds.find((kind) => !KINDS.includes(/** @type {any} */ (kind)));
        if (unknown !== undefined) {
            throw new Error(`"${unknown}" is no kind of namespace`);
        }
        return (seen) => {
            const found = newKinds(seen);
            return found.size === new Set(kinds).size && kinds.every((kind) => found.has(kind));
        };
    },
    alive(rest) {
        const [, name, count] = rest.match(/^(\S+) (\d+)$/) ?? [];
        if (name === undefined) {
            throw new Error(`"${rest}" is no name with a number`);
        }
        return ({ after }) => after.processes.filter(({ comm, state }) => comm === name.slice(0, COMM) && state !== 'Z').length === Number(count);
    },
};

/**
 * The conditions that a text has, one for each choice; undefined is `else`.
 *
 * @param {string} text
 */
export function parseConditions(text) {
    const conditions = text.split('; ').map((condition) => {
        const [, word, rest] = condition.trim().match(/^(\S+)(?: (.+))?$/) ?? [];
        if (word === 'else' && rest === undefined) {
            return undefined;
        }
        if (!Object.hasOwn(CONDITIONS, word ?? '') || rest === undefined) {
            throw new Error(`"${condition}" is no condition`);
        }
        return CONDITIONS[word](rest);
    });
    if (conditions.filter((condition) => !condition).length > 1) {
        throw new Error(`"${text}" has more than one else`);
    }
    return conditions;
}

/**
 * The numbers of the choices, 1 for the first, that a run made true.
 *
 * @param {ReturnType<typeof parseConditions>} conditions
 * @param {Seen} seen
 */
export function gradedBy(conditions, seen) {
    const held = conditions.map((condition) => condition?.(seen) ?? false);
    const isElse = !held.includes(true);
    return conditions.flatMap((condition, index) => ((condition ? held[index] : isElse) ? [index + 1] : []));
}

/**
 * A recorded session as a run that was seen.
 *
 * @param {import('../recording/recording.js').Session} session
 * @returns {Seen}
 */
export function seenIn({ before, steps }) {
    return { printed: steps.flatMap(({ printed }) => printed), before, after: steps[steps.length - 1].after };
}
