// Watches what the kernel in the machine holds: after the emulator's slices of time it looks
// whether that has changed, and takes a picture then. The machine does not notice, and one
// that is stopped is not looked at.

import { changes } from '../kernel/changes.js';
import { fingerprintOf } from '../kernel/fingerprint.js';
import { withoutPage } from '../kernel/history.js';
import { takePicture } from '../kernel/picture.js';

/** The least time from one look to the next, in ms: looking costs about 0.03 ms. */
const BETWEEN = 8;

/** A picture costs at most this share of the time, where much happens. */
const SHARE = 1 / 25;

/** How often what cgroups have used is measured, in ms, while the machine runs. */
const MEASURE = 500;

/** @typedef {import('../kernel/picture.js').Picture} Picture */

export class Watch {
    #fingerprint;

    /** @type {number | undefined} */
    #known;

    /** When the next look is due, and the next measurement. */
    #due = -Infinity;
    #measure = Infinity;

    /** @type {Picture | undefined} */
    #last;

    /** How many pictures have been taken. */
    taken = 0;

    /** Whether each slice is looked at. */
    isClose = false;

    /**
     * @param {() => Uint8Array} memory the machine's, which may be moved when it grows
     * @param {import('../kernel/picture.js').Kernel} kernel
     * @param {(picture: Picture, changed: boolean) => void} onpicture
     */
    constructor(memory, kernel, onpicture) {
        this.memory = memory;
        this.kernel = kernel;
        this.onpicture = onpicture;
        this.#fingerprint = fingerprintOf(kernel);
    }

    /** Looks, if it is time. */
    look() {
        const now = performance.now();
        if (now < this.#due && !this.isClose) {
            return;
        }
        this.#due = now + BETWEEN;
        const bytes = this.memory();
        const found = this.#fingerprint(bytes);
        if (found !== this.#known || now > this.#measure) {
            this.#take(bytes, found);
            const end = performance.now();
            this.#due = Math.max(this.#due, end + (end - now) / SHARE);
        }
    }

    /** The next look takes a picture in any case. */
    again() {
        this.#known = undefined;
        this.#last = undefined;
    }

    /**
     * @param {Uint8Array} bytes
     * @param {number} fingerprint
     */
    #take(bytes, fingerprint) {
        const whole = takePicture(bytes, this.kernel);
        this.taken += 1;
        // The kernel may just be changing something: the next look is soon.
        if (!whole) {
            return;
        }
        const picture = withoutPage(whole);
        const changed = !this.#last || changes(this.#last, picture).length > 0;
        const isMeasured = picture.cgroups.some(({ pids, memory, cpu }) => pids ?? memory ?? cpu);
        this.#known = fingerprint;
        this.#last = picture;
        this.#measure = isMeasured ? performance.now() + MEASURE : Infinity;
        if (changed || isMeasured) {
            this.onpicture(picture, changed);
        }
    }
}
