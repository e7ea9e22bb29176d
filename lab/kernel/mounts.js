// The mounts of a mount namespace, as the kernel holds them.

import { Unreadable } from './memory.js';

/**
 * A mount: its mount point, as the namespace's own root directory has it, the type of its file
 * system, and what was given as its source.
 *
 * @typedef {{ point: string, type: string, source: string }} Mount
 */

/** More mounts of a namespace are not listed. */
export const MOST = 100;

/** How many directories a path may lead through, and how many bytes a name has. */
const [DEEPEST, NAME] = [1000, 255];

const PAGE = 4096;

export class Mounts {
    /** The names of types of file systems, by their addresses. @type {Map<number, string>} */
    #types = new Map();

    /** The root directories of mount namespaces. @type {Map<number, { mount: number, entry: number }>} */
    #roots = new Map();

    /**
     * @param {import('./memory.js').Memory} memory
     * @param {number} table the address of the kernel's page table: modules are not where all memory is mapped
     */
    constructor(memory, table) {
        this.memory = memory;
        this.table = table;
    }

    /**
     * The mounts of a namespace, in its own order, and the mount points of those that must not be unmounted.
     *
     * @param {number} namespace its address
     */
    of(namespace) {
        const { memory } = this;
        /** @type {Mount[]} */
        const mounts = [];
        /** @type {string[]} */
        const locked = [];
        for (const mount of memory.list(memory.field(namespace, 'mnt_namespace.list'), 'mount.mnt_list')) {
            // It may have a mark of how far somebody has read /proc/PID/mountinfo.
            const flags = memory.u32(memory.field(mount, 'mount.mnt.mnt_flags'));
            if (!(flags & memory.layout.MNT_CURSOR)) {
                const point = this.#path(mount);
                mounts.push({ point, type: this.#type(mount), source: this.#source(mount) });
                locked.push(...(flags & memory.layout.MNT_LOCKED ? [point] : []));
            }
            if (mounts.length === MOST) {
                break;
            }
        }
        return { list: mounts, ...(locked.length > 0 ? { locked } : {}) };
    }

    /**
     * The root directory of a namespace: that of the mount on top of its first one.
     *
     * @param {number} namespace its address
     */
    rootOf(namespace) {
        const { memory } = this;
        const known = this.#roots.get(namespace);
        if (known) {
            return known;
        }
        const u32 = (/** @type {number} */ mount, /** @type {string} */ field) => memory.u32(memory.field(mount, `mount.${field}`));
        const others = new Set(memory.list(memory.field(namespace, 'mnt_namespace.list'), 'mount.mnt_list'));
        let top = memory.pointer(namespace, 'mnt_namespace.root');
        for (let next = /** @type {number | undefined} */ (top); next; next = [...others].find((mount) =>
            u32(mount, 'mnt_parent') === top && u32(mount, 'mnt_mountpoint') === u32(top, 'mnt.mnt_root'))) {
            top = next;
            others.delete(top); // so this has an end
        }
        const found = { mount: memory.field(top, 'mount.mnt'), entry: u32(top, 'mnt.mnt_root') };
        this.#roots.set(namespace, found);
        return found;
    }

    /** @param {number} mount */
    #path(mount) {
        const { memory } = this;
        /** @type {string[]} */
        const names = [];
        for (let above; (above = memory.pointer(mount, 'mount.mnt_parent')) !== mount; mount = above) {
            const root = memory.pointer(above, 'mount.mnt.mnt_root');
            let entry = memory.pointer(mount, 'mount.mnt_mountpoint');
            for (let parent; entry !== root && (parent = memory.pointer(entry, 'dentry.d_parent')) !== entry; entry = parent) {
                names.push(memory.text(memory.u32(memory.field(entry, 'dentry.d_name.name')), NAME));
                if (names.length > DEEPEST) {
                    throw new Unreadable('a path does not end');
                }
            }
        }
        return `/${names.reverse().join('/')}`;
    }

    /** @param {number} mount */
    #type(mount) {
        const { memory } = this;
        const type = memory.u32(memory.field(memory.pointer(mount, 'mount.mnt.mnt_sb'), 'super_block.s_type'));
        const known = this.#types.get(type);
        if (known !== undefined) {
            return known;
        }
        const name = this.#text(memory.u32(memory.mapped(memory.field(type, 'file_system_type.name'), this.table)), NAME);
        this.#types.set(type, name);
        return name;
    }

    /**
     * A text wherever it is mapped.
     *
     * @param {number} address
     * @param {number} most
     * @returns {string}
     */
    #text(address, most) {
        const here = Math.min(most, PAGE - address % PAGE);
        const text = this.memory.text(this.memory.mapped(address, this.table), here);
        return text.length < here || here === most ? text : text + this.#text(address + here, most - here);
    }

    /** @param {number} mount */
    #source(mount) {
        const { memory } = this;
        const name = memory.u32(memory.field(mount, 'mount.mnt_devname'));
        return name === 0 ? 'none' : memory.text(name, PAGE);
    }
}
