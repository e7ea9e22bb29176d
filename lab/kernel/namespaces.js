// Namespaces of the eight kinds, as the kernel holds them.

import { Unreadable } from './memory.js';

/**
 * A namespace.
 *
 * @typedef {object} Namespace
 * @property {Kind} kind
 * @property {number} inode the number in "uts:[4026531838]", by which /proc names it
 * @property {string} address of the kernel's structure, in hexadecimal
 * @property {number} count how many references to it the kernel counts
 * @property {string} [owner] the address of the user namespace that owns it; the first user namespace has none
 * @property {string} [parent] the address of the namespace above: of a user or PID namespace
 * @property {number} [level] how many are above it: of a user or PID namespace
 * @property {string} [nodename] of a UTS namespace: the hostname
 * @property {string} [domainname] of a UTS namespace
 * @property {Extent[]} [uids] of a user namespace: its uid_map
 * @property {Extent[]} [gids] of a user namespace: its gid_map
 * @property {boolean} [setgroups] of a user namespace: whether setgroups(2) is allowed
 * @property {{ uid: number, gid: number }} [creator] of a user namespace: the effective ids of the process
 *     that made it, in the first user namespace
 * @property {number} [mounts] of a mount namespace: how many mounts it has, also those out of sight
 * @property {import('./mounts.js').Mount[]} [list] of a mount namespace: the first of them
 * @property {string[]} [locked] of a mount namespace: the mount points of those of the list that cannot be
 *     unmounted by themselves, as they came from a more privileged mount namespace
 * @property {string[]} [devices] of a network namespace: the names of its network devices
 * @property {string[]} [up] of a network namespace: those of them that are up
 * @property {{ monotonic: number, boottime: number }} [offsets] of a time namespace, in seconds
 * @property {string} [root] of a cgroup namespace: the path of the cgroup that is its root
 * @property {Counted} [limits] of a user namespace: how many namespaces a user may have in it and below, of
 *     each kind that has such a limit (user.max_uts_namespaces and so on)
 */

/** A number for kinds of namespaces. @typedef {Partial<Record<Kind, number>>} Counted */

/**
 * How many namespaces a user has in a user namespace and below.
 *
 * @typedef {{ user: string, uid: number, used: Counted }} Count `uid` in the first user namespace
 */

/** @typedef {'user' | 'pid' | 'mnt' | 'uts' | 'ipc' | 'net' | 'time' | 'cgroup'} Kind */

/**
 * A line of a uid_map or gid_map. `lower` is the id as the kernel holds it, in the first user
 * namespace.
 *
 * @typedef {{ first: number, lower: number, count: number }} Extent
 */

/**
 * The kernel's name of each kind's structure.
 *
 * @type {Record<Kind, string>}
 */
const STRUCTURES = {
    user: 'user_namespace', pid: 'pid_namespace', mnt: 'mnt_namespace', uts: 'uts_namespace',
    ipc: 'ipc_namespace', net: 'net', time: 'time_namespace', cgroup: 'cgroup_namespace',
};

/** Each kind's place among what the kernel counts for a user. */
const COUNTED = /** @type {[Kind, string][]} */ (Object.keys(STRUCTURES).map((kind) => [kind, `UCOUNT_${(kind).toUpperCase()}_NAMESPACES`]));

/** INT_MAX: no limit. */
const UNLIMITED = 0x7fffffff;

/** The least inode number of a namespace: PROC_NET_INIT_INO is 0xEFFFFFF8 or so. */
const LEAST_INODE = 0xeffffff0;

/** More namespaces are not nested (MAX_PID_NS_LEVEL, and the same for user namespaces). */
const DEEPEST = 32;

export const hexadecimal = (/** @type {number} */ address) => address.toString(16);

/** All namespaces that something names, each read once. */
export class Namespaces {
    /** @type {Map<number, Namespace>} */
    #read = new Map();

