// The tree of cgroups, version 2, with what its controllers count and limit.

import { hexadecimal } from './namespaces.js';
import { Unreadable } from './memory.js';

/**
 * A cgroup. A controller is missing where it is not enabled.
 *
 * @typedef {object} Cgroup
 * @property {string} path from the root, which is "/"
 * @property {string} address of the kernel's structure, in hexadecimal
 * @property {boolean} removed whether it is no directory any more, though something holds it
 * @property {Pids} [pids]
 * @property {Memory} [memory]
 * @property {Cpu} [cpu]
 */

/**
 * What has no limit has none ("max" in its file).
 *
 * @typedef {{ current: number, limit?: number, refused: number }} Pids `refused`: how often fork(2) and the like failed
 * @typedef {{ current: number, limit?: number, killed: number }} Memory in bytes; `killed`: how many processes for want of memory
 * @typedef {{ used: number, quota?: number, period: number, throttled: number }} Cpu in nanoseconds; `throttled`: how often
 */

/** CSS_ONLINE */
const ONLINE = 1 << 1;

/** Deeper directories make a path longer than 4096 bytes. */
const DEEPEST = 2048;

const PAGE = 4096;

export class Cgroups {
    /** @type {Map<number, Cgroup>} */
    #read = new Map();

    /** @type {Map<number, number[]>} */
    #children = new Map();

    /**
     * @param {import('./memory.js').Memory} memory
     * @param {number} root the address of the tree's root
     * @param {(address: number) => number} local where the variable that each processor has for itself lies
     */
    constructor(memory, root, local) {
        this.memory = memory;
        this.root = root;
        this.local = local;
    }

    get all() {
        return [...this.#read.values()];
    }

    /** Reads all that have directories. */
    readTree() {
        const { memory } = this;
        const pending = [{ cgroup: this.root, depth: 0 }];
        for (let next = pending.pop(); next; next = pending.pop()) {
            const { cgroup, depth } = next;
            if (this.#children.has(cgroup) || depth > DEEPEST) {
                throw new Unreadable('the cgroups are no tree');
            }
            const self = memory.field(cgroup, 'cgroup.self');
            const children = [...memory.list(memory.field(self, 'cgroup_subsys_state.children'), 'cgroup_subsys_state.sibling')]
                .map((child) => memory.pointer(child, 'cgroup_subsys_state.cgroup'));
            this.#children.set(cgroup, children);
            pending.push(...children.filter((child) => this.#isOnline(child)).map((child) => ({ cgroup: child, depth: depth + 1 })));
        }
        [...this.#children.keys()].forEach((cgroup) => this.pathOf(cgroup));
    }

    /** @param {number} cgroup */
    #isOnline(cgroup) {
        const { memory } = this;
        return Boolean(memory.u32(memory.field(memory.field(cgroup, 'cgroup.self'), 'cgroup_subsys_state.flags')) & ONLINE);
    }

    /**
     * The path of a cgroup, which is read.
     *
     * @param {number} cgroup its address
     */
    pathOf(cgroup) {
        const known = this.#read.get(cgroup);
        if (known) {
            return known.path;
        }
        const path = this.#path(cgroup);
        const removed = !this.#isOnline(cgroup);
        const controllers = cgroup === this.root || removed
            ? {}
            : { pids: this.#pids(cgroup), memory: this.#memory(cgroup), cpu: this.#cpu(cgroup) };
        const given = Object.entries(controllers).filter(([, values]) => values);
        this.#read.set(cgroup, { path, address: hexadecimal(cgroup), removed, ...Object.fromEntries(given) });
        return path;
    }

    /** @param {number} cgroup */
    #path(cgroup) {
        const { memory } = this;
        /** @type {string[]} */
        const names = [];
        let node = memory.pointer(cgroup, 'cgroup.kn');
        for (let parent; (parent = memory.optional(node, 'kernfs_node.parent')); node = parent) {
            names.unshift(memory.text(memory.pointer(node, 'kernfs_node.name'), 255));
            if (names.length > DEEPEST) {
                throw new Unreadable('a path does not end');
            }
        }
        return `/${names.join('/')}`;
    }

    /**
     * The state of a controller in a cgroup, if it is enabled there.
     *
     * @param {number} cgroup
     * @param {string} id the constant that numbers the controller
     */
    #state(cgroup, id) {
        const { memory } = this;
        const at = memory.field(cgroup, 'cgroup.subsys') + memory.layout[id] * 4;
        const state = memory.u32(at);
        return state === 0 ? undefined : state;
    }

    /**
     * @param {number} cgroup
     * @returns {Pids | undefined}
     */
    #pids(cgroup) {
        const { memory } = this;
        const state = this.#state(cgroup, 'pids_cgrp_id');
        if (!state) {
            return undefined;
        }
        const read = (/** @type {string} */ field) => memory.u64(memory.field(state, `pids_cgroup.${field}`));
        return {
            current: read('counter'),
            ...limited('limit', read('limit'), memory.layout.PIDS_MAX),
            refused: read('events_limit'),
        };
    }

    /**
     * @param {number} cgroup
     * @returns {Memory | undefined}
     */
    #memory(cgroup) {
        const { memory } = this;
        const state = this.#state(cgroup, 'memory_cgrp_id');
        if (!state) {
            return undefined;
        }
        const read = (/** @type {string} */ field) => memory.u32(memory.field(state, `mem_cgroup.${field}`));
        return {
            current: read('memory.usage') * PAGE,
            ...limited('limit', read('memory.max') * PAGE, memory.layout.PAGE_COUNTER_MAX * PAGE),
            killed: memory.u32(memory.field(state, 'mem_cgroup.memory_events') + memory.layout.MEMCG_OOM_KILL * 4),
        };
    }

