// The machine that is recorded, in Node, for the page's own code.

import { readFile } from 'node:fs/promises';
import { Control } from '../page/control.js';
import { output } from '../page/doze.js';
import { restoreState } from '../page/state.js';
import { start } from '../machine.mjs';
import { RecordedShell } from './shell.js';

const LINES = [0, 1, 2];

/** Starts the machine whose files are in a folder; returns it, and what makes it as it was built. */
export async function open(folder, { options, state }) {
    const { buffer } = await readFile(`${folder}/${state}`);
    // Compiling takes longer than what the book's commands compute.
    const { emulator } = await start({ ...options, disable_jit: true });
    const hear = [];
    LINES.forEach((line) => emulator.add_listener(output(line), (byte) => hear[line](Uint8Array.of(byte))));
    const machine = {
        open(line, heard) {
            hear[line] = heard;
            return (text) => emulator.serial_send_bytes(line, new TextEncoder().encode(text));
        },
    };

    /** Makes the machine as it was; returns new shells at both terminals. It stands still. */
    async function set(state) {
        await emulator.stop();
        await restoreState(emulator, state);
        const control = new Control(machine);
        return [0, 1].map((index) => new RecordedShell(index, machine, control));
    }

    /** Makes the machine as it was built; returns the shells at both terminals, which show a prompt. */
    async function restore() {
        const shells = await set(buffer);
        emulator.run();
        await shells[0].control.run(`date -s @${Math.floor(Date.now() / 1000)}; : >/etc/motd`);
        await Promise.all(shells.map((shell) => shell.use(() => shell.begin())));
        return shells;
    }

    /** Keeps the machine as it is now, with its shells; returns what makes it so again, which is quicker than `restore`. */
    async function keep(shells) {
        const state = await emulator.save_state();
        const screens = await Promise.all(shells.map((shell) => shell.save()));
        return async () => {
            const again = await set(state);
            await Promise.all(again.map((shell, index) => shell.resume(screens[index])));
            emulator.run();
            return again;
        };
    }
    return { emulator, restore, keep };
}
