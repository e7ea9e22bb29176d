// Where the kernel's structures begin in a machine that has just been booted: found once, when
// its state is saved.

import { Memory } from './memory.js';
import { pageTable, takePicture } from './picture.js';

/**
 * What is known of the kernel of a machine (see picture.js).
 *
 * @param {any} cpu the emulator's processor
 * @param {{ release: string, source: string, layout: import('./memory.js').Layout }} expected of which kernel the layout is
 * @returns {import('./picture.js').Kernel}
 */
export function locate(cpu, { release, source, layout }) {
    const memory = new Memory(cpu.mem8, layout);
    const init = findInit(memory);
    const table = memory.mapped(cpu.gdtr_offset[0] >>> 0, pageTable(memory, init));
    const kernel = { release, source, init, local: findLocal(memory, table), layout };
    if (!takePicture(cpu.mem8, kernel)) {
        throw new Error(`the kernel is not ${release}, or its layout is another`);
    }
    return kernel;
}

/**
 * init_task: the one place where "swapper/0" is a task's name, and its list of tasks leads on
 * and back.
 *
 * @param {import('./memory.js').Memory} memory
 */
function findInit(memory) {
    const name = new TextEncoder().encode('swapper/0\0');
    const comm = memory.field(0, 'task_struct.comm');
    const found = [];
    for (let at = memory.bytes.indexOf(name[0]); at >= 0; at = memory.bytes.indexOf(name[0], at + 1)) {
        const task = at + memory.base - comm;
        if (name.every((byte, index) => memory.bytes[at + index] === byte) && leadsBack(memory, task)) {
            found.push(task);
        }
    }
    if (found.length !== 1) {
        throw new Error(`${found.length} tasks look like init_task`);
    }
    return found[0];
}

/**
 * @param {import('./memory.js').Memory} memory
 * @param {number} task
 */
function leadsBack(memory, task) {
    try {
        return [...memory.list(memory.field(task, 'task_struct.tasks'), 'task_struct.tasks')].length > 1;
    } catch {
        return false;
    }
}

/** Which entry of the table of segments has the first processor's own variables (GDT_ENTRY_PERCPU). */
const PERCPU = 27;

/**
 * The distance to the first processor's own variables: the base of a segment (see the
 * processor's manual for the order of its bits).
 *
 * @param {Memory} memory
 * @param {number} table the address of the processor's table of segments (GDT)
 */
function findLocal(memory, table) {
    const [low, high] = [memory.u32(table + PERCPU * 8), memory.u32(table + PERCPU * 8 + 4)];
    return ((high & 0xff000000) | ((high & 0xff) << 16) | (low >>> 16)) >>> 0;
}
