// Processes, as the kernel holds them.

import { Unreadable } from './memory.js';

/**
 * A process.
 *
 * @typedef {object} Process
 * @property {string} address of its task_struct, in hexadecimal
 * @property {number} pid in the first PID namespace
 * @property {{ namespace: string, pid: number }[]} pids in each of its PID namespaces, the first one first
 * @property {number} parent the pid of its parent; 0, where that is the kernel
 * @property {string} comm
 * @property {State} state
 * @property {{ uid: number, gid: number, euid: number, egid: number }} ids as the kernel holds them: in the first user namespace
 * @property {Capabilities} capabilities
 * @property {true} [noNewPrivs] whether execve(2) can give it no more privileges
 * @property {{ mode: number, filters: number }} [seccomp] where system calls are refused
 * @property {Partial<Record<import('./namespaces.js').Kind, string>>} namespaces the addresses of those that it is in:
 *     a zombie has only a user and a PID namespace
 * @property {{ pid: string, time: string }} [forChildren] the namespaces that its next child will be in
 * @property {string} cgroup the address of its cgroup
 * @property {true} [chrooted] whether its root directory is not that of its mount namespace
 * @property {string} [terminal] the name of its controlling terminal
 */

/** The sets of capabilities, by the kernel's names and in its order: all "cap_…". */
export const SETS = /** @type {const} */ (['inheritable', 'permitted', 'effective', 'bset', 'ambient']);

/** Each set as a number, in hexadecimal. @typedef {Record<typeof SETS[number], string>} Capabilities */

/** @typedef {'R' | 'S' | 'D' | 'T' | 't' | 'Z' | 'X'} State what ps(1) calls them */

/** @type {[number, State][]} */
const STATES = [[0x01, 'S'], [0x02, 'D'], [0x04, 'T'], [0x08, 't']];
const [EXIT_DEAD, EXIT_ZOMBIE] = [0x10, 0x20];

/** TASK_COMM_LEN */
const COMM = 16;

/** PIDs are not nested deeper (MAX_PID_NS_LEVEL). */
const DEEPEST = 32;

/**
 * The addresses of all processes' task_structs but the kernel's threads.
 *
 * @param {import('./memory.js').Memory} memory
 * @param {number} init the address of init_task, the first in the list
 */
export function* tasks(memory, init) {
    for (const task of memory.list(memory.field(init, 'task_struct.tasks'), 'task_struct.tasks')) {
        if (!(memory.u32(memory.field(task, 'task_struct.flags')) & memory.layout.PF_KTHREAD)) {
            yield task;
        }
    }
}

/**
 * What a process is; nothing, where it is just being removed.
 *
 * @param {import('./memory.js').Memory} memory
 * @param {number} task
 * @param {import('./namespaces.js').Namespaces} namespaces
 * @param {import('./cgroups.js').Cgroups} cgroups
 * @returns {Process | undefined}
 */
export function readProcess(memory, task, namespaces, cgroups) {
    const u32 = (/** @type {string} */ field) => memory.u32(memory.field(task, `task_struct.${field}`));
    const struct = memory.optional(task, 'task_struct.thread_pid');
    if (!struct) {
        return undefined;
    }
    const cred = memory.pointer(task, 'task_struct.real_cred');
    const pids = readPids(memory, struct, namespaces);
    const parent = memory.pointer(task, 'task_struct.real_parent');
    const isThread = memory.u32(memory.field(parent, 'task_struct.flags')) & memory.layout.PF_KTHREAD;
    const id = (/** @type {string} */ name) => memory.u32(memory.field(cred, `cred.${name}`));
    const cgroup = memory.pointer(memory.pointer(task, 'task_struct.cgroups'), 'css_set.dfl_cgrp');
    cgroups.pathOf(cgroup);
    namespaces.count(memory.pointer(cred, 'cred.ucounts'));
    if (pids[0].pid !== u32('tgid')) {
        throw new Unreadable('a process has two PIDs');
    }
    return {
        address: task.toString(16),
        pid: pids[0].pid,
        pids,
        parent: isThread ? 0 : memory.u32(memory.field(parent, 'task_struct.tgid')),
        comm: memory.text(memory.field(task, 'task_struct.comm'), COMM),
        state: state(u32('__state'), u32('exit_state')),
        ids: { uid: id('uid'), gid: id('gid'), euid: id('euid'), egid: id('egid') },
        capabilities: readCapabilities(memory, cred),
        ...(u32('atomic_flags') >>> memory.layout.PFA_NO_NEW_PRIVS & 1 ? { noNewPrivs: true } : {}),
        ...(u32('seccomp.mode') ? { seccomp: { mode: u32('seccomp.mode'), filters: u32('seccomp.filter_count') } } : {}),
        cgroup: cgroup.toString(16),
        ...(isChrooted(memory, task, namespaces) ? { chrooted: true } : {}),
        ...readTerminal(memory, task),
        ...readNamespaces(memory, task, namespaces, memory.pointer(cred, 'cred.user_ns'), pids),
    };
}

