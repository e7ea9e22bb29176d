// The memory of the kernel in the machine, by the kernel's own addresses. What is read may be
// anything: an address that is none of the kernel's ends the reading with an Unreadable.

/** What the memory holds makes no sense: it is being changed, or is not that of this kernel. */
export class Unreadable extends Error {}

/**
 * Where the kernel's structures have their fields, and its constants (see layout.c): the key
 * is "structure.field", "structure.sizeof", or the name of a constant.
 *
 * @typedef {Record<string, number>} Layout
 */

/** Entries of the page tables: present, and of 4 MiB instead of another table. */
const [PRESENT, LARGE] = [1, 1 << 7];

/** No list of the kernel's is longer in this machine, unless it does not close. */
const LONGEST = 10_000;

export class Memory {
    /**
     * @param {Uint8Array} bytes the machine's physical memory, from 0
     * @param {Layout} layout
     */
    constructor(bytes, layout) {
        this.layout = layout;
        this.bytes = bytes;
        this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        /** The kernel maps all memory in one piece from here on. */
        this.base = layout.PAGE_OFFSET >>> 0;
    }

    /**
     * The address of a field.
     *
     * @param {number} structure its address
     * @param {string} field such as "task_struct.comm"
     */
    field(structure, field) {
        const offset = this.layout[field];
        if (offset === undefined) {
            throw new Error(`the layout has no ${field}`);
        }
        return structure + offset;
    }

    /**
     * Where in the physical memory something lies.
     *
     * @param {number} address
     * @param {number} length in bytes
     */
    #place(address, length) {
        const place = address - this.base;
        if (!(place >= 0 && place + length <= this.bytes.length)) {
            throw new Unreadable(`${address.toString(16)} is no address of the kernel's memory`);
        }
        return place;
    }

    /** @param {number} address */
    u32(address) {
        return this.view.getUint32(this.#place(address, 4), true);
    }

    /**
     * A number of 64 bits, as exactly as JavaScript has it: up to 2^53.
     *
     * @param {number} address
     */
    u64(address) {
        const place = this.#place(address, 8);
        return this.view.getUint32(place + 4, true) * 2 ** 32 + this.view.getUint32(place, true);
    }

    /**
     * A signed number of 64 bits.
     *
     * @param {number} address
     */
    s64(address) {
        const place = this.#place(address, 8);
        return this.view.getInt32(place + 4, true) * 2 ** 32 + this.view.getUint32(place, true);
    }

    /**
     * A text that ends with a zero byte, or after `most` bytes.
     *
     * @param {number} address
     * @param {number} most
     */
    text(address, most) {
        const place = this.#place(address, 1);
        const bytes = this.bytes.subarray(place, place + most);
        const end = bytes.indexOf(0);
        return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
    }

    /**
     * The structure that a field points at.
     *
     * @param {number} structure
     * @param {string} field
     */
    pointer(structure, field) {
        const address = this.u32(this.field(structure, field));
        // Structures lie at multiples of 4, and nothing has the address 0.
        if (address % 4 !== 0) {
            throw new Unreadable(`${field} is ${address.toString(16)}`);
        }
        this.#place(address, 4);
        return address;
    }

    /**
     * The structure that a field points at, or nothing where it is NULL.
     *
     * @param {number} structure
     * @param {string} field
     */
    optional(structure, field) {
        return this.u32(this.field(structure, field)) === 0 ? undefined : this.pointer(structure, field);
    }

    /**
     * The structures in a list (include/linux/list.h).
     *
     * @param {number} head the address of the list_head that is not in a structure
     * @param {string} link the field of the structures that links them
     */
    * list(head, link) {
        const offset = this.field(0, link);
        let count = 0;
        for (let at = this.u32(head); at !== head; at = this.u32(at)) {
            count += 1;
            if (count > LONGEST) {
                throw new Unreadable(`a list of ${link} does not end`);
            }
            yield at - offset;
        }
    }

    /**
     * The physical address of what the kernel has mapped elsewhere than in one piece, as the
     * variables that each processor has for itself.
     *
     * @param {number} address
     * @param {number} pgd the address of the kernel's page table
     */
    mapped(address, pgd) {
        const directory = this.u32(pgd + (address >>> 22) * 4);
        if (!(directory & PRESENT)) {
            throw new Unreadable(`${address.toString(16)} is not mapped`);
        }
        if (directory & LARGE) {
            return ((directory & 0xffc00000) >>> 0) + (address & 0x3fffff) + this.base;
        }
        const entry = this.u32(((directory & 0xfffff000) >>> 0) + this.base + ((address >>> 12) & 0x3ff) * 4);
        if (!(entry & PRESENT)) {
            throw new Unreadable(`${address.toString(16)} is not mapped`);
        }
        return ((entry & 0xfffff000) >>> 0) + (address & 0xfff) + this.base;
    }
}
