// Watches what the kernel in the machine holds: after the emulator's slices of time it looks
// whether that has changed, and takes a picture then. The machine does not notice, and one
// that is stopped is not looked at.

import { changes } from '../kernel/changes.js';
import { fingerprintOf } from '../kernel/fingerprint.js';
import { withoutPage } from '../kernel/history.js';
import { takePicture } from '../kernel/picture.js';

/** The least time from one look to the next, in ms: looking costs about 0.03 ms. */
const BETWEEN = 8;

/** After a change another is near: for so long, in ms, each slice is looked at. */
const NEAR = 100;

/** How much time pictures may take, as a share of the time that goes by, and in ms at once. */
const [SHARE, AT_ONCE] = [1 / 25, 40];

/** How often what cgroups have used is measured, in ms, while the machine runs. */
const MEASURE = 500;

/** @typedef {import('../kernel/picture.js').Picture} Picture */

export class Watch {
    #fingerprint;

    /** @type {number | undefined} */
    #known;

    /** When the last look was, the last change, and when the next measurement is due. */
    #looked = -Infinity;
    #changed = -Infinity;
    #measure = Infinity;

    /** How much time pictures may take now, in ms. */
    #credit = AT_ONCE;

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
        const passed = now - this.#looked;
        if (passed < BETWEEN && !this.isClose && now > this.#changed + NEAR) {
            return;
        }
        this.#looked = now;
        this.#credit = Math.min(AT_ONCE, this.#credit + passed * SHARE);
        const bytes = this.memory();
        const found = this.#fingerprint(bytes);
        if ((found !== this.#known || now > this.#measure) && (this.#credit > 0 || this.isClose)) {
            this.#take(bytes, found);
            this.#credit -= performance.now() - now;
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
        if (changed) {
            this.#changed = this.#looked;
        }
        if (changed || isMeasured) {
            this.onpicture(picture, changed);
        }
    }
}
