// Saves CPU time while nothing happens on an emulated machine. Its kernel has a tick of
// 250 Hz, which alone keeps a third of a processor busy. So when the serial lines are
// silent and no program computes, this stops the machine, and lets it run for a moment
// every half second so that its timers expire. A key wakes it at once. What runs then is soon
// executed so often that the emulator would compile it, again and again: an idle machine compiles
// nothing, which would take as much time as all else.

const SILENCE_MS = 1000; // without a byte on a line, before the machine is stopped
const SAMPLE_MS = 100; // how often to look whether it computes
const SLEEP_MS = 500; // how long it is stopped
const RUN_MS = 10; // how long it then runs

/** Which of the emulator's settings that is. */
const JIT_DISABLED = 0;

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The name of the event that a serial line has printed a byte; the emulator's types know only
 * that of the first line.
 *
 * @param {number} line
 */
export const output = (line) => /** @type {'serial0-output-byte'} */ (`serial${line}-output-byte`);

/**
 * Begins this; returns a function that ends it, to be called before the machine is destroyed.
 *
 * @param {import('v86').V86} emulator
 */
export function idle(emulator) {
    let lastByte = performance.now();
    let awake = true;
    let ended = false;
    const wake = () => {
        lastByte = performance.now();
        if (!awake) {
            awake = true;
            setCompile(true);
            emulator.run();
        }
    };
    for (const line of [0, 1, 2]) {
        emulator.add_listener(output(line), wake);
    }
    // There is no event for input to the machine.
    const send = emulator.serial_send_bytes;
    emulator.serial_send_bytes = (line, bytes) => {
        wake();
        send.call(emulator, line, bytes);
    };

    // A processor that waits for an interrupt is halted. How many instructions it executes would
    // not tell: on a slow computer a program that computes has few.
    const { cpu } = /** @type {any} */ (emulator).v86;

    /** Sets whether the emulator may compile what is executed often. */
    const setCompile = (/** @type {boolean} */ may) => cpu.wm.exports.set_jit_config(JIT_DISABLED, may ? 0 : 1);

    /** Lets the machine run for some time; returns whether a program computes. */
    const busy = async (/** @type {number} */ ms) => {
        await pause(ms);
        return cpu.in_hlt[0] === 0;
    };
    const silent = () => performance.now() - lastByte > SILENCE_MS;

    const loop = async () => {
        while (!ended) {
            if (!silent() || await busy(SAMPLE_MS)) {
                await pause(SAMPLE_MS);
                continue;
            }
            awake = false;
            while (!awake && !ended) {
                setCompile(false);
                emulator.stop();
                await pause(SLEEP_MS);
                if (!awake && !ended) {
                    emulator.run();
                    // Programs that a timer woke finish their work before the next stop.
                    while (!awake && await busy(RUN_MS)) {
                        setCompile(true);
                    }
                }
            }
        }
    };
    loop();
    return () => {
        ended = true;
        setCompile(true);
    };
}
