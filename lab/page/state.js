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
    // Restoring sets the time stamp counter, and `set_tsc` computes its new offset as if there were no
    // old one. From the second state on, the machine's clock would stand still until it has caught up.
    // Setting the counter to what it says takes the offset away.
    cpu.store_current_tsc();
    cpu.set_tsc(cpu.current_tsc[0], cpu.current_tsc[1]);
    await emulator.restore_state(state);
}
