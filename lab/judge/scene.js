// A picture of the kernel as a challenge's goal reads it: what a picture names by address or
// number is here the thing itself. It has no DOM.

/** The programs that take commands. */
const SHELLS = ['bash', 'sh', 'dash', 'ash'];

/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */
/** @typedef {import('../kernel/cgroups.js').Cgroup} Cgroup */

/**
 * A process that has not ended. A zombie has no namespaces but two, and is among `zombies`.
 *
 * @typedef {Omit<import('../kernel/processes.js').Process, 'parent' | 'cgroup' | 'namespaces'> & {
 *     own: number,
 *     ns: Record<Kind, Namespace>,
 *     cgroup: Cgroup,
 *     parent: Process | undefined,
 *     children: Process[],
 *     isShell: boolean,
 * }} Process `own`: its PID in the namespace that it is in
 */

/**
 * What a goal is read from.
 *
 * @typedef {object} Scene
 * @property {Process[]} processes the oldest first
 * @property {Process[]} zombies
 * @property {Process[]} shells those of the processes that are shells
 * @property {Record<Kind, Namespace>} boot the namespaces of boot
 * @property {Cgroup[]} cgroups those that are directories
 * @property {(comm: string) => Process[]} named the processes of this name
 */

/**
 * @param {import('../kernel/history.js').Picture} picture
 * @returns {Scene}
 */
export function sceneOf(picture) {
    const namespaces = new Map(picture.namespaces.map((namespace) => [namespace.address, namespace]));
    const cgroups = new Map(picture.cgroups.map((cgroup) => [cgroup.address, cgroup]));
    const all = picture.processes.map(({ namespaces: addresses, cgroup, ...process }) => /** @type {any} */ ({
        ...process,
        own: process.pids[process.pids.length - 1].pid,
        ns: Object.fromEntries(Object.entries(addresses).map(([kind, address]) => [kind, namespaces.get(address)])),
        cgroup: cgroups.get(cgroup),
        children: [],
        isShell: SHELLS.includes(process.comm),
    }));
    const byPid = new Map(all.map((process) => [process.pid, process]));
    for (const process of all) {
        process.parent = byPid.get(process.parent);
        process.parent?.children.push(process);
    }
    // One that is ending gives up its namespaces before it is a zombie.
    const processes = /** @type {Process[]} */ (all.filter(({ state, ns }) => state !== 'Z' && ns.mnt));
    return {
        processes,
        zombies: all.filter(({ state }) => state === 'Z'),
        shells: processes.filter(({ isShell }) => isShell),
        boot: all[0].ns,
        cgroups: picture.cgroups.filter(({ removed }) => !removed),
        named: (comm) => processes.filter((process) => process.comm === comm),
    };
}

/**
 * Clauses that are to hold of one and the same process: of the one that most of them hold of, and
 * among several such of the one that the first of them hold of.
 *
 * @param {{ says: import('./judge.js').Text, of: (process: Process, scene: Scene) => unknown }[]} clauses
 */
export function ofOneProcess(clauses) {
    /** @param {Scene} scene */
    const heldBy = (scene) => scene.processes
        .map((process) => clauses.map(({ of }) => (of(process, scene) ? 1 : 0)))
        .map((held) => ({ held, rank: [held.filter(Boolean).length, ...held].join() }))
        .reduce((best, it) => (it.rank > best.rank ? it : best)).held;
    return clauses.map(({ says }, index) => ({ says, now: (/** @type {Scene} */ scene) => heldBy(scene)[index] }));
}

/** Whether two pictures show the same namespace: the kernel uses addresses and numbers again, letters never. */
export const isSame = (/** @type {Namespace} */ one, /** @type {Namespace} */ other) =>
    one.kind === other.kind && one.address === other.address && one.letter === other.letter;

/** Whether a cgroup is another, or below that: what limits the other limits it, too. */
export const isWithin = (/** @type {Cgroup} */ { path }, /** @type {Cgroup} */ other) =>
    other.path === '/' || path === other.path || path.startsWith(`${other.path}/`);

/** A process of an earlier scene as it is in this one; nothing, if it has ended. PIDs are used again. */
export const stillIn = (/** @type {Scene} */ { processes }, /** @type {Process} */ { pid, address }) =>
    processes.find((process) => process.pid === pid && process.address === address);

/** The uid of a process as its own user namespace has it; nothing, if it is not mapped there. */
export function uidInside(/** @type {Process} */ { ids: { uid }, ns: { user } }) {
    const extent = user.uids?.find(({ lower, count }) => uid >= lower && uid - lower < count);
    return extent && extent.first + uid - extent.lower;
}

/** Whether a process is the one that a terminal began with, or began with again: see lab/root/usr/sbin/session. */
export const isLogin = (/** @type {Process} */ { parent }) => parent?.comm === 'session';
