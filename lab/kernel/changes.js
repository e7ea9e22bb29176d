// What changed from one picture to the next: only what was seen, and no guess about which call
// did it.

import { MOST } from './mounts.js';

/**
 * A change. Namespaces are named by kind and inode number, and by the letter that history.js gives
 * them; cgroups by path; `pid` is that in the first PID namespace.
 *
 * @typedef {{ kind: import('./namespaces.js').Kind, inode: number, letter?: string }} Name
 * @typedef {(
 *     { what: 'born', pid: number, comm: string, parent: number, fresh: Name[], pids: number[] }
 *     | { what: 'ended', pid: number, comm: string }
 *     | { what: 'zombie', pid: number, comm: string }
 *     | { what: 'stopped' | 'continued', pid: number, comm: string }
 *     | { what: 'program', pid: number, before: string, comm: string }
 *     | { what: 'parent', pid: number, comm: string, parent: number }
 *     | { what: 'ids', pid: number, comm: string, ids: import('./processes.js').Process['ids'] }
 *     | { what: 'capabilities', pid: number, comm: string, before: Capabilities, after: Capabilities }
 *     | { what: 'no_new_privs', pid: number, comm: string }
 *     | { what: 'seccomp', pid: number, comm: string, mode: number, filters: number }
 *     | { what: 'namespace', pid: number, comm: string, name: Name, isFresh: boolean }
 *     | { what: 'for children', pid: number, comm: string, name: Name, isFresh: boolean }
 *     | { what: 'moved', pid: number, comm: string, path: string }
 *     | { what: 'nodename' | 'domainname', name: Name, before: string, after: string }
 *     | { what: 'uids' | 'gids', name: Name, map: import('./namespaces.js').Extent[] }
 *     | { what: 'setgroups', name: Name, allowed: boolean }
 *     | { what: 'mounts', name: Name, before: number, after: number, fresh: string[], gone: string[] }
 *     | { what: 'devices' | 'up', name: Name, before: string[], after: string[] }
 *     | { what: 'offsets', name: Name, offsets: import('./namespaces.js').Namespace['offsets'] }
 *     | { what: 'made' | 'removed', path: string }
 *     | { what: 'enabled' | 'disabled', path: string, controller: Controller }
 *     | { what: 'limit', path: string, controller: Controller, limit: number | undefined, period?: number }
 *     | { what: 'refused' | 'killed' | 'throttled', path: string, times: number }
 * )} Change
 */

/** @typedef {'pids' | 'memory' | 'cpu'} Controller */
/** @typedef {import('./processes.js').Capabilities} Capabilities */

/**
 * What each controller limits and counts.
 *
 * @type {[Controller, string, 'refused' | 'killed' | 'throttled'][]}
 */
const CONTROLLERS = [['pids', 'limit', 'refused'], ['memory', 'limit', 'killed'], ['cpu', 'quota', 'throttled']];

/**
 * The changes from one picture to a later one.
 *
 * @param {import('./picture.js').Picture} before
 * @param {import('./picture.js').Picture} after
 * @returns {Change[]}
 */
export function changes(before, after) {
    const known = byKey(before.namespaces, identity);
    return [
        ...after.namespaces.flatMap((namespace) => [...contentChanges(known.get(identity(namespace)), namespace)]),
        ...processChanges(before, after),
        ...after.namespaces.flatMap((namespace) => (known.has(identity(namespace)) ? [] : [...contentChanges(atBirth(namespace, before, after), namespace)])),
        ...cgroupChanges(before, after),
    ];
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => string | number} key
 */
const byKey = (items, key) => new Map(items.map((item) => [key(item), item]));

