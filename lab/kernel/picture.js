// A picture of what the kernel in the machine holds: its processes, namespaces and cgroups.
// Memory in, plain data out; the machine does not notice. It has no DOM: it is used where the
// emulator runs, and in Node.

import { Cgroups } from './cgroups.js';
import { Memory, Unreadable } from './memory.js';
import { Mounts } from './mounts.js';
import { Namespaces } from './namespaces.js';
import { readProcess, tasks } from './processes.js';

/**
 * What lab/build knows of the machine's kernel. `source` is the version of Linux that Debian
 * built it from, such as "6.1.176"; `local` is what is added to the address of a variable that
 * each processor has for itself, to get that of the first processor's.
 *
 * @typedef {{ release: string, source: string, init: number, local: number, layout: import('./memory.js').Layout }} Kernel
 */

/**
 * @typedef {object} Picture
 * @property {string} release the kernel's
 * @property {import('./processes.js').Process[]} processes all but the kernel's threads, the oldest first
 * @property {import('./namespaces.js').Namespace[]} namespaces all that these processes, or others of these, name
 * @property {import('./cgroups.js').Cgroup[]} cgroups
 * @property {import('./namespaces.js').Count[]} counts how many namespaces users have
 */

/**
 * Takes a picture; nothing, where the memory makes no sense now, or is not that of this kernel.
 *
 * @param {Uint8Array} bytes the machine's memory
 * @param {Kernel} kernel
 * @returns {Picture | undefined}
 */
export function takePicture(bytes, kernel) {
    try {
        return read(new Memory(bytes, kernel.layout), kernel);
    } catch (error) {
        if (error instanceof Unreadable) {
            return undefined;
        }
        throw error;
    }
}

/**
 * @param {Memory} memory
 * @param {Kernel} kernel
 * @returns {Picture}
 */
function read(memory, { init, release, local }) {
    const uts = memory.pointer(memory.pointer(init, 'task_struct.nsproxy'), 'nsproxy.uts_ns');
    const running = memory.text(memory.field(memory.field(uts, 'uts_namespace.name'), 'new_utsname.release'), memory.layout.UTS_LENGTH);
    if (running !== release) {
        throw new Unreadable(`the kernel is ${running}`);
    }
    const root = memory.pointer(memory.pointer(init, 'task_struct.cgroups'), 'css_set.dfl_cgrp');
    const table = pageTable(memory, init);
    const cgroups = new Cgroups(memory, root, (address) => memory.mapped((address + local) >>> 0, table));
    cgroups.readTree();
    const namespaces = new Namespaces(memory, new Mounts(memory, table), (cgroup) => cgroups.pathOf(cgroup));
    const processes = [...tasks(memory, init)]
        .map((task) => readProcess(memory, task, namespaces, cgroups))
        .filter((process) => process !== undefined);
    const picture = { release, processes, namespaces: namespaces.all, cgroups: cgroups.all, counts: namespaces.counts };
    agree(picture);
    return picture;
}

/**
 * The page table of a process: each has the kernel's part.
 *
 * @param {Memory} memory
 * @param {number} init
 */
export function pageTable(memory, init) {
    for (const task of tasks(memory, init)) {
        const space = memory.optional(task, 'task_struct.mm');
        if (space) {
            return memory.pointer(space, 'mm_struct.pgd');
        }
    }
    throw new Unreadable('no process has memory');
}

/**
 * What is read between two instructions of the kernel's may be half of a change.
 *
 * @param {Picture} picture
 */
function agree({ processes }) {
    const known = new Set(processes.map(({ pid }) => pid));
    const seen = new Set();
    for (const { pid, pids, parent } of processes) {
        if (parent !== 0 && !known.has(parent)) {
            throw new Unreadable(`the parent of ${pid} is not there`);
        }
        for (const { namespace, pid } of pids) {
            const number = `${namespace} ${pid}`;
            if (seen.has(number)) {
                throw new Unreadable(`two processes have the PID ${pid}`);
            }
            seen.add(number);
        }
    }
}
