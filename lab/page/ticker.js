// The emulator gives up its thread after each slice of time, and has a worker of its own that
// sends it a message when the next is due. In a worker that would be a thread for nothing, and
// a content security policy may forbid it. This sends the messages within the thread; a timer
// alone would not do, since browsers let none come earlier than after 4 ms.

/** Between two slices nothing in the machine moves. */
class Slices {
    /** What is done after each. */
    after = () => {};

    #held = false;

    /** @type {(() => void) | undefined} */
    #due;

    /** No slice comes until `release`: the machine stands still, and does not know it. */
    hold() {
        this.#held = true;
    }

    release() {
        this.#held = false;
        const due = this.#due;
        this.#due = undefined;
        due?.();
    }

    /** @param {() => void} run the next slice */
    next(run) {
        if (this.#held) {
            this.#due = () => this.next(run);
        } else {
            run();
            this.after();
        }
    }
}

export const slices = new Slices();

/** What the emulator needs of a Worker: it posts { t: milliseconds, tick }, and hears tick. */
class Ticker {
    /** @type {(event: { data: unknown }) => void} */
    onmessage = () => {};

    #channel = new MessageChannel();

    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #timer;

    constructor() {
        this.#channel.port2.onmessage = ({ data }) => this.#tick(data);
    }

    /** @param {{ t: number, tick: unknown }} message */
    postMessage({ t, tick }) {
        clearTimeout(this.#timer);
        if (t < 1) {
            this.#channel.port1.postMessage(tick);
        } else {
            this.#timer = setTimeout(() => this.#tick(tick), t);
        }
    }

    /** @param {unknown} tick */
    #tick(tick) {
        slices.next(() => this.onmessage({ data: tick }));
    }

    terminate() {
        clearTimeout(this.#timer);
        this.#channel.port1.close();
    }
}

Object.assign(globalThis, { Worker: Ticker });