    /** @type {Map<number, Count>} */
    #counts = new Map();

    /**
     * @param {import('./memory.js').Memory} memory
     * @param {import('./mounts.js').Mounts} mounts
     * @param {(cgroup: number) => string} pathOf
     */
    constructor(memory, mounts, pathOf) {
        this.memory = memory;
        this.mounts = mounts;
        this.pathOf = pathOf;
    }

    get all() {
        return [...this.#read.values()];
    }

    get counts() {
        return [...this.#counts.values()];
    }

    /**
     * Reads how many namespaces a user has in a user namespace.
     *
     * @param {number} address that of the kernel's structure
     */
    count(address) {
        const { memory } = this;
        const known = this.#counts.get(address);
        const count = known ?? {
            user: this.name('user', memory.pointer(address, 'ucounts.ns')), uid: memory.u32(memory.field(address, 'ucounts.uid')),
            used: this.#counted(memory.field(address, 'ucounts.ucount'), (number) => number > 0),
        };
        this.#counts.set(address, count);
        return count;
    }

    /**
     * @param {number} numbers the address of a number for each kind
     * @param {(number: number) => boolean} isTold
     * @returns {Counted}
     */
    #counted(numbers, isTold) {
        const { memory } = this;
        const all = COUNTED.map(([kind, place]) => /** @type {const} */ ([kind, memory.u32(numbers + memory.layout[place] * 4)]));
        return Object.fromEntries(all.filter(([, number]) => isTold(number)));
    }

    /**
     * The address of a namespace, which is read with those that it names.
     *
     * @param {Kind} kind
     * @param {number} address
     */
    name(kind, address) {
        const known = this.#read.get(address);
        if (known && known.kind !== kind) {
            throw new Unreadable(`${hexadecimal(address)} is a namespace of two kinds`);
        }
        if (!known) {
            this.#add(kind, address);
        }
        return hexadecimal(address);
    }

    /**
     * @param {Kind} kind
     * @param {number} address
     */
    #add(kind, address) {
        const { memory } = this;
        const structure = STRUCTURES[kind];
        const common = memory.field(address, `${structure}.ns`);
        const inode = memory.u32(memory.field(common, 'ns_common.inum'));
        if (inode < LEAST_INODE) {
            throw new Unreadable(`a namespace has the inode number ${inode}`);
        }
        /** @type {Namespace} */
        const namespace = {
            kind, inode, address: hexadecimal(address), count: memory.u32(memory.field(common, 'ns_common.count')),
        };
        this.#read.set(address, namespace);
        Object.assign(namespace, this.#details[kind]?.(address));
        if (kind !== 'user') {
            namespace.owner = this.name('user', memory.pointer(address, `${structure}.user_ns`));
        }
    }

    /** @type {Partial<Record<Kind, (address: number) => Partial<Namespace>>>} */
    #details = {
        uts: (address) => ({
            nodename: this.#uts(address, 'nodename'),
            domainname: this.#uts(address, 'domainname'),
        }),
        user: (address) => {
            const { memory } = this;
            const above = this.#above('user', address);
            // Those of its creator, in the namespace above: they count what is in here, too.
            const counts = above.parent && this.count(memory.pointer(address, 'user_namespace.ucounts'));
            if (counts && counts.user !== above.parent) {
                throw new Unreadable('what a user namespace counts is not in the one above');
            }
            return {
                ...above, owner: above.parent,
                uids: this.#map(memory.field(address, 'user_namespace.uid_map')),
                gids: this.#map(memory.field(address, 'user_namespace.gid_map')),
                limits: this.#counted(memory.field(address, 'user_namespace.ucount_max'), (number) => number < UNLIMITED),
                setgroups: Boolean(memory.u32(memory.field(address, 'user_namespace.flags')) & 1),
                creator: {
                    uid: memory.u32(memory.field(address, 'user_namespace.owner')),
                    gid: memory.u32(memory.field(address, 'user_namespace.group')),
                },
            };
        },
        mnt: (address) => ({
            mounts: this.memory.u32(this.memory.field(address, 'mnt_namespace.mounts')), ...this.mounts.of(address),
        }),
        net: (address) => {
            const devices = this.#devices(address);
            return { devices: devices.map(({ name }) => name), up: devices.filter(({ isUp }) => isUp).map(({ name }) => name) };
        },
        pid: (address) => this.#above('pid', address),
        time: (address) => ({ offsets: { monotonic: this.#offset(address, 'monotonic'), boottime: this.#offset(address, 'boottime') } }),
        cgroup: (address) => ({
            root: this.pathOf(this.memory.pointer(this.memory.pointer(address, 'cgroup_namespace.root_cset'), 'css_set.dfl_cgrp')),
        }),
    };

    /**
     * @param {number} address
     * @param {'nodename' | 'domainname'} name
     */
    #uts(address, name) {
        const { memory } = this;
        return memory.text(memory.field(memory.field(address, 'uts_namespace.name'), `new_utsname.${name}`), memory.layout.UTS_LENGTH);
    }

    /**
     * The namespace above one of a kind whose namespaces are nested.
     *
     * @param {'user' | 'pid'} kind
     * @param {number} address
     */
    #above(kind, address) {
        const { memory } = this;
        const structure = STRUCTURES[kind];
        const level = memory.u32(memory.field(address, `${structure}.level`));
        const parent = memory.optional(address, `${structure}.parent`);
        const above = parent === undefined ? -1 : memory.u32(memory.field(parent, `${structure}.level`));
        // So the way up has an end.
        if (level > DEEPEST || above !== level - 1) {
            throw new Unreadable(`a ${kind} namespace has the level ${level}`);
        }
        return parent ? { level, parent: this.name(kind, parent) } : { level };
    }

    /** @param {number} address */
    #devices(address) {
        const { memory } = this;
        return [...memory.list(memory.field(address, 'net.dev_base_head'), 'net_device.dev_list')]
            .map((device) => ({
                name: memory.text(memory.field(device, 'net_device.name'), memory.layout.IFNAMSIZ),
                isUp: Boolean(memory.u32(memory.field(device, 'net_device.flags')) & memory.layout.IFF_UP),
            }));
    }