    /**
     * @param {number} cgroup
     * @returns {Cpu | undefined}
     */
    #cpu(cgroup) {
        const { memory } = this;
        const state = this.#state(cgroup, 'cpu_cgrp_id');
        if (!state) {
            return undefined;
        }
        const read = (/** @type {string} */ field) => memory.u64(memory.field(state, `task_group.cfs_bandwidth.${field}`));
        return {
            used: this.#time(memory.field(cgroup, 'cgroup.bstat')) + this.#pending(cgroup),
            ...limited('quota', read('quota'), 2 ** 63),
            period: read('period'),
            throttled: memory.u32(memory.field(state, 'task_group.cfs_bandwidth.nr_throttled')),
        };
    }

    /** @param {number} stat the address of a cgroup_base_stat */
    #time(stat) {
        return this.memory.u64(this.memory.field(stat, 'cgroup_base_stat.cputime.sum_exec_runtime'));
    }

    /**
     * The time that a processor has counted for a cgroup and those below, and that the kernel
     * has not added up there yet: it does so when somebody reads cpu.stat.
     *
     * @param {number} cgroup
     * @returns {number}
     */
    #pending(cgroup) {
        const { memory } = this;
        const own = this.local(memory.u32(memory.field(cgroup, 'cgroup.rstat_cpu')));
        const counted = this.#time(memory.field(own, 'cgroup_rstat_cpu.bstat'))
            - this.#time(memory.field(own, 'cgroup_rstat_cpu.last_bstat'));
        const below = (this.#children.get(cgroup) ?? []).map((child) => this.#pending(child)
            + this.#time(memory.field(child, 'cgroup.bstat')) - this.#time(memory.field(child, 'cgroup.last_bstat')));
        return below.reduce((sum, time) => sum + time, counted);
    }
}

/**
 * A limit, if it is one.
 *
 * @template {string} Name
 * @param {Name} name
 * @param {number} value
 * @param {number} unlimited from which value on it is none
 * @returns {Partial<Record<Name, number>>}
 */
function limited(name, value, unlimited) {
    return value >= unlimited ? {} : /** @type {Record<Name, number>} */ ({ [name]: value });
}
