// The panel with the terminals: it loads the machine, starts it, starts it again, ends it.

import { Control } from './control.js';
import { button, element } from './dom.js';
import { paste } from './clipboard.js';
import { STALLED } from './download.js';
import { Machine, SILENT } from './machine.js';
import { play } from './play.js';
import { Shell } from './shell.js';
import { INTERRUPTED } from './stops.js';
import { copySelection, handleKeys, paint } from './terminal.js';
import { words } from './words.js';

/**
 * What lab/build knows of the machine: see its README.
 *
 * @type {{ state: string, bytes: number, options: object }}
 */
export const description = MACHINE;

const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(0);

/** Whether the terminals are to be read by a screen reader; the reader's choice is kept. */
const READ_ALOUD = 'lab-screen-reader';

export class Panel {
    /** @type {Shell[]} */
    shells = [];

    #frames = [1, 2].map((number) => element('div', {
        className: 'lab-pane', role: 'group', ariaLabel: `${words.terminal} ${number}`,
    }));

    #status = element('p', { role: 'status', className: 'lab-status' });

    #progress = element('progress', { max: description.bytes, hidden: true });

    #again = button(words.again, () => this.#startAgain());

    #panes = element('div', { className: 'lab-panes' }, ...this.#frames);

    #observers = [
        new ResizeObserver(() => this.shells.forEach((shell) => shell.fit())),
        new MutationObserver(() => this.#paint()),
    ];

    /** The terminal that was used last. */
    #current = 0;

    /** @type {(reason: unknown) => void} */
    #end = () => {};

    #ended = new Promise((_, reject) => { this.#end = reject; });

    /**
     * @param {() => void} leave gives the focus back to the text
     * @param {() => void} onclose what happens when the panel has been closed
     */
    constructor(leave, onclose) {
        this.leave = leave;
        this.onclose = onclose;
        this.#ended.catch(() => {});
        this.section = element('section', { className: 'lab-panel', ariaLabel: words.panel },
            element('div', { className: 'lab-head' },
                this.#screenReaderSwitch(),
                element('strong', { textContent: words.panel }), this.#status, this.#progress,
                element('span', { className: 'lab-keys', textContent: words.keys }),
                button(words.copy, () => copySelection(this.#shell.terminal, (text) => this.say(text))),
                button(words.paste, () => this.#paste()),
                this.#again,
                button(words.close, () => this.close())),
            this.#panes);
        this.#frames.forEach((frame, index) => frame.addEventListener('focusin', () => { this.#current = index; }));
        document.body.append(this.section);
        document.documentElement.classList.add('lab-open');
        this.ready = this.#load();
    }

    get #shell() {
        return this.shells[this.#current];
    }

    /**
     * Shows a message, which screen readers announce.
     *
     * @param {string} text
     */
    say(text) {
        this.#status.textContent = text;
    }

    /** Ends the machine, and whatever is waited for. */
    close() {
        this.#stop(INTERRUPTED);
        this.#observers.forEach((observer) => observer.disconnect());
        this.section.remove();
        document.documentElement.classList.remove('lab-open');
        this.onclose();
        this.leave();
    }

    /**
     * Runs a session in its terminal; tells whether its last program is left running.
     *
     * @param {import('./blocks.js').Block} block
     * @param {import('./blocks.js').Sessions} sessions
     * @param {() => void} begin what happens when its turn has come
     */
    run(block, sessions, begin) {
        const shell = this.shells[block.pane];
        return shell.use(() => {
            begin();
            return play(shell, block, sessions, (text) => this.say(text));
        });
    }

    /** @param {unknown} reason */
    #stop(reason) {
        this.#end(reason);
        this.#dispose();
    }

    #dispose() {
        this.machine?.end();
        this.shells.forEach((shell) => {
            shell.interrupt();
            shell.terminal.dispose();
        });
        this.shells = [];
    }

    /**
     * A promise that ends when the panel is closed.
     *
     * @template T
     * @param {Promise<T>} promise
     * @returns {Promise<T>}
     */
    #unlessEnded(promise) {
        return Promise.race([/** @type {Promise<never>} */ (this.#ended), promise]);
    }

    /** Loads the machine and starts it. */
    async #load() {
        this.#busy(true);
        this.#progress.hidden = false;
        this.#loaded(0);
        this.machine = new Machine(new URL('worker.js', import.meta.url));
        this.machine.onprogress = (bytes) => this.#loaded(bytes);
        try {
            const files = new URL('.', import.meta.url).href;
            await this.#unlessEnded(this.machine.ask('load', { ...description, files }, Infinity));
            this.#progress.hidden = true;
            await this.#unlessEnded(this.#open());
        } catch (error) {
            this.#failed(error);
            throw INTERRUPTED;
        }
    }

    /** @param {number} bytes */
    #loaded(bytes) {
        this.#progress.value = bytes;
        const amount = words.of(megabytes(bytes), megabytes(description.bytes));
        this.#progress.ariaLabel = words.loading(megabytes(description.bytes));
        this.say(words.loading(amount));
    }

    /** Opens the terminals on the machine that has been loaded. */
    async #open() {
        const { machine } = this;
        if (!machine) {
            return;
        }
        this.control = new Control(machine);
        const { control } = this;
        this.shells = this.#frames.map((frame, index) => new Shell(index, machine, control, frame));
        this.shells.forEach(({ terminal }, index) => handleKeys(
            terminal,
            () => (this.shells[index + 1] ? this.shells[index + 1].terminal.focus() : this.leave()),
            (text) => this.say(text),
        ));
        this.#paint();
        this.#readAloud(localStorage.getItem(READ_ALOUD) === 'yes');
        await this.#start();
        const [resized, themed] = this.#observers;
        this.#frames.forEach((frame) => /** @type {ResizeObserver} */ (resized).observe(frame));
        /** @type {MutationObserver} */ (themed).observe(document.documentElement, { attributeFilter: ['class'] });
    }

    /** Restores the machine as it was saved, and begins at both terminals. */
    async #start() {
        const { machine, control } = this;
        if (!machine || !control) {
            return;
        }
        this.#busy(true);
        this.say(words.starting);
        this.shells.forEach((shell) => shell.interrupt());
        await machine.ask('restore');
        control.forget();
        await control.run(`date -s @${Math.floor(Date.now() / 1000)}`);
        await control.run(`printf '%s\\n' ${words.motd.map((line) => `'${line}'`).join(' ')} >/etc/motd`);
        await Promise.all(this.shells.map((shell) => shell.use(() => shell.begin())));
        this.say(words.ready);
        this.#busy(false);
    }

    /** What "Start again" does, also after a failure. */
    #startAgain() {
        this.onrestart();
        const isOpen = this.shells.length > 0;
        this.ready = this.#unlessEnded(isOpen ? this.#start() : this.#load());
        this.ready.then(() => this.shells[0].terminal.focus(), (error) => isOpen && this.#failed(error));
    }

    /** What happens when the machine is started again. */
    onrestart = () => {};

    /** @param {unknown} error */
    #failed(error) {
        if (error === INTERRUPTED) {
            return;
        }
        const { message } = /** @type {Error} */ (error);
        this.#dispose();
        this.#progress.hidden = true;
        this.say(`${words.failed} ${{ [STALLED]: words.stalled, [SILENT]: words.silent }[message] ?? message}`);
        this.#again.textContent = words.retry;
        this.#again.disabled = false;
    }

    /** @param {boolean} busy */
    #busy(busy) {
        this.#again.textContent = words.again;
        this.#again.disabled = this.#panes.inert = busy;
    }

    #paint() {
        this.shells.forEach(({ terminal, frame }) => paint(terminal, frame));
    }

    async #paste() {
        const text = await paste();
        if (text === undefined) {
            this.say(words.notPasted);
        } else {
            this.#shell?.interrupt();
            this.#shell?.terminal.paste(text);
        }
        this.#shell?.terminal.focus();
    }

    #screenReaderSwitch() {
        const input = element('input', { type: 'checkbox', checked: localStorage.getItem(READ_ALOUD) === 'yes' });
        input.addEventListener('change', () => this.#readAloud(input.checked));
        return element('label', { className: 'lab-reader' }, input, ` ${words.screenReader}`);
    }

    /** @param {boolean} on */
    #readAloud(on) {
        localStorage.setItem(READ_ALOUD, on ? 'yes' : 'no');
        this.shells.forEach(({ terminal }) => { terminal.options.screenReaderMode = on; });
    }
}
