// The kernel's structures of a process, or of a namespace that it is in, as a tree of fields with
// the kernel's own names. It has no DOM.

import { SETS } from '../kernel/processes.js';
import { inWords } from './capabilities.js';
import { KINDS } from './rows.js';
import { link } from './sentences.js';
import { words } from './words.js';

/** @typedef {import('./rows.js').Index} Index */
/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/processes.js').Process} Process */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */

/**
 * A field, or a structure with its fields.
 *
 * @typedef {object} Field
 * @property {string} name in the kernel's source
 * @property {string} source what to look up there
 * @property {string} chapter the page of the book that explains it
 * @property {string} [value]
 * @property {string} [meaning] the value in words
 * @property {Namespace} [namespace] that it leads to
 * @property {'owner' | 'parent'} [role] what that namespace is to this one
 * @property {number} [pid] of the process that it leads to
 * @property {boolean} [isDetail] whether it tells nothing to most readers
 * @property {Field[]} [fields]
 * @property {string} [summary] what is said in place of the fields, until the reader wants to see them
 */

/** The pages of the book. */
const [STEP1, STEP3, STEP5, STEP6] = ['step01-proc-ns.html#kernel', 'step03-uts.html#kernel', 'step05-unshare.html#kernel', 'step06-cgroup.html#kernel'];
const [STEP7, STEP8, STEP9] = ['step07-user.html#kernel', 'step08-pid.html#kernel', 'step09-mount.html#kernel'];
const [STEP11, STEP12, STEP13] = ['step11-net.html#kernel', 'step12-ipc-time-cgroup.html#kernel', 'step13-privilege.html#seccomp'];

/** Where the book explains each kind. @type {Record<Kind, string>} */
const CHAPTERS = {
    user: STEP7, pid: STEP8, mnt: STEP9, uts: STEP3, ipc: STEP12, net: STEP11, time: STEP12, cgroup: STEP12,
};

/** The kernel's name of each kind's structure. @type {Record<Kind, string>} */
const STRUCTURES = {
    user: 'user_namespace', pid: 'pid_namespace', mnt: 'mnt_namespace', uts: 'uts_namespace',
    ipc: 'ipc_namespace', net: 'net', time: 'time_namespace', cgroup: 'cgroup_namespace',
};

/** What the numbers of seccomp's modes stand for. */
const MODES = ['SECCOMP_MODE_DISABLED', 'SECCOMP_MODE_STRICT', 'SECCOMP_MODE_FILTER'];

/**
 * A process's task_struct, with what leads to its namespaces and its cgroup.
 *
 * @param {Index} index
 * @param {Process} process
 * @returns {Field}
 */
export function taskOf(index, process) {
    const { ids, capabilities, noNewPrivs, seccomp, parent, forChildren, terminal } = process;
    const task = (/** @type {string} */ name, /** @type {Partial<Field>} */ rest) => ({ name, source: 'task_struct', chapter: STEP1, ...rest });
    const kinds = KINDS.filter((kind) => kind !== 'user' && kind !== 'pid' && process.namespaces[kind]);
    const next = forChildren ? /** @type {const} */ (['pid', 'time']) : [];
    return task('task_struct', {
        value: `${process.comm} ${process.pid}`,
        fields: [
            task('real_parent', { chapter: STEP8, ...(parent === 0 ? { value: 'swapper 0' } : { pid: parent }) }),
            ...(terminal ? [task('signal', { source: 'signal_struct', fields: [{ name: 'tty', source: 'tty_struct', chapter: STEP1, value: terminal }] })] : []),
            task('thread_pid', {
                source: 'pid', chapter: STEP8,
                fields: process.pids.map(({ pid, namespace }, level) => ({
                    name: `numbers[${level}].nr`, source: 'upid', chapter: STEP8, value: String(pid), namespace: index.namespaces.get(namespace),
                })),
            }),
            task('real_cred', {
                source: 'cred', chapter: STEP7,
                fields: [
                    ...Object.entries(ids).map(([name, id]) => ({ name, source: 'cred', chapter: STEP7, value: String(id) })),
                    ...SETS.map((name) => ({
                        name: `cap_${name}`, source: 'cred', chapter: STEP7, value: capabilities[name], meaning: inWords(capabilities[name]),
                    })),
                    pointer(index, process, 'user'),
                ],
            }),
            task('atomic_flags', { source: 'PFA_NO_NEW_PRIVS', chapter: STEP13, value: noNewPrivs ? 'PFA_NO_NEW_PRIVS' : '0' }),
            task('seccomp', {
                source: 'seccomp', chapter: STEP13,
                fields: [
                    { name: 'mode', source: 'SECCOMP_MODE_FILTER', chapter: STEP13, value: MODES[seccomp?.mode ?? 0] },
                    { name: 'filter_count', source: 'seccomp', chapter: STEP13, value: String(seccomp?.filters ?? 0) },
                ],
            }),
            task('nsproxy', kinds.length === 0 ? { value: 'NULL' } : {
                source: 'nsproxy',
                fields: [
                    ...kinds.map((kind) => pointer(index, process, kind)),
                    ...next.map((kind) => ({
                        name: `${kind}_ns_for_children`, source: 'nsproxy', chapter: STEP5,
                        namespace: index.namespaces.get(forChildren?.[kind] ?? ''),
                    })),
                ],
            }),
            task('cgroups', { source: 'css_set', chapter: STEP6, fields: [{ name: 'dfl_cgrp', source: 'css_set', chapter: STEP6, value: index.path(process) }] }),
            task('state', { value: process.state, isDetail: true }),
            address(process.address),
        ],
    });
}

