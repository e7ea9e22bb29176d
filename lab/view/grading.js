// What the difference of two pictures makes of the marks that a reader has set: which were right,
// which are missing, and which are wrong. It has no DOM.

import { changes } from '../kernel/changes.js';
import { namespacesOf, offerOf, placesOf } from './marks.js';
import { KINDS } from './rows.js';

/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */
/** @typedef {import('../kernel/processes.js').Process} Process */
/** @typedef {import('../kernel/changes.js').Change} Change */

/** What a change of a process says of the process itself. */
const OF_PROCESS = ['ended', 'zombie', 'stopped', 'continued', 'program', 'parent', 'ids', 'capabilities', 'no_new_privs', 'seccomp', 'moved'];

/**
 * A process that is new, with the kinds in which it is in another namespace than its parent, and those
 * of them whose namespaces are new.
 *
 * @typedef {{ process: Process, parent: Process | undefined, kinds: Kind[], made: Kind[], forChildren: Kind[], letters: Partial<Record<Kind, string>> }} Born
 */

/**
 * The marks that the difference of two pictures makes, each with its changes, and the new processes.
 *
 * @param {Picture} before
 * @param {Picture} after
 */
export function marksOf(before, after) {
    const places = placesOf(before);
    const numbers = new Map(KINDS.flatMap((kind) => namespacesOf(before, kind).flatMap((it, number) => (it ? [/** @type {const} */ ([`${kind} ${it.inode}`, number])] : []))));
    const nameOf = (/** @type {{ name: import('../kernel/changes.js').Name }} */ { name }) => /** @type {const} */ (`${name.kind} ${name.inode}`);
    /** @type {Map<string, Change[]>} */
    const marks = new Map();
    /** @type {Born[]} */
    const born = [];
    const add = (/** @type {string} */ mark, /** @type {Change} */ change) => marks.set(mark, [...marks.get(mark) ?? [], change]);
    for (const change of changes(before, after)) {
        if (change.what === 'born') {
            born.push(bornOf(change.pid, before, after));
        } else if (change.what === 'namespace' || change.what === 'for children') {
            add(`cell ${change.name.kind} ${places.get(change.pid)}`, change);
        } else if ('pid' in change && OF_PROCESS.includes(change.what)) {
            add(`row ${places.get(change.pid)}`, change);
        } else if ('name' in change && numbers.has(nameOf(change))) {
            add(`holds ${change.name.kind} ${numbers.get(nameOf(change))}`, change);
        }
    }
    return { marks, born };
}

/**
 * @param {number} pid
 * @param {Picture} before
 * @param {Picture} after
 * @returns {Born}
 */
function bornOf(pid, before, after) {
    const find = (/** @type {number} */ pid) => after.processes.find((process) => process.pid === pid);
    const process = /** @type {Process} */ (find(pid));
    const parent = find(process.parent);
    // A zombie has no namespaces but two.
    const kinds = KINDS.filter((kind) => process.namespaces[kind] && parent?.namespaces[kind] && process.namespaces[kind] !== parent.namespaces[kind]);
    const known = new Set(before.namespaces.map(({ kind, address, inode }) => `${kind} ${address} ${inode}`));
    const namespace = (/** @type {Kind} */ kind) => after.namespaces.find(({ address }) => address === process.namespaces[kind]);
    const made = kinds.filter((kind) => {
        const own = namespace(kind);
        return own && !known.has(`${kind} ${own.address} ${own.inode}`);
    });
    const forChildren = /** @type {const} */ (['pid', 'time']).filter((kind) => process.forChildren && process.forChildren[kind] !== process.namespaces[kind]);
    return { process, parent, kinds, made, forChildren, letters: Object.fromEntries(kinds.map((kind) => [kind, namespace(kind)?.letter])) };
}

/** @typedef {'hit' | 'miss' | 'wrong'} Verdict */

/**
 * What became of a new process that was expected, or that came: the verdict on it, and on each kind.
 *
 * @typedef {{ verdict: Verdict, born?: Born, kinds: Map<Kind, Verdict> }} Newcomer
 */

/**
 * @typedef {object} Grade
 * @property {boolean} isRight
 * @property {boolean} isNothing whether nothing has changed that could have been marked
 * @property {Map<string, { verdict: Verdict, changes: Change[] }>} marks
 * @property {Newcomer[]} fresh
 * @property {string[]} uncounted the marks on what was not there any more when the session began
 */

/**
 * Grades what was expected.
 *
 * @param {import('./marks.js').Expected} expected
 * @param {Picture} marked the picture that it was marked on
 * @param {{ before: Picture, after: Picture }} seen
 * @returns {Grade}
 */
export function grade(expected, marked, { before, after }) {
    const made = marksOf(before, after);
    const [offered, present] = [offerOf(marked).marks, offerOf(before).marks];
    /** @type {Grade['marks']} */
    const marks = new Map();
    for (const [mark, changes] of made.marks) {
        // What had no place in the picture could not be marked.
        if (offered.has(mark)) {
            marks.set(mark, { verdict: expected.marks.includes(mark) ? 'hit' : 'miss', changes });
        }
    }
    const idle = expected.marks.filter((mark) => !marks.has(mark));
    idle.filter((mark) => present.has(mark)).forEach((mark) => marks.set(mark, { verdict: 'wrong', changes: [] }));
    const fresh = match(expected.fresh, made.born);
    const verdicts = [...[...marks.values()].map(({ verdict }) => verdict), ...fresh.flatMap(({ verdict, kinds }) => [verdict, ...kinds.values()])];
    const isNothing = made.born.length === 0 && verdicts.every((verdict) => verdict === 'wrong');
    return {
        isNothing, marks, fresh,
        isRight: verdicts.every((verdict) => verdict === 'hit') && (!isNothing || expected.nothing),
        uncounted: idle.filter((mark) => !present.has(mark)),
    };
}

/**
 * Which new process is which that was expected: those first that agree best.
 *
 * @param {Kind[][]} expected
 * @param {Born[]} born
 * @returns {Newcomer[]}
 */
function match(expected, born) {
    const differ = (/** @type {Kind[]} */ one, /** @type {Kind[]} */ other) => KINDS.filter((kind) => one.includes(kind) !== other.includes(kind)).length;
    const pairs = expected.flatMap((kinds, at) => born.map((it) => ({ at, it, kinds, distance: differ(kinds, it.kinds) })))
        .sort((one, other) => one.distance - other.distance);
    const [taken, met] = [new Set(), new Map()];
    for (const { at, it, kinds } of pairs) {
        if (!taken.has(at) && !met.has(it)) {
            taken.add(at);
            met.set(it, kinds);
        }
    }
    const verdicts = (/** @type {Kind[]} */ own, /** @type {Kind[]} */ real) => new Map(KINDS.flatMap((kind) => {
        const verdict = own.includes(kind) ? (real.includes(kind) ? 'hit' : 'wrong') : 'miss';
        return own.includes(kind) || real.includes(kind) ? [/** @type {[Kind, Verdict]} */ ([kind, verdict])] : [];
    }));
    return [
        ...born.map((it) => /** @type {Newcomer} */ ({ verdict: met.has(it) ? 'hit' : 'miss', born: it, kinds: verdicts(met.get(it) ?? [], it.kinds) })),
        ...expected.filter((_, at) => !taken.has(at)).map((kinds) => /** @type {Newcomer} */ ({ verdict: 'wrong', kinds: verdicts(kinds, []) })),
    ];
}
