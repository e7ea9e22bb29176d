// The machine with its terminals: it is loaded, started, started again, and ended.

import { Control } from './control.js';
import { Machine } from './machine.js';
import { Shell } from './shell.js';
import { Interrupted } from './stops.js';
import { openTerminal } from './terminal.js';
import { words } from './words.js';

/**
 * What lab/build knows of the machine: see its README.
 *
 * @type {{ state: string, bytes: number, emulator: number, options: object, kernel: import('../kernel/picture.js').Kernel, build: string }}
 */
export const description = MACHINE;

/** Under this name the machine is kept as a challenge begins. */
const CHALLENGE = 'challenge';

export class Computer {
    /** @type {Shell[]} */
    shells = [];

    #machine = new Machine();

    /** Root's shell, for what the page asks. */
    control = new Control(this.#machine);

    /** @type {(reason: unknown) => void} */
    #end = () => {};

    /** Of each machine that is kept, by its name: its terminals, and what the page has added. @type {Map<string, { shells: Awaited<ReturnType<Shell['save']>>[], page: any }>} */
    #kept = new Map();

    /** Whether nobody in it can be asked (health.js). */
    isLost = false;

    /** Whether the page itself is typing, to begin. */
    #isStarting = false;

    #ended = new Promise((_, reject) => { this.#end = reject; });

    constructor() {
        this.#ended.catch(() => {});
    }

    /**
     * Downloads the machine.
     *
     * @param {boolean} fromStart whether it will not be one that was stored
     * @param {(bytes: number, all: number) => void} progress
     */
    load(fromStart, progress) {
        this.#machine.onprogress = progress;
        const files = new URL('.', import.meta.url).href;
        return this.#unlessEnded(this.#machine.ask('load', { ...description, files, fromStart }, Infinity));
    }

    /**
     * Opens a terminal in each frame.
     *
     * @param {HTMLElement[]} frames
     */
    open(frames) {
        this.shells = frames.map((frame, index) => new Shell(index, this.#machine, this.control, frame,
            openTerminal(frame, frame.ariaLabel ?? '')));
    }

    /**
     * Makes the machine as it was built, and begins at all terminals. Whatever runs is gone.
     *
     * @param {() => void} restored what happens before anything runs in it
     */
    start(restored) {
        this.shells.forEach((shell) => shell.interrupt());
        const start = async () => {
            await this.#machine.ask('complete', undefined, Infinity);
            await this.#machine.ask('restore');
            restored();
            this.control.forget();
            await this.#setClock();
            await this.control.run(`printf '%s\\n' ${words.motd.map((line) => `'${line}'`).join(' ')} >/etc/motd`);
            this.#isStarting = true;
            try {
                await Promise.all(this.shells.map((shell) => shell.use(() => shell.begin())));
            } finally {
                this.#isStarting = false;
            }
        };
        return this.#unlessEnded(start());
    }

    /** The machine that is kept for a challenge. */
    get kept() {
        return this.#kept.get(CHALLENGE);
    }

    /**
     * Keeps the machine as it is, with its terminals and what the page adds, until another is kept under that name.
     *
     * @param {() => object} page
     * @param {string} [name]
     */
    async keep(page, name = CHALLENGE) {
        await this.#unlessEnded(this.#machine.ask('keep', name));
        const added = page(); // now: the machine goes on
        this.#kept.set(name, { page: added, shells: await Promise.all(this.shells.map((shell) => shell.save())) });
    }

    /** What is kept under a name is not needed any more. @param {string} name */
    async drop(name) {
        this.#kept.delete(name);
        await this.#unlessEnded(this.#machine.ask('drop', name));
    }

    /**
     * Makes the machine as it was kept, and its terminals. Whatever runs is gone.
     *
     * @param {(page: any) => void} restored what happens before it goes on
     * @param {string} [name]
     */
    back(restored, name = CHALLENGE) {
        this.shells.forEach((shell) => shell.interrupt());
        const back = async () => {
            await this.#machine.ask('back', name);
            const { shells, page } = /** @type {NonNullable<Computer['kept']>} */ (this.#kept.get(name));
            restored(page);
            this.control.forget();
            await Promise.all(this.shells.map((shell, index) => shell.resume(shells[index])));
            this.#setClock(); // meanwhile the reader can go on
        };
        return this.#unlessEnded(back());
    }

    /**
     * Stores the machine under an id, with its terminals and what the page adds.
     *
     * @param {string} id
     * @param {() => object} page
     */
    async store(id, page) {
        const taken = Date.now();
        await this.#machine.ask('take');
        const added = page(); // now: the machine goes on
        const shells = await Promise.all(this.shells.map((shell) => shell.save()));
        const about = { build: description.build, taken, page: { ...added, shells } };
        await this.#machine.ask('store', { id, about });
    }

    /**
     * Makes the machine as it was stored under an id, and its terminals; returns when that was,
     * and what the page had added. Nothing, if it is not stored or belongs to another build.
     *
     * @param {string} id
     * @param {(page: any) => void} restored what happens before it goes on
     */
    resume(id, restored) {
        const resume = async () => {
            const about = await this.#machine.ask('resume', { id, build: description.build });
            if (about) {
                restored(about.page);
                this.control.forget();
                await Promise.all(this.shells.map((shell, index) => shell.resume(about.page.shells[index])));
                this.#setClock(); // meanwhile the reader can go on
            }
            return /** @type {import('./storage.js').About | undefined} */ (about);
        };
        return this.#unlessEnded(resume());
    }

    /** @param {() => void} changed what happens when the machine is not what it was */
    watch(changed) {
        this.#machine.onchange = changed;
    }

    /**
     * @param {(picture: import('../kernel/picture.js').Picture) => void} pictured what happens when the kernel
     *     holds something else, or has measured something
     * @param {(terminal: number) => void} entered what happens when a line is entered in a terminal
     */
    follow(pictured, entered) {
        this.#machine.onpicture = pictured;
        this.#machine.onenter = (line) => this.shells[line] && !this.#isStarting && entered(line);
    }

    /**
     * What the kernel holds when the machine has come to rest; nothing, where that cannot be read.
     *
     * @returns {Promise<import('../kernel/picture.js').Picture | undefined>}
     */
    look() {
        return this.#unlessEnded(this.#machine.ask('look'));
    }

    /** How the machine is, as it can be known without asking anybody in it. @returns {Promise<import('./vitals.js').Signs>} */
    vitals() {
        return this.#machine.ask('vitals');
    }

    /** The machine stands still until `go`. */
    pause() {
        return this.#machine.ask('pause');
    }

    /** It goes on until the kernel holds something else, which may take any time. */
    step() {
        return this.#machine.ask('step', undefined, Infinity);
    }

    go() {
        return this.#machine.ask('go');
    }

    #setClock() {
        return this.control.run(`date -s @${Math.floor(Date.now() / 1000)}`);
    }

    /** Ends the machine, and whatever is waited for. */
    end() {
        this.#end(new Interrupted());
        this.#machine.end();
        this.shells.forEach((shell) => {
            shell.interrupt();
            shell.terminal.dispose();
        });
        this.shells = [];
    }

    /**
     * A promise that ends when the machine is ended.
     *
     * @template T
     * @param {Promise<T>} promise
     * @returns {Promise<T>}
     */
    #unlessEnded(promise) {
        return Promise.race([/** @type {Promise<never>} */ (this.#ended), promise]);
    }
}
