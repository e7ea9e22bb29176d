// What the kernel in the machine holds, shown in a frame of the page.

import { h, render } from 'preact';
import { History } from '../kernel/history.js';
import { Kernel } from './kernel.js';
import { textOf } from './timeline.js';
import { words } from './words.js';

/** How long a change is shown as one that has just come, in ms. */
const FRESH = 4000;

/** The least time between two announcements, in ms. */
const BETWEEN = 1000;

/** Over what time at least the use of a processor is measured, in ms. */
const MEASURED = 300;

export class KernelView {
    #history = new History();

    /** @type {import('../page/computer.js').Computer | undefined} */
    #computer;

    /** @type {import('./timeline.js').Mode} */
    #mode = 'runs';

    /** How many processors each cgroup uses, by address. @type {Map<string, number>} */
    #rates = new Map();

    /** When that was measured, and how much they had used. */
    #measured = { at: 0, used: /** @type {Map<string, number>} */ (new Map()) };

    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #fresh;

    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #quiet;

    /** What is to be announced when it is time. @type {string[]} */
    #unsaid = [];

    #announced = '';

    #isDue = false;

    /** Whether what happens is only tried, and nobody is told. */
    isApart = false;

    /** What happens when something has changed. */
    onchange = () => {};

    /** What happens when a picture has come. */
    onpicture = (/** @type {import('../kernel/history.js').Picture} */ _picture) => {};

    /** What happens when a line is entered in a terminal, or, without one, when the machine is another. */
    onenter = (/** @type {number | undefined} */ _terminal) => {};

    /** @param {HTMLElement} frame */
    constructor(frame) {
        this.frame = frame;
        this.#draw();
    }

    /**
     * Shows what a computer's kernel holds, from now on.
     *
     * @param {import('../page/computer.js').Computer} computer
     */
    follow(computer) {
        this.#computer = computer;
        computer.follow((picture) => this.#add(picture), (terminal) => {
            this.#history.enter(terminal);
            if (!this.isApart) {
                this.onenter(terminal);
            }
        });
    }

    /** The machine is started again: what was before is gone. */
    forget() {
        this.#history = new History();
        this.#mode = 'runs';
        this.onenter(undefined);
        this.#draw();
    }

    /** What is to be stored with the machine. */
    save() {
        return this.#history.save();
    }

    /** @param {ReturnType<KernelView['save']>} [saved] */
    resume(saved) {
        this.#history = saved ? History.from(saved) : new History();
        this.#mode = 'runs';
        this.onenter(undefined);
        this.#draw();
    }

    /** The page has another language. */
    translate() {
        this.#draw();
    }

    /** The moments at which something has changed. */
    get entries() {
        return this.#history.entries;
    }

    /** What the kernel holds now, as far as it has been seen. */
    get now() {
        return this.#history.now;
    }

    /** Whether the machine goes its own way: it does not stand still, and nothing is tried. */
    get isRunning() {
        return this.#mode === 'runs' && !this.isApart;
    }

    /** A machine that stands still goes on. */
    async go() {
        if (this.#mode !== 'runs') {
            this.#mode = 'runs';
            this.#draw();
            await this.#computer?.go();
        }
    }

    /** What the kernel holds when the machine has come to rest, with the letters that it is shown with. */
    async look() {
        const picture = await this.#computer?.look();
        if (picture) {
            this.#add(picture);
        }
        return picture && this.#history.now;
    }

    /** The machine has ended. */
    end() {
        this.#computer = undefined;
        clearTimeout(this.#fresh);
        clearTimeout(this.#quiet);
        render(null, this.frame);
    }

    async #pause() {
        this.#mode = 'paused';
        this.#draw();
        await this.#computer?.pause();
    }

    async #step() {
        this.#mode = 'stepping';
        this.#draw();
        await this.#computer?.step();
        if (this.#mode === 'stepping') {
            this.#mode = 'paused';
            this.#draw();
        }
    }

    /** @param {import('../kernel/picture.js').Picture} picture */
    #add(picture) {
        const entry = this.#history.add(picture, Date.now());
        this.#measure(picture);
        if (entry && entry.changes.length > 0) {
            clearTimeout(this.#fresh);
            this.#fresh = setTimeout(() => {
                this.#fresh = undefined;
                this.#draw();
            }, FRESH);
            if (!this.isApart) {
                this.#unsaid.push(...textOf(entry));
                this.#announce();
                this.onchange();
            }
        }
        if (this.#history.now && !this.isApart) {
            this.onpicture(this.#history.now);
            // For what the text has about it.
            this.frame.dispatchEvent(new CustomEvent('kernel-picture', { bubbles: true, detail: this.#history.now }));
        }
        this.#draw();
    }

    /** @param {import('../kernel/picture.js').Picture} picture */
    #measure({ cgroups }) {
        const at = performance.now();
        const passed = at - this.#measured.at;
        if (passed < MEASURED) {
            return;
        }
        const used = new Map(cgroups.map(({ address, cpu }) => [address, cpu?.used ?? 0]));
        this.#rates = new Map([...used].map(([address, time]) => {
            const before = this.#measured.used.get(address) ?? time;
            return [address, Math.max(0, time - before) / 1e6 / passed];
        }));
        this.#measured = { at, used };
    }

    /** Says what is new, but not too often. */
    #announce() {
        if (this.#quiet !== undefined || this.#unsaid.length === 0) {
            return;
        }
        const last = this.#unsaid[this.#unsaid.length - 1];
        this.#announced = this.#unsaid.length > 1 ? words().changes(this.#unsaid.length) + last : last;
        this.#unsaid = [];
        this.#quiet = setTimeout(() => {
            this.#quiet = undefined;
            this.#announce();
            this.#draw();
        }, BETWEEN);
    }

    /** Draws with the page's next frame: there may be several changes before it. */
    #draw() {
        if (!this.#isDue) {
            this.#isDue = true;
            requestAnimationFrame(() => {
                this.#isDue = false;
                if (this.frame.isConnected) {
                    this.#drawNow();
                }
            });
        }
    }

    #drawNow() {
        const start = performance.now();
        const control = this.#computer && { pause: () => this.#pause(), go: () => this.go(), step: () => this.#step() };
        render(h(Kernel, {
            history: this.#history, rates: this.#rates, isFresh: this.#fresh !== undefined,
            mode: this.#mode, control, announced: this.#announced,
        }), this.frame);
        // For who observes it; the browser need not keep it.
        performance.measure('kernel drawn', { start });
        performance.clearMeasures('kernel drawn');
    }
}