    /** @param {number} map the address of a uid_gid_map */
    #map(map) {
        const { memory } = this;
        const { UID_GID_MAP_MAX_BASE_EXTENTS, UID_GID_MAP_MAX_EXTENTS, 'uid_gid_extent.sizeof': size } = memory.layout;
        const count = memory.u32(memory.field(map, 'uid_gid_map.nr_extents'));
        if (count > UID_GID_MAP_MAX_EXTENTS) {
            throw new Unreadable(`a map has ${count} lines`);
        }
        const first = count <= UID_GID_MAP_MAX_BASE_EXTENTS
            ? memory.field(map, 'uid_gid_map.extent')
            : memory.pointer(map, 'uid_gid_map.forward');
        return Array.from({ length: count }, (_, index) => {
            const extent = first + index * size;
            return /** @type {Extent} */ ({
                first: memory.u32(memory.field(extent, 'uid_gid_extent.first')),
                lower: memory.u32(memory.field(extent, 'uid_gid_extent.lower_first')),
                count: memory.u32(memory.field(extent, 'uid_gid_extent.count')),
            });
        });
    }

    /**
     * @param {number} address
     * @param {'monotonic' | 'boottime'} clock
     */
    #offset(address, clock) {
        const { memory } = this;
        const time = memory.field(memory.field(address, 'time_namespace.offsets'), `timens_offsets.${clock}`);
        return memory.s64(memory.field(time, 'timespec64.tv_sec')) + memory.u32(memory.field(time, 'timespec64.tv_nsec')) / 1e9;
    }
}
