// What can be known of the machine from outside: whether its processor goes on, and how those
// processes are that the page needs. It asks nobody in the machine, and has no DOM.

import { fingerprintOf } from '../kernel/fingerprint.js';
import { takePicture } from '../kernel/picture.js';

/** The page's own shell and what logs readers in: init starts one for each line (lab/root/etc/inittab). */
const [CONTROL, SESSION] = ['control', 'session'];

/** The terminals of readers. */
const TERMINALS = ['ttyS0', 'ttyS1'];

/** The programs that take commands. */
const SHELLS = ['bash', 'sh', 'dash', 'ash'];

/** The flag by which the processor takes interrupts. */
const INTERRUPTS = 1 << 9;

/**
 * A process that the page needs: `full` is a cgroup that lets it start no process.
 *
 * @typedef {{ pid: number, state: import('../kernel/processes.js').State, cgroup: string, full?: { path: string, limit: number } }} Member
 */

/**
 * `isOver` tells that the processor will never go on, and `restarted` that it has been reset.
 * `known` is missing where the kernel's memory makes no sense.
 *
 * @typedef {object} Signs
 * @property {boolean} isOver
 * @property {boolean} restarted
 * @property {{ count: number, control?: Member & { isIdle: boolean }, sessions: (number | undefined)[], shells: (Member | undefined)[] }} [known]
 */

export class Vitals {
    #restarted = false;

    /** What was known of which memory. @type {{ print: number, known: Signs["known"] }} */
    #last = { print: NaN, known: undefined };

    /**
     * @param {import('v86').V86} emulator
     * @param {import('../kernel/picture.js').Kernel} kernel
     */
    constructor(emulator, kernel) {
        this.kernel = kernel;
        this.cpu = /** @type {any} */ (emulator).v86.cpu;
        this.fingerprint = fingerprintOf(kernel);
        const { cpu } = this;
        const reset = cpu.reboot_internal;
        cpu.reboot_internal = () => {
            this.#restarted = true;
            reset.call(cpu);
        };
    }

    /** The machine is made as it was at some other time. */
    restored() {
        this.#restarted = false;
    }

    /**
     * Whether nothing will happen any more: only an interrupt wakes a processor that is halted. After a reset there is
     * nothing to start from, and what is left in memory is of no kernel.
     */
    get isOver() {
        const { cpu } = this;
        return this.#restarted || (cpu.in_hlt[0] === 1 && (cpu.flags[0] & INTERRUPTS) === 0);
    }

    /** @returns {Signs} */
    read() {
        return { isOver: this.isOver, restarted: this.#restarted, known: this.#restarted ? undefined : this.#known() };
    }

    #known() {
        const { cpu, kernel } = this;
        const print = this.fingerprint(cpu.mem8);
        if (print !== this.#last.print) {
            const picture = takePicture(cpu.mem8, kernel);
            this.#last = { print: picture ? print : NaN, known: picture && knownOf(picture) };
        }
        return this.#last.known;
    }
}

/** @param {import('../kernel/picture.js').Picture} picture */
export function knownOf({ processes, cgroups }) {
    const byAddress = new Map(cgroups.map((cgroup) => [cgroup.address, cgroup]));
    const byPath = new Map(cgroups.filter(({ removed }) => !removed).map((cgroup) => [cgroup.path, cgroup]));
    const parents = new Set(processes.filter(({ state }) => state !== 'Z').map(({ parent }) => parent));

    /**
     * The cgroup with room for no other process, if one was refused; that is counted where it was to be, not where the limit is.
     *
     * @param {string} path
     */
    const fullAt = (path) => {
        const names = path.split('/');
        const all = names.map((_, at) => byPath.get(names.slice(0, at + 1).join('/'))).filter((cgroup) => cgroup !== undefined);
        const full = all.find(({ pids }) => pids?.limit !== undefined && pids.current >= pids.limit);
        return full && all.some(({ pids }) => pids && pids.refused > 0) ? { path: full.path, limit: full.pids?.limit ?? 0 } : undefined;
    };

    /** @param {import('../kernel/processes.js').Process} process */
    const member = ({ pid, state, cgroup }) => {
        const path = byAddress.get(cgroup)?.path ?? '/';
        return { pid, state, cgroup: path, full: fullAt(path) };
    };
    const own = processes.filter(({ parent, state }) => parent === 1 && state !== 'Z');
    const control = own.find(({ comm }) => comm === CONTROL);
    // The one that reads what is typed: of those that wait for no other the youngest.
    const shells = TERMINALS.map((name) => processes.filter(({ terminal, comm, pid, state }) =>
        terminal === name && SHELLS.includes(comm) && state !== 'Z' && !parents.has(pid)).at(-1));
    return {
        count: processes.length,
        control: control && { ...member(control), isIdle: control.state === 'S' && !parents.has(control.pid) },
        sessions: TERMINALS.map((name) => own.find(({ comm, terminal }) => comm === SESSION && terminal === name)?.pid),
        shells: shells.map((shell) => shell && member(shell)),
    };
}