const same = (/** @type {unknown} */ one, /** @type {unknown} */ other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * The mount points of the mounts of a list that another one has not.
 *
 * @param {import('./mounts.js').Mount[]} [list]
 * @param {import('./mounts.js').Mount[]} [other]
 */
function without(list = [], other = []) {
    const known = other.map((mount) => JSON.stringify(mount));
    return list.filter((mount) => {
        const at = known.indexOf(JSON.stringify(mount));
        if (at >= 0) {
            known.splice(at, 1);
        }
        return at < 0;
    }).map(({ point }) => point);
}

/** @param {import('./namespaces.js').Namespace} namespace */
const identity = ({ address, inode }) => `${address} ${inode}`;

/**
 * What a namespace that no picture has shown before held when it was made: that of whoever made it,
 * or of that process's parent; a user namespace had no maps, and a network namespace its lo, down.
 *
 * @param {import('./namespaces.js').Namespace} namespace
 * @param {import('./picture.js').Picture} before
 * @param {import('./picture.js').Picture} after
 * @returns {import('./namespaces.js').Namespace | undefined}
 */
function atBirth(namespace, before, after) {
    const { kind, address, devices } = namespace;
    if (kind === 'user') {
        return { ...namespace, uids: [], gids: [] };
    }
    if (kind === 'net') {
        return { ...namespace, devices: devices?.slice(0, 1), up: [] };
    }
    if (kind !== 'uts' && kind !== 'mnt') {
        return undefined;
    }
    const member = after.processes.find(({ namespaces }) => namespaces[kind] === address);
    const moved = before.processes.find((process) => process.pid === member?.pid && process.address === member.address);
    const parent = before.processes.find(({ pid }) => pid === member?.parent);
    const origin = (moved ?? parent)?.namespaces[kind];
    return before.namespaces.find((it) => it.kind === kind && it.address === origin);
}

/**
 * @param {import('./namespaces.js').Namespace | undefined} old without it nothing is told
 * @param {import('./namespaces.js').Namespace} namespace
 */
function* contentChanges(old, namespace) {
    if (!old) {
        return;
    }
    const name = { kind: namespace.kind, inode: namespace.inode };
    for (const what of /** @type {const} */ (['nodename', 'domainname', 'devices', 'up'])) {
        if (!same(old[what], namespace[what])) {
            yield /** @type {Change} */ ({ what, name, before: old[what], after: namespace[what] });
        }
    }
    if (old.mounts !== namespace.mounts || !same(old.list, namespace.list)) {
        // Of a list that has been cut off, nobody knows what is new at its end.
        const isWhole = [old, namespace].every(({ list = [] }) => list.length < MOST);
        const [fresh, gone] = isWhole ? [without(namespace.list, old.list), without(old.list, namespace.list)] : [[], []];
        yield /** @type {Change} */ ({ what: 'mounts', name, before: old.mounts, after: namespace.mounts, fresh, gone });
    }
    for (const what of /** @type {const} */ (['uids', 'gids'])) {
        if (!same(old[what], namespace[what])) {
            yield /** @type {Change} */ ({ what, name, map: namespace[what] });
        }
    }
    if (old.setgroups !== namespace.setgroups) {
        yield /** @type {Change} */ ({ what: 'setgroups', name, allowed: namespace.setgroups });
    }
    if (!same(old.offsets, namespace.offsets)) {
        yield /** @type {Change} */ ({ what: 'offsets', name, offsets: namespace.offsets });
    }
}

/**
 * @param {import('./picture.js').Picture} before
 * @param {import('./picture.js').Picture} after
 */
function* processChanges(before, after) {
    const [old, now] = [before, after].map(({ processes }) => byKey(processes, ({ pid, address }) => `${pid} ${address}`));
    const known = new Set(before.namespaces.map(identity));
    const namespaces = byKey(after.namespaces, ({ address }) => address);
    const paths = new Map([...before.cgroups, ...after.cgroups].map(({ address, path }) => [address, path]));
    const named = (/** @type {string} */ address) => {
        const namespace = /** @type {import('./namespaces.js').Namespace} */ (namespaces.get(address));
        return { name: { kind: namespace.kind, inode: namespace.inode }, isFresh: !known.has(identity(namespace)) };
    };
    for (const [key, { pid, comm }] of old) {
        if (!now.has(key)) {
            yield /** @type {Change} */ ({ what: 'ended', pid, comm });
        }
    }
    for (const [key, process] of now) {
        const was = old.get(key);
        const { pid, comm, parent, state, ids, capabilities, noNewPrivs, seccomp } = process;
        const about = { pid, comm };
        if (!was) {
            const fresh = Object.values(process.namespaces).map(named).filter(({ isFresh }) => isFresh).map(({ name }) => name);
            yield /** @type {Change} */ ({ what: 'born', ...about, parent, fresh, pids: process.pids.map(({ pid }) => pid) });
            continue;
        }
        if (was.comm !== comm) {
            yield /** @type {Change} */ ({ what: 'program', ...about, before: was.comm });
        }
        if (!same(was.ids, ids)) {
            yield /** @type {Change} */ ({ what: 'ids', ...about, ids });
        }
        for (const [kind, address] of Object.entries(process.namespaces)) {
            if (was.namespaces[/** @type {import('./namespaces.js').Kind} */ (kind)] !== address) {
                yield /** @type {Change} */ ({ what: 'namespace', ...about, ...named(address) });
            }
        }
        for (const [kind, address] of Object.entries(process.forChildren ?? {})) {
            if (was.forChildren?.[/** @type {'pid' | 'time'} */ (kind)] !== address) {
                yield /** @type {Change} */ ({ what: 'for children', ...about, ...named(address) });
            }
        }
        if (!same(was.capabilities, capabilities)) {
            yield /** @type {Change} */ ({ what: 'capabilities', ...about, before: was.capabilities, after: capabilities });
        }
        // A process gives up neither.
        if (noNewPrivs && !was.noNewPrivs) {
            yield /** @type {Change} */ ({ what: 'no_new_privs', ...about });
        }
        if (seccomp && !same(was.seccomp, seccomp)) {
            yield /** @type {Change} */ ({ what: 'seccomp', ...about, ...seccomp });
        }
        if (was.cgroup !== process.cgroup) {
            yield /** @type {Change} */ ({ what: 'moved', ...about, path: paths.get(process.cgroup) });
        }
        if (was.parent !== parent) {
            yield /** @type {Change} */ ({ what: 'parent', ...about, parent });
        }
        if (state === 'Z' && was.state !== 'Z') {
            yield /** @type {Change} */ ({ what: 'zombie', ...about });
        } else if ((state === 'T') !== (was.state === 'T')) {
            yield /** @type {Change} */ ({ what: state === 'T' ? 'stopped' : 'continued', ...about });
        }
    }
}

/**
 * @param {import('./picture.js').Picture} before
 * @param {import('./picture.js').Picture} after
 */
function* cgroupChanges(before, after) {
    const present = (/** @type {import('./picture.js').Picture} */ { cgroups }) =>
        byKey(cgroups.filter(({ removed }) => !removed), ({ address, path }) => `${address} ${path}`);
    const [old, now] = [present(before), present(after)];
    for (const [key, { path }] of old) {
        if (!now.has(key)) {
            yield /** @type {Change} */ ({ what: 'removed', path });
        }
    }
    for (const [key, cgroup] of now) {
        const { path } = cgroup;
        const was = old.get(key);
        if (!was) {
            yield /** @type {Change} */ ({ what: 'made', path });
        }
        for (const [controller, limit, count] of CONTROLLERS) {
            const [had, has] = /** @type {Record<string, number>[]} */ ([was?.[controller], cgroup[controller]]);
            if (was && Boolean(had) !== Boolean(has)) {
                yield /** @type {Change} */ ({ what: has ? 'enabled' : 'disabled', path, controller });
            }
            if (has && has[limit] !== had?.[limit]) {
                yield /** @type {Change} */ ({ what: 'limit', path, controller, limit: has[limit], ...(controller === 'cpu' ? { period: has.period } : {}) });
            }
            if (has && has[count] > (had?.[count] ?? 0)) {
                yield /** @type {Change} */ ({ what: count, path, times: has[count] - (had?.[count] ?? 0) });
            }
        }
    }
}
