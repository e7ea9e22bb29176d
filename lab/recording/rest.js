// Waiting until the machine has come to rest: whatever a command has begun has been done.

import { fingerprintOf } from '../kernel/fingerprint.js';
import { takePicture } from '../kernel/picture.js';

/** A program that has not changed anything for so many instructions computes, and may do so forever. */
const COMPUTES = 50e6;

/**
 * What takes a picture of the machine when it has come to rest.
 *
 * @param {import('v86').V86} emulator
 * @param {import('../kernel/picture.js').Kernel} kernel
 */
export function restOf(emulator, kernel) {
    const { cpu } = /** @type {any} */ (emulator).v86;
    const fingerprint = fingerprintOf(kernel);
    const look = () => ({ print: fingerprint(cpu.mem8), at: cpu.instruction_counter[0] >>> 0, halted: cpu.in_hlt[0] === 1 });

    /**
     * A picture of a machine at rest. One that does not come to rest in time is taken as it is then,
     * if that is possible.
     *
     * @param {number} [patience] in ms
     */
    return async (patience = Infinity) => {
        const late = performance.now() + patience;
        for (let since = look(), last = since; ; last = await next(last, late)) {
            if (performance.now() > late) {
                return takePicture(cpu.mem8, kernel);
            }
            const executed = (last.at - since.at) >>> 0;
            // What stops an idle machine (page/doze.js) has waited for the same.
            const dozes = last.halted && !emulator.is_running();
            if (last.print !== since.print) {
                since = last;
            } else if (dozes || executed > (last.halted ? 0 : COMPUTES)) {
                const picture = takePicture(cpu.mem8, kernel);
                if (picture && !picture.processes.some((process) => isBusy(process, last.halted))) {
                    return picture;
                }
            }
        }
    };

    /**
     * A look after the machine has executed something, or when it is late.
     *
     * @param {ReturnType<typeof look>} last
     * @param {number} late
     */
    async function next({ at }, late) {
        let now = look();
        while (now.at === at && performance.now() <= late) {
            await new Promise((resolve) => setTimeout(resolve));
            now = look();
        }
        return now;
    }
}

/**
 * Whether a process is about to change something: one that can run, where none computes, and
 * one that has ended and that init, which wakes up each second, will remove.
 *
 * @param {import('../kernel/processes.js').Process} process
 * @param {boolean} halted
 */
const isBusy = ({ state, parent }, halted) => (halted && state === 'R') || (state === 'Z' && parent === 1);
