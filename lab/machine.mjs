// The emulated machine in Node, for its first boot and for the tests.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { V86 } = await import(require.resolve('v86/build/libv86.mjs'));

/** Options that must be the same whenever a state is restored. */
export const OPTIONS = { memory_size: 112 << 20, vga_memory_size: 1 << 20, uart1: true, uart2: true };

/** A serial line: its output so far, and its input. */
class Line {
    seen = '';
    #decoder = new TextDecoder();
    #look = () => {};

    constructor(emulator, number) {
        Object.assign(this, { emulator, number });
        emulator.add_listener(`serial${number}-output-byte`, (byte) => {
            this.seen += this.#decoder.decode(Uint8Array.of(byte), { stream: true });
            this.#look();
        });
    }

    type(text) {
        this.emulator.serial_send_bytes(this.number, new TextEncoder().encode(text));
    }

    /** Waits for the pattern; removes the output up to its end, and returns the part before it. */
    until(pattern, seconds = 60) {
        return new Promise((resolve, reject) => {
            const late = setTimeout(() => {
                reject(new Error(`ttyS${this.number}: no ${pattern} within ${seconds} s\n${this.seen}`));
            }, seconds * 1000);
            this.#look = () => {
                const found = this.seen.match(pattern);
                if (found) {
                    clearTimeout(late);
                    this.#look = () => {};
                    this.seen = this.seen.slice(found.index + found[0].length);
                    resolve(found.input.slice(0, found.index));
                }
            };
            this.#look();
        });
    }
}

/** Starts a machine; returns it and its three serial lines. */
export async function start(options) {
    const wasm_path = require.resolve('v86/build/v86.wasm');
    const emulator = new V86({ ...OPTIONS, wasm_path, disable_speaker: true, autostart: true, ...options });
    const lines = [0, 1, 2].map((number) => new Line(emulator, number));
    // Input before this event would be lost.
    await new Promise((started) => emulator.add_listener('emulator-started', started));
    return { emulator, lines };
}
