// Lets an emulated machine doze while nothing happens on it. Its kernel has a tick
// of 250 Hz, which alone keeps a third of a processor busy: so when the lines are
// silent and no program computes, the machine is stopped, and goes on for a moment
// every half second, to notice what is due. A key wakes it at once.
//
// A classic script, for the page and for Node. doze(emulator) returns what ends it,
// to be called before the machine is destroyed.
globalThis.doze = (emulator) => {
    'use strict';

    const SILENCE = 1000; // ms without a byte, until it may doze
    const LOOK = 100; // ms, how long to look whether it computes
    const BUSY = 5000; // instructions in a ms; the tick alone takes 1000
    const NAP = 500; // ms, how long it is stopped
    const MOMENT = 20; // ms, for how long it then goes on

    const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    let heard = performance.now();
    let awake = true;
    let over = false;
    const wake = () => {
        heard = performance.now();
        if (!awake) {
            awake = true;
            emulator.run();
        }
    };
    for (const line of [0, 1, 2]) {
        emulator.add_listener(`serial${line}-output-byte`, wake);
    }
    // What is sent to it is no event here.
    for (const name of ['serial0_send', 'serial_send_bytes']) {
        const send = emulator[name];
        emulator[name] = (...all) => {
            wake();
            return send.apply(emulator, all);
        };
    }

    /** Lets it run for some time; returns whether a program computes. */
    const busy = async (ms) => {
        const [start, before] = [performance.now(), emulator.get_instruction_counter()];
        await rest(ms);
        // The counter has 32 bits.
        return (emulator.get_instruction_counter() - before >>> 0) / (performance.now() - start) > BUSY;
    };
    const silent = () => performance.now() - heard > SILENCE;

    const live = async () => {
        while (!over) {
            if (!silent() || await busy(LOOK)) {
                await rest(LOOK);
                continue;
            }
            awake = false;
            while (!awake && !over) {
                emulator.stop();
                await rest(NAP);
                if (!awake && !over) {
                    emulator.run();
                    // What has become due is done before it dozes again.
                    while (!awake && await busy(MOMENT));
                }
            }
        }
    };
    live();
    return () => { over = true; };
};
