// When the machine's state is stored, so that it survives a reload: when it has been quiet for
// a moment after a change, and not too often.

import { remove } from './storage.js';
import { forget, newId, remember } from './tab.js';

/** How long nothing must happen, in ms. */
const QUIET = 1000;

/** How long to wait at most for that, where something always happens. */
const AT_MOST = 15_000;

/** The least time from one checkpoint to the next: each is 40 MB. */
const BETWEEN = 10_000;

/**
 * From now on, stores the machine when it has changed.
 *
 * @param {import('./computer.js').Computer} computer
 * @param {string | undefined} id that of the checkpoint there is
 * @param {() => object} page what the page adds
 * @param {(kept: boolean) => void} onstored what happens when it is stored, or cannot be
 */
export async function keepMachine(computer, id, page, onstored) {
    const checkpoints = new Checkpoints(id ?? await newId(), () => computer.store(checkpoints.id, page), onstored);
    computer.watch(() => checkpoints.changed());
    checkpoints.begin();
    if (!id) {
        checkpoints.changed();
    }
    return checkpoints;
}

/**
 * Removes a checkpoint that cannot be gone on from.
 *
 * @param {string} id
 */
export function dropStored(id) {
    forget();
    remove(id).catch(() => {}); // it may be that there is no storage
}

export class Checkpoints {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #timer;

    /** When the first change came that is not stored yet. */
    #since = Infinity;

    /** When the last checkpoint was ready. */
    #stored = -Infinity;

    /** @type {Promise<void> | undefined} */
    #storing;

    #on = false;

    /**
     * @param {string} id that of the checkpoint
     * @param {() => Promise<unknown>} store stores it
     * @param {(kept: boolean) => void} onstored what happens when it is stored, or cannot be
     */
    constructor(id, store, onstored) {
        this.id = id;
        this.store = store;
        this.onstored = onstored;
    }

    /** From now on changes count. */
    begin() {
        this.#on = true;
    }

    /** Whether the machine is stored as it is. */
    get isStored() {
        return this.#on && !this.#storing && this.#since === Infinity;
    }

    /** Tells that the machine is not what it was. */
    changed() {
        if (this.#on) {
            this.#since = Math.min(this.#since, performance.now());
            this.#schedule();
        }
    }

    #schedule() {
        const now = performance.now();
        const due = Math.max(Math.min(now + QUIET, this.#since + AT_MOST), this.#stored + BETWEEN);
        clearTimeout(this.#timer);
        if (!this.#storing) {
            this.#timer = setTimeout(() => { this.#storing = this.#store(); }, due - now);
        }
    }

    async #store() {
        this.#since = Infinity;
        try {
            await this.store();
            if (this.#on) {
                remember(this.id);
                this.onstored(true);
            }
        } catch {
            if (this.#on) {
                this.onstored(false);
            }
        }
        this.#stored = performance.now();
        this.#storing = undefined;
        if (this.#on && this.#since < Infinity) {
            this.#schedule();
        }
    }

    /** Stores no more until `begin`. */
    async hold() {
        this.#on = false;
        this.#since = Infinity;
        clearTimeout(this.#timer);
        await this.#storing;
    }

    /** Stores no more, and removes what has been stored. */
    async end() {
        const held = this.hold();
        forget();
        await held;
        await remove(this.id).catch(() => {}); // without a storage there is nothing to remove
    }
}