/**
 * @param {import('./memory.js').Memory} memory
 * @param {number} cred
 */
function readCapabilities(memory, cred) {
    const sets = SETS.map((name) => [name, memory.u64(memory.field(cred, `cred.cap_${name}`)).toString(16)]);
    return /** @type {Capabilities} */ (Object.fromEntries(sets));
}

/**
 * What the kernel itself asks (current_chrooted in fs/namespace.c).
 *
 * @param {import('./memory.js').Memory} memory
 * @param {number} task
 * @param {import('./namespaces.js').Namespaces} namespaces
 */
function isChrooted(memory, task, namespaces) {
    const [fs, nsproxy] = ['fs', 'nsproxy'].map((name) => memory.optional(task, `task_struct.${name}`));
    if (!fs || !nsproxy) {
        return false;
    }
    const { mount, entry } = namespaces.mounts.rootOf(memory.pointer(nsproxy, 'nsproxy.mnt_ns'));
    return memory.u32(memory.field(fs, 'fs_struct.root.mnt')) !== mount || memory.u32(memory.field(fs, 'fs_struct.root.dentry')) !== entry;
}

/**
 * @param {import('./memory.js').Memory} memory
 * @param {number} task
 */
function readTerminal(memory, task) {
    const signal = memory.optional(task, 'task_struct.signal');
    const tty = signal && memory.optional(signal, 'signal_struct.tty');
    return tty ? { terminal: memory.text(memory.field(tty, 'tty_struct.name'), memory.layout.TTY_NAME_LENGTH) } : {};
}

/**
 * @param {import('./memory.js').Memory} memory
 * @param {number} struct the address of its struct pid
 * @param {import('./namespaces.js').Namespaces} namespaces
 */
function readPids(memory, struct, namespaces) {
    const level = memory.u32(memory.field(struct, 'pid.level'));
    if (level > DEEPEST) {
        throw new Unreadable(`a PID has the level ${level}`);
    }
    const pids = [];
    for (let at = 0; at <= level; at += 1) {
        const upid = memory.field(struct, 'pid.numbers') + at * memory.layout['upid.sizeof'];
        pids.push({
            namespace: namespaces.name('pid', memory.pointer(upid, 'upid.ns')),
            pid: memory.u32(memory.field(upid, 'upid.nr')),
        });
    }
    return pids;
}

/**
 * @param {import('./memory.js').Memory} memory
 * @param {number} task
 * @param {import('./namespaces.js').Namespaces} namespaces
 * @param {number} user
 * @param {Process['pids']} pids
 */
function readNamespaces(memory, task, namespaces, user, pids) {
    const always = { user: namespaces.name('user', user), pid: pids[pids.length - 1].namespace };
    const nsproxy = memory.optional(task, 'task_struct.nsproxy');
    if (!nsproxy) {
        return { namespaces: always };
    }
    const name = (/** @type {import('./namespaces.js').Kind} */ kind, field = `${kind}_ns`) =>
        namespaces.name(kind, memory.pointer(nsproxy, `nsproxy.${field}`));
    return {
        namespaces: {
            ...always, mnt: name('mnt'), uts: name('uts'), ipc: name('ipc'), net: name('net'),
            time: name('time'), cgroup: name('cgroup'),
        },
        forChildren: { pid: name('pid', 'pid_ns_for_children'), time: name('time', 'time_ns_for_children') },
    };
}

/**
 * @param {number} state
 * @param {number} exit
 * @returns {State}
 */
function state(state, exit) {
    if (exit & EXIT_DEAD) {
        return 'X';
    }
    return exit & EXIT_ZOMBIE ? 'Z' : STATES.find(([bit]) => state & bit)?.[1] ?? 'R';
}
