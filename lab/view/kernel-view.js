// What the kernel in the machine holds, shown in a frame of the page.

import { h, render } from 'preact';
import { History } from '../kernel/history.js';
import { Kernel } from './kernel.js';

export class KernelView {
    #history = new History();

    /** @type {import('../page/computer.js').Computer | undefined} */
    #computer;

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
        computer.follow((picture) => {
            this.#history.add(picture, Date.now());
            this.#draw();
        }, (terminal) => this.#history.enter(terminal));
    }

    /** The machine is started again: what was before is gone. */
    forget() {
        this.#history = new History();
        this.#draw();
    }

    /** What is to be stored with the machine. */
    save() {
        return this.#history.save();
    }

    /** @param {ReturnType<KernelView['save']>} [saved] */
    resume(saved) {
        this.#history = saved ? History.from(saved) : new History();
        this.#draw();
    }

    /** The page has another language. */
    translate() {
        this.#draw();
    }

    /** The machine has ended. */
    end() {
        this.#computer = undefined;
        render(null, this.frame);
    }

    #draw() {
        render(h(Kernel, { history: this.#history, computer: this.#computer }), this.frame);
    }
}
