// The machine that is recorded, in Node, for the page's own code.

import { readFile } from 'node:fs/promises';
import { Control } from '../page/control.js';
import { output } from '../page/doze.js';
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

    /** Makes the machine as it was built; returns the shells at both terminals, which show a prompt. */
    async function restore() {
        await emulator.stop();
        const { devices } = emulator.v86.cpu;
        LINES.forEach((line) => { devices[`uart${line}`].input.length = 0; });
        await emulator.restore_state(buffer);
        const control = new Control(machine);
        const shells = [0, 1].map((index) => new RecordedShell(index, machine, control));
        emulator.run();
        await control.run(`date -s @${Math.floor(Date.now() / 1000)}; : >/etc/motd`);
        await Promise.all(shells.map((shell) => shell.use(() => shell.begin())));
        return shells;
    }
    return { emulator, restore };
}
