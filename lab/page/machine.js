// The machine as the page sees it: its three serial lines, and what can be asked of it. The
// emulator runs in a worker (worker.js).

import { takeWorker } from './early.js';

/** How long the emulator may take for what needs no network, in ms. */
const PATIENCE = 30_000;

/** An error's message where the emulator does not answer. The page has the words for it. */
export const SILENT = 'silent';

export class Machine {
    /** @type {((bytes: Uint8Array) => void)[]} */
    #hear = [];

    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    #asked = new Map();

    /** The id of the next request. */
    #next = 0;

    /** What happens when more bytes have been loaded. */
    onprogress = (/** @type {number} */ _bytes, /** @type {number} */ _all) => {};

    /** What happens when something has been typed or printed. */
    onchange = () => {};

    /** What happens when the kernel holds something else, or has measured something. */
    onpicture = (/** @type {import('../kernel/picture.js').Picture} */ _picture) => {};

    /** What happens when a line is entered at a serial line. */
    onenter = (/** @type {number} */ _line) => {};

    constructor() {
        this.worker = takeWorker();
        this.worker.addEventListener('message', ({ data }) => this.#receive(data));
        this.worker.addEventListener('error', (event) => {
            event.preventDefault();
            this.#fail(new Error(event.message || 'worker.js'));
        });
    }

    /** @param {any} message */
    #receive({ line, bytes, picture, progress, all, id, value, error }) {
        if (line !== undefined) {
            this.#hear[line]?.(bytes);
            this.onchange();
        } else if (picture !== undefined) {
            this.onpicture(picture);
        } else if (progress !== undefined) {
            this.onprogress(progress, all);
        } else if (error !== undefined) {
            this.#asked.get(id)?.reject(new Error(error));
        } else {
            this.#asked.get(id)?.resolve(value);
        }
    }

    /** @param {Error} error */
    #fail(error) {
        this.#asked.forEach(({ reject }) => reject(error));
    }

    /**
     * Asks the worker for something, and returns its answer.
     *
     * @param {string} request
     * @param {unknown} [argument]
     * @param {number} [patience] in ms; the download has its own
     */
    async ask(request, argument, patience = PATIENCE) {
        const id = this.#next;
        this.#next += 1;
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let late;
        try {
            return await new Promise((resolve, reject) => {
                this.#asked.set(id, { resolve, reject });
                this.worker.postMessage({ id, request, argument });
                late = patience < Infinity ? setTimeout(() => reject(new Error(SILENT)), patience) : undefined;
            });
        } finally {
            clearTimeout(late);
            this.#asked.delete(id);
        }
    }

    /**
     * Calls `hear` with what a line prints from now on; returns what types on it.
     *
     * @param {number} line
     * @param {(bytes: Uint8Array) => void} hear
     */
    open(line, hear) {
        this.#hear[line] = hear;
        return (/** @type {string} */ text) => {
            this.worker.postMessage({ line, text });
            this.onchange();
            if (text.includes('\r')) {
                this.onenter(line);
            }
        };
    }

    /** Ends the emulator; its memory is given back. */
    end() {
        this.worker.terminate();
        this.#fail(new Error(SILENT));
        this.#hear = [];
    }
}
