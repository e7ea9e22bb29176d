// Marks on a picture: what a reader expects to be different after a session, and what a picture
// offers to be marked. grading.js tells which of them were right. It has no DOM.
//
// A mark is a text, which names things by their place and not by their numbers, so that a mark on a
// recorded picture is one on the reader's own machine, too:
//
//     row PROCESS             the process ends, stops, or becomes another program or user
//     cell KIND PROCESS       it, or its next child, will be in another namespace of this kind
//     holds KIND NUMBER       the namespace will hold something else
//     new NUMBER              there will be a new process
//     new NUMBER KIND         which is in another namespace than its parent
//     nothing                 none of these

import { KINDS, tableOf } from './rows.js';

/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */
/** @typedef {import('../kernel/processes.js').Process} Process */

/**
 * What a reader expects: the marks on what there is, and for each new process the kinds in which it is in another
 * namespace than its parent.
 *
 * @typedef {{ nothing: boolean, marks: string[], fresh: Kind[][] }} Expected
 */

/** @type {Expected} */
export const UNMARKED = { nothing: false, marks: [], fresh: [] };

/** The kinds whose namespaces hold something that a picture tells. @type {Kind[]} */
export const HOLDING = ['user', 'mnt', 'uts', 'net', 'time'];

/** More new processes cannot be marked. */
export const MOST_NEW = 6;

const NO_NEWS = { processes: new Set(), cells: new Set(), namespaces: new Set(), cgroups: new Set() };

/** Whether something is marked. @param {Expected} expected */
export const isMarked = ({ nothing, marks, fresh }) => nothing || marks.length > 0 || fresh.length > 0;

/** How many marks there are. @param {Expected} expected */
export const countMarks = ({ nothing, marks, fresh }) => Number(nothing) + marks.length + fresh.length + fresh.flat().length;

/**
 * Sets a mark, or takes it away.
 *
 * @param {Expected} expected
 * @param {string} mark
 * @returns {Expected}
 */
export function toggle({ nothing, marks, fresh }, mark) {
    const [what, number, kind] = mark.split(' ');
    if (what === 'nothing') {
        return { nothing: !nothing, marks: [], fresh: [] };
    }
    if (what !== 'new') {
        return { nothing: false, marks: without(marks, mark), fresh };
    }
    const at = Math.min(Number(number), fresh.length);
    if (kind === undefined) {
        return { nothing: false, marks, fresh: at < fresh.length ? fresh.filter((_, index) => index !== at) : [...fresh, []] };
    }
    const changed = [...fresh];
    changed[at] = without(fresh[at] ?? [], /** @type {Kind} */ (kind));
    return { nothing: false, marks, fresh: changed };
}

/**
 * A list with something in it that was not, or the other way round.
 *
 * @template T
 * @param {T[]} list
 * @param {T} item
 */
const without = (list, item) => (list.includes(item) ? list.filter((it) => it !== item) : [...list, item]);

/**
 * The places of a picture's processes, by PID: the way from the first process by names, with the
 * terminal where that is another, and a number where the same way leads to several.
 *
 * @param {Pick<Picture, 'processes'>} picture
 */
export function placesOf({ processes }) {
    const known = new Map(processes.map((process) => [process.pid, process]));
    /** @type {Map<number, string>} */
    const places = new Map();
    const used = new Set();
    /** @type {(process: Process, below: number[]) => string} */
    const place = (process, below) => {
        const { pid, parent, comm, terminal } = process;
        const found = places.get(pid);
        if (found !== undefined) {
            return found;
        }
        const above = below.includes(parent) ? undefined : known.get(parent);
        const way = `${above ? place(above, [...below, pid]) : ''}/${comm}${terminal && terminal !== above?.terminal ? `@${terminal}` : ''}`;
        let unique = way;
        for (let number = 2; used.has(unique); number += 1) {
            unique = `${way}#${number}`;
        }
        used.add(unique);
        places.set(pid, unique);
        return unique;
    };
    processes.forEach((process) => place(process, [process.pid]));
    return places;
}

/**
 * The namespaces of a kind in their order: that of boot, which may be missing, and those with letters.
 *
 * @param {Pick<Picture, 'namespaces'>} picture
 * @param {Kind} kind
 * @returns {(Namespace | undefined)[]}
 */
export function namespacesOf({ namespaces }, kind) {
    const own = namespaces.filter((it) => it.kind === kind);
    const lettered = own.filter(({ letter }) => letter).sort(({ letter: one = '' }, { letter: other = '' }) =>
        one.length - other.length || (one < other ? -1 : 1));
    return [own.find(({ letter }) => !letter), ...lettered];
}

/**
 * What can be marked in a picture.
 *
 * @param {Picture} picture
 */
export function offerOf(picture) {
    const places = placesOf(picture);
    const table = tableOf(picture, NO_NEWS, { kinds: true, processes: false });
    const rows = table.rows.map((row) => {
        const place = /** @type {string} */ (places.get(row.process.pid));
        return { ...row, mark: `row ${place}`, cells: row.cells.map((cell) => ({ ...cell, mark: `cell ${cell.kind} ${place}` })) };
    });
    const held = KINDS.map((kind) => (HOLDING.includes(kind) ? namespacesOf(picture, kind) : []).flatMap((namespace, number) =>
        (namespace ? [{ mark: `holds ${kind} ${number}`, namespace }] : [])));
    const marks = new Set([
        ...rows.flatMap(({ mark, cells }) => [mark, ...cells.filter(({ namespace }) => namespace).map((cell) => cell.mark)]),
        ...held.flat().map(({ mark }) => mark),
    ]);
    return { rows, held, marks };
}

/** @typedef {ReturnType<typeof offerOf>} Offer */