/**
 * The way from a process to its namespace of a kind, and what that holds.
 *
 * @param {Index} index
 * @param {Process} process
 * @param {Kind} kind
 * @returns {Field}
 */
export function wayTo(index, process, kind) {
    const namespace = index.namespace(process, kind);
    const task = (/** @type {string} */ name, /** @type {string} */ source, /** @type {Field[]} */ fields) => ({ name, source, chapter: STEP1, fields });
    if (!namespace) {
        return taskOf(index, process);
    }
    const end = { ...pointer(index, process, kind), fields: contents(index, namespace, process) };
    const way = {
        user: () => task('real_cred', 'cred', [end]),
        pid: () => task('thread_pid', 'pid', [{ ...end, name: `numbers[${process.pids.length - 1}].ns` }]),
    }[/** @type {string} */ (kind)] ?? (() => task('nsproxy', 'nsproxy', [end]));
    return { ...task('task_struct', 'task_struct', [way()]), value: `${process.comm} ${process.pid}` };
}

/**
 * @param {Index} index
 * @param {Process} process
 * @param {Kind} kind
 * @returns {Field}
 */
function pointer(index, process, kind) {
    return { name: `${kind}_ns`, source: STRUCTURES[kind], chapter: CHAPTERS[kind], namespace: index.namespace(process, kind) };
}

/**
 * What a namespace holds.
 *
 * @param {Index} index
 * @param {Namespace} namespace
 * @param {Process} process
 * @returns {Field[]}
 */
function contents(index, namespace, process) {
    const { kind, inode, count, owner, parent, level, address: at } = namespace;
    const field = (/** @type {string} */ name, /** @type {Partial<Field>} */ rest, source = STRUCTURES[kind]) =>
        ({ name, source, chapter: CHAPTERS[kind], ...rest });
    const linked = (/** @type {string} */ name, /** @type {string | undefined} */ to, /** @type {'owner' | 'parent'} */ role) =>
        (to ? [field(name, { namespace: index.namespaces.get(to), role })] : []);
    return [
        ...own(namespace, process, field),
        ...linked('parent', parent, 'parent'),
        ...(kind === 'user' ? [] : linked('user_ns', owner, 'owner')),
        ...(level === undefined ? [] : [field('level', { value: String(level) })]),
        field('ns.inum', { value: link({ kind, inode }) }, 'ns_common'),
        field('ns.count', { value: String(count), isDetail: true }, 'ns_common'),
        address(at),
    ];
}

/**
 * What only namespaces of this kind hold.
 *
 * @param {Namespace} namespace
 * @param {Process} process
 * @param {(name: string, rest: Partial<Field>, source?: string) => Field} field
 * @returns {Field[]}
 */
function own({ kind, address, nodename, domainname, uids = [], gids = [], creator, setgroups, offsets, root, mounts, list = [], devices = [], up }, process, field) {
    const map = (/** @type {string} */ name, /** @type {import('../kernel/namespaces.js').Extent[]} */ extents) => (extents.length === 0
        ? [field(`${name}.nr_extents`, { value: '0' }, 'uid_gid_map')]
        : extents.map(({ first, lower, count }, at) => field(`${name}.extent[${at}]`, { value: `${first} ${lower} ${count}` }, 'uid_gid_extent')));
    switch (kind) {
        case 'uts':
            return [field('name.nodename', { value: `"${nodename}"` }, 'new_utsname'), field('name.domainname', { value: `"${domainname}"` }, 'new_utsname')];
        case 'user':
            return [...map('uid_map', uids), ...map('gid_map', gids), field('flags', { value: setgroups ? 'USERNS_SETGROUPS_ALLOWED' : '0' }),
                field('owner', { value: String(creator?.uid) }), field('group', { value: String(creator?.gid) })];
        case 'pid':
            return process.pids.filter(({ namespace }) => namespace === address)
                .map(({ pid }) => field('nr', { value: String(pid) }, 'upid'));
        case 'time':
            return Object.entries(offsets ?? {}).map(([clock, seconds]) => field(`offsets.${clock}`, { value: `${seconds} s` }, 'timens_offsets'));
        case 'mnt':
            return [field('mounts', { value: String(mounts) }), field('list', {
                summary: words().mountList(list.length, mounts ?? 0),
                fields: list.map(({ point, type, source }, at) => ({ name: `list[${at}]`, source: '', chapter: '', value: point, meaning: `${type} ${source}` })),
            }, 'mount')];
        case 'net':
            return devices.flatMap((device, at) => [
                field(`dev_base_head[${at}].name`, { value: `"${device}"` }, 'net_device'),
                field(`dev_base_head[${at}].flags`, { value: up?.includes(device) ? 'IFF_UP' : '0' }, 'net_device'),
            ]);
        case 'cgroup':
            return [field('root_cset', { value: root }, 'css_set')];
        default:
            return [];
    }
}

/** @param {string} at @returns {Field} */
const address = (at) => ({ name: 'address', source: '', chapter: '', value: `0x${at}`, isDetail: true });
