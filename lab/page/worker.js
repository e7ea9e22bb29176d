// The emulator, in a thread of its own: whatever it computes, the page stays free. The page
// talks to it by messages; machine.js is the other side.
//
// Requests of the page, each with an `id`, answered by { id, value } or { id, error }:
//   load      downloads the machine; meanwhile { progress } tells how many bytes have come
//   restore   (again) makes the machine as it was saved, and runs it
// Without an answer:
//   { line, text }    what is typed at a serial line
// To the page, unasked:
//   { line, bytes }   what a serial line has printed

import './ticker.js'; // before the emulator, which takes what it needs from globalThis
import { V86 } from 'v86';
import { idle, output } from './doze.js';
import { download } from './download.js';

const LINES = [0, 1, 2];

/** @typedef {{ files: string, state: string, options: object, bytes: number }} Description */

/** @type {{ emulator: V86, state: ArrayBuffer, stopDozing: () => void } | undefined} */
let machine;

/** @param {Description} description */
async function load({ files, state, options }) {
    const progress = (/** @type {number} */ bytes) => postMessage({ progress: bytes });
    const [saved, wasm] = await download([`${files}${state}`, `${files}v86.wasm`], progress);
    const module = await WebAssembly.compile(wasm);
    const emulator = new V86({
        ...options,
        wasm_fn: async (/** @type {WebAssembly.Imports} */ imports) =>
            (await WebAssembly.instantiate(module, imports)).exports,
        disable_keyboard: true, disable_mouse: true, disable_speaker: true,
    });
    await new Promise((ready) => emulator.add_listener('emulator-ready', ready));
    LINES.forEach((line) => forward(emulator, line));
    machine = { emulator, state: saved, stopDozing: idle(emulator) };
}

/**
 * Sends the page what a serial line prints. The bytes come one by one; those of one slice of
 * the emulator's time are sent together.
 *
 * @param {V86} emulator
 * @param {number} line
 */
function forward(emulator, line) {
    /** @type {number[]} */
    let bytes = [];
    emulator.add_listener(output(line), (/** @type {number} */ byte) => {
        if (bytes.push(byte) === 1) {
            queueMicrotask(() => {
                postMessage({ line, bytes: Uint8Array.from(bytes) });
                bytes = [];
            });
        }
    });
}

function loaded() {
    if (!machine) {
        throw new Error('nothing is loaded');
    }
    return machine;
}

async function restore() {
    const { emulator, state } = loaded();
    // What has been typed and not yet read is no part of the state.
    const { devices } = /** @type {any} */ (emulator).v86.cpu;
    LINES.forEach((line) => { devices[`uart${line}`].input.length = 0; });
    await emulator.restore_state(state);
    emulator.run();
}

/** @type {Record<string, (argument: any) => Promise<unknown>>} */
const requests = { load, restore };

addEventListener('message', async ({ data }) => {
    if (data.line !== undefined) {
        loaded().emulator.serial_send_bytes(data.line, new TextEncoder().encode(data.text));
        return;
    }
    const { id, request, argument } = data;
    try {
        postMessage({ id, value: await requests[request](argument) });
    } catch (error) {
        postMessage({ id, error: String(error instanceof Error ? error.message : error) });
    }
});
