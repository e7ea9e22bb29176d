// The emulated machine, in Node: for the boot, and for the tests.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const v86 = require.resolve("v86/build/libv86.mjs");
const { V86 } = await import(v86);

/** Memory of the guest, in bytes. */
export const MEMORY = 128 << 20;

/** A serial line: what is typed on it, and what has appeared. */
class Line {
    seen = "";
    #decoder = new TextDecoder();
    #waiting = [];

    constructor(emulator, number) {
        this.emulator = emulator;
        this.number = number;
        emulator.add_listener(`serial${number}-output-byte`, (byte) => {
            this.seen += this.#decoder.decode(Uint8Array.of(byte), { stream: true });
            this.#waiting = this.#waiting.filter((look) => !look());
        });
    }

    type(text) {
        this.emulator.serial_send_bytes(this.number, new TextEncoder().encode(text));
    }

    /** Waits until the pattern has appeared; returns what was before it, and takes both away. */
    until(pattern, seconds = 60) {
        return new Promise((resolve, reject) => {
            const late = () => reject(new Error(`ttyS${this.number}: no ${pattern} in ${JSON.stringify(this.seen)}`));
            const timer = setTimeout(late, seconds * 1000);
            const look = () => {
                const found = this.seen.match(pattern);
                if (!found) return false;
                clearTimeout(timer);
                const before = this.seen.slice(0, found.index);
                this.seen = this.seen.slice(found.index + found[0].length);
                resolve(before);
                return true;
            };
            if (!look()) this.#waiting.push(look);
        });
    }
}

/** Starts a machine, with these options of V86 besides those that are always the same. */
export async function start(options) {
    const emulator = new V86({
        wasm_path: require.resolve("v86/build/v86.wasm"),
        memory_size: MEMORY,
        vga_memory_size: 1 << 20,
        disable_speaker: true,
        uart1: true,
        uart2: true,
        autostart: true,
        ...options,
    });
    const lines = [0, 1, 2].map((number) => new Line(emulator, number));
    await new Promise((resolve) => emulator.add_listener("emulator-started", resolve));
    return { emulator, lines };
}

export const image = (path) => ({ url: path });
