// Makes a machine as it was when its state was saved.

/** The machine's serial lines. */
const LINES = [0, 1, 2];

/**
 * @param {import('v86').V86} emulator
 * @param {ArrayBuffer} state
 */
export async function restoreState(emulator, state) {
    const { cpu } = /** @type {any} */ (emulator).v86;
    // What has been typed and not yet read is no part of the state.
    LINES.forEach((line) => { cpu.devices[`uart${line}`].input.length = 0; });
    // `set_tsc` takes the counter for one without an offset: from the second state on, the machine's
    // clock would stand still until it is as late as it was when the state was saved.
    cpu.store_current_tsc();
    cpu.set_tsc(cpu.current_tsc[0], cpu.current_tsc[1]);
    await emulator.restore_state(state);
}
