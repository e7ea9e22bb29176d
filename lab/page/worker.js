// The emulator, in a thread of its own: whatever it computes, the page stays free. The page
// talks to it by messages; machine.js is the other side.
//
// Requests of the page, each with an `id`, answered by { id, value } or { id, error }:
//   load      downloads the machine; meanwhile { progress, all } tells how many bytes of all have come
//   complete  downloads what `load` has left out
//   restore   (again) makes the machine as it was built, and runs it
//   keep      keeps the machine's state as it is under a name, until another is kept under it, for:
//   back      makes the machine as it was kept, and runs it
//   drop      forgets what is kept under a name
//   take      takes the machine's state as it is, for:
//   store     stores it under an id, with what the page adds
//   prepare   reads what is stored under an id, for:
//   resume    makes the machine as it was stored under an id, and runs it; the value is what is
//             known of it, or nothing if there is none
//   look      what the kernel holds when the machine has come to rest, or after a while if it does not
//   vitals    how the machine is (vitals.js)
// Without an answer:
//   { line, text }    what is typed at a serial line
// To the page, unasked:
//   { line, bytes }   what a serial line has printed

import { slices } from './ticker.js'; // before the emulator, which takes what it needs from globalThis
import { V86 } from 'v86';
import { idle, output } from './doze.js';
import { download } from './download.js';
import { restoreState } from './state.js';
import * as storage from './storage.js';
import { Vitals } from './vitals.js';
import { withoutPage } from '../kernel/history.js';
import { restOf } from '../recording/rest.js';
import { Watch } from './watch.js';

const LINES = [0, 1, 2];

/** How long a machine may take to come to rest before it is looked at all the same, in ms. */
const RESTLESS = 5000;

/**
 * What lab/build knows of the machine, where its files are, and whether its own state is needed
 * at once: not if one that was stored takes its place.
 *
 * @typedef {{ files: string, state: string, bytes: number, emulator: number, options: object, kernel: import('../kernel/picture.js').Kernel,
 *     fromStart: boolean }} Description
 */

/** @type {{ emulator: V86, url: string, bytes: number, state: ArrayBuffer | undefined, stopDozing: () => void, watch: Watch, vitals: Vitals, rest: ReturnType<typeof restOf> } | undefined} */
let machine;

/** Tells how many of these bytes have been downloaded. */
const progressOf = (/** @type {number} */ all) => (/** @type {number} */ bytes) => postMessage({ progress: bytes, all });

/** @param {Description} description */
async function load({ files, state, bytes, emulator: emulatorBytes, options, kernel, fromStart }) {
    const url = `${files}${state}`;
    const [wasm, saved] = await download([`${files}v86.wasm`, ...(fromStart ? [url] : [])],
        progressOf(fromStart ? bytes : emulatorBytes));
    const module = await WebAssembly.compile(wasm);
    const emulator = new V86({
        ...options,
        wasm_fn: async (/** @type {WebAssembly.Imports} */ imports) =>
            (await WebAssembly.instantiate(module, imports)).exports,
        disable_keyboard: true, disable_mouse: true, disable_speaker: true,
    });
    await new Promise((ready) => emulator.add_listener('emulator-ready', ready));
    LINES.forEach((line) => forward(emulator, line));
    const watch = new Watch(() => /** @type {any} */ (emulator).v86.cpu.mem8, kernel, pictured);
    const vitals = new Vitals(emulator, kernel);
    slices.after = () => vitals.isOver || watch.look();
    machine = { emulator, url, bytes: bytes - emulatorBytes, state: saved, stopDozing: idle(emulator), watch, vitals, rest: restOf(emulator, kernel) };
}

/**
 * @param {import('../kernel/picture.js').Picture} picture
 * @param {boolean} changed
 */
function pictured(picture, changed) {
    postMessage({ picture });
    if (changed && loaded().watch.isClose) {
        pause();
    }
}

/** What happens when a step ends. */
let endStep = () => {};

async function pause() {
    slices.hold();
    loaded().watch.isClose = false;
    endStep();
}

async function go() {
    loaded().watch.isClose = false;
    endStep();
    slices.release();
}

/** @returns {Promise<void>} */
function step() {
    endStep();
    return new Promise((resolve) => {
        endStep = resolve;
        loaded().watch.isClose = true;
        slices.release();
    });
}

async function look() {
    const picture = await loaded().rest(RESTLESS);
    return picture && withoutPage(picture);
}

/** Downloads the machine's own state, if that is not there yet. */
async function complete() {
    const to = loaded();
    to.state ??= (await download([to.url], progressOf(to.bytes)))[0];
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

function restore() {
    return run(loaded().state ?? new ArrayBuffer(0));
}

/** @param {ArrayBuffer} state */
async function run(state) {
    const { emulator } = loaded();
    await restoreState(emulator, state);
    loaded().vitals.restored();
    loaded().watch.again();
    await go();
    emulator.run();
}

/** @type {Map<string, ArrayBuffer>} */
const kept = new Map();

/** @param {string} name */
async function keep(name) {
    await drop(name);
    kept.set(name, await loaded().emulator.save_state());
}

/** @param {string} name */
function back(name) {
    return run(kept.get(name) ?? new ArrayBuffer(0));
}

/** @param {string} name */
async function drop(name) {
    free(kept.get(name) ?? new ArrayBuffer(0));
    kept.delete(name);
}

/** @type {ArrayBuffer | undefined} */
let taken;

async function take() {
    taken = await loaded().emulator.save_state();
}

/** @param {{ id: string, about: import('./storage.js').About }} what */
async function store({ id, about }) {
    const state = taken ?? new ArrayBuffer(0);
    taken = undefined;
    // As it is: compressing its 40 MB takes ten times as long as storing them.
    await storage.put(id, about, state);
    free(state);
}

/**
 * Gives the memory of a state back at once, where the browser can do that; a collection of
 * garbage may come much later.
 *
 * @param {ArrayBuffer & { transfer?: (length: number) => ArrayBuffer }} state
 */
function free(state) {
    state.transfer?.(0);
}

/** What is stored, as it is read before it is needed. @type {ReturnType<typeof storage.take> | undefined} */
let prepared;

/** @param {{ id: string, build: string }} which */
async function prepare({ id, build }) {
    prepared = storage.take(id, build);
    await prepared;
}

/** @param {{ id: string, build: string }} which */
async function resume({ id, build }) {
    const stored = await (prepared ?? storage.take(id, build));
    prepared = undefined;
    if (stored) {
        await run(stored.state);
        free(stored.state);
    }
    return stored?.about;
}

/** @type {Record<string, (argument: any) => Promise<unknown>>} */
const requests = { load, complete, restore, keep, back, drop, take, store, prepare, resume, look, pause, step, go, vitals: async () => loaded().vitals.read() };

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
