// What the table shows of a picture: which processes have rows, which kinds have columns, and
// what stands in each cell. It has no DOM.

/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */
/** @typedef {import('../kernel/processes.js').Process} Process */

/** In the order of the book's first chapter. @type {Kind[]} */
export const KINDS = ['user', 'pid', 'mnt', 'uts', 'ipc', 'net', 'time', 'cgroup'];

/** What the machine's own login is called; its child is the shell of a terminal. */
const SESSION = 'session';

/**
 * What a process has of a kind. `forChildren` is the namespace that its next child will be in,
 * where that is a different one.
 *
 * @typedef {{ kind: Kind, namespace?: Namespace, forChildren?: Namespace, isNew: boolean }} Cell
 */

/**
 * @typedef {object} Row
 * @property {Process} process
 * @property {number} depth how many of its ancestors are shown
 * @property {number} [terminal] the number of the terminal whose shell it is
 * @property {boolean} isNew
 * @property {Cell[]} cells one for each column
 * @property {Cell[]} others the cells that have no column
 * @property {string} [cgroup] the path of its cgroup, if that is not the root
 */

/**
 * @typedef {object} Table
 * @property {{ kind: Kind, initial?: Namespace }[]} columns with the namespace of boot, which PID 1 is in
 * @property {boolean} inCgroups whether a process is in a cgroup below the root
 * @property {Row[]} rows
 * @property {number} more how many processes have no row, because they are in the initial namespaces
 */

/** A picture in which things are found by their names. */
export class Index {
    /** @param {Picture} picture */
    constructor(picture) {
        this.picture = picture;
        this.processes = new Map(picture.processes.map((process) => [process.pid, process]));
        this.namespaces = new Map(picture.namespaces.map((namespace) => [namespace.address, namespace]));
        this.cgroups = new Map(picture.cgroups.map((cgroup) => [cgroup.address, cgroup]));
    }

    /**
     * @param {Process} process
     * @param {Kind} kind
     */
    namespace(process, kind) {
        return this.namespaces.get(process.namespaces[kind] ?? '');
    }

    /** The path of a process's cgroup. @param {Process} process */
    path(process) {
        return this.cgroups.get(process.cgroup)?.path ?? '/';
    }

    /** Who is in a namespace. @param {string} address */
    members(address) {
        return this.picture.processes.filter(({ namespaces }) => Object.values(namespaces).includes(address));
    }
}

/**
 * @param {Picture} picture
 * @param {import('./news.js').News} news
 * @param {{ kinds: boolean, processes: boolean, also?: Set<number> }} all whether each kind has a column, and each process a row;
 *     the PIDs of processes that have one whatever they are
 * @returns {Table}
 */
export function tableOf(picture, news, all) {
    const index = new Index(picture);
    const cells = new Map(picture.processes.map((process) => [process, KINDS.map((kind) => cellOf(index, news, process, kind))]));
    const cellsOf = (/** @type {Process} */ process) => cells.get(process) ?? [];
    const matters = (/** @type {Cell} */ { namespace, forChildren, isNew }) => Boolean(namespace?.letter ?? forChildren) || isNew;
    const columns = KINDS.filter((_, at) => all.kinds || picture.processes.some((process) => matters(cellsOf(process)[at])))
        .map((kind) => ({ kind, initial: index.namespace(picture.processes[0], kind) }));
    const hasColumn = (/** @type {Cell} */ cell) => columns.some(({ kind }) => kind === cell.kind);
    const chosen = all.processes ? new Set(index.processes.keys()) : worthARow(index, news, cellsOf, all.also);
    const rows = inTree(picture.processes.filter(({ pid }) => chosen.has(pid))).map(({ process, depth }) => ({
        process, depth,
        terminal: isShell(index, process) ? Number(process.terminal?.match(/\d+$/)) + 1 : undefined,
        isNew: news.processes.has(String(process.pid)),
        cells: cellsOf(process).filter(hasColumn),
        others: cellsOf(process).filter((cell) => !hasColumn(cell)),
        cgroup: index.path(process) === '/' ? undefined : index.path(process),
    }));
    return { columns, inCgroups: rows.some(({ cgroup }) => cgroup), rows, more: picture.processes.length - rows.length };
}

/**
 * @param {Index} index
 * @param {import('./news.js').News} news
 * @param {Process} process
 * @param {Kind} kind
 * @returns {Cell}
 */
function cellOf(index, news, process, kind) {
    const namespace = index.namespace(process, kind);
    const next = process.forChildren && (kind === 'pid' || kind === 'time') ? process.forChildren[kind] : undefined;
    const isNew = news.cells.has(`${process.pid} ${kind}`) || news.namespaces.has(`${kind} ${namespace?.inode}`)
        || (namespace?.letter !== undefined && news.processes.has(String(process.pid)));
    return { kind, namespace, isNew, forChildren: next === process.namespaces[kind] ? undefined : index.namespaces.get(next ?? '') };
}

/**
 * The processes that differ from those of boot, or are new; the terminals' shells; and what is
 * between these.
 *
 * @param {Index} index
 * @param {import('./news.js').News} news
 * @param {(process: Process) => Cell[]} cellsOf
 * @param {Set<number>} [also]
 */
function worthARow(index, news, cellsOf, also) {
    const isWorth = (/** @type {Process} */ process) => isShell(index, process) || news.processes.has(String(process.pid))
        || index.path(process) !== '/' || also?.has(process.pid)
        || cellsOf(process).some(({ namespace, forChildren }) => namespace?.letter ?? forChildren);
    const chosen = new Set(index.picture.processes.filter(isWorth).map(({ pid }) => pid));
    for (const process of index.picture.processes.filter(({ pid }) => chosen.has(pid))) {
        /** @type {number[]} */
        const between = [];
        for (let at = index.processes.get(process.parent); at && at.pid !== 1 && at.comm !== SESSION && !between.includes(at.pid); at = index.processes.get(at.parent)) {
            between.push(at.pid);
        }
        between.forEach((pid) => chosen.add(pid));
    }
    return chosen;
}

/**
 * @param {Index} index
 * @param {Process} process
 */
const isShell = (index, { parent }) => index.processes.get(parent)?.comm === SESSION;

/**
 * Processes below their parents, with how deep they are.
 *
 * @param {Process[]} processes
 */
function inTree(processes) {
    const known = new Set(processes.map(({ pid }) => pid));
    /** @type {Map<number, Process[]>} */
    const children = new Map();
    for (const process of processes) {
        const parent = known.has(process.parent) ? process.parent : 0;
        children.set(parent, [...(children.get(parent) ?? []), process]);
    }
    /** @type {{ process: Process, depth: number }[]} */
    const rows = [];
    const add = (/** @type {number} */ parent, /** @type {number} */ depth) => {
        for (const process of children.get(parent) ?? []) {
            rows.push({ process, depth });
            add(process.pid, depth + 1);
        }
    };
    add(0, 0);
    return rows;
}
