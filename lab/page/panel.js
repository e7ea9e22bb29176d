// The panel with the terminals, and what it says of the machine.

import { paste } from './clipboard.js';
import { Computer, description } from './computer.js';
import { Checkpoints } from './checkpoint.js';
import { button, element } from './dom.js';
import { STALLED } from './download.js';
import { SILENT } from './machine.js';
import { play } from './play.js';
import { INTERRUPTED } from './stops.js';
import { remove } from './storage.js';
import { copySelection, handleKeys, paint } from './terminal.js';
import { forget, newId } from './tab.js';
import { translate, words } from './words.js';

const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(0);

/** Whether the terminals are to be read by a screen reader; the reader's choice is kept. */
const READ_ALOUD = 'lab-screen-reader';

export class Panel {
    /** @type {Computer | undefined} */
    computer;

    /** @type {Checkpoints | undefined} */
    checkpoints;

    #frames = [1, 2].map((number) => element('div', {
        className: 'lab-pane', role: 'group', ariaLabel: `${words.terminal} ${number}`,
    }));

    #status = element('p', { role: 'status', className: 'lab-status' });

    #progress = element('progress', { max: description.bytes, hidden: true });

    #again = button(words.again, () => this.#startAgain());

    /** Says that the machine does not survive a reload. */
    #notKept = element('p', { className: 'lab-status', textContent: words.notKept, hidden: true });

    #panes = element('div', { className: 'lab-panes' }, ...this.#frames);

    #resized = new ResizeObserver(() => this.shells.forEach((shell) => shell.fit()));

    #themed = new MutationObserver(() => this.#paint());

    /** The terminal that was used last. */
    #current = 0;

    /** What happens when the machine is started again. */
    onrestart = () => {};

    /** What is to be stored with the machine, and what happens when it comes back. */
    onsave = () => ({});

    onresume = (/** @type {any} */ _page) => {};

    /**
     * @param {() => void} leave gives the focus back to the text
     * @param {() => void} onclose what happens when the panel has been closed
     * @param {string} [stored] the id of the checkpoint to go on from
     */
    constructor(leave, onclose, stored) {
        this.leave = leave;
        this.onclose = onclose;
        this.stored = stored;
        this.section = element('section', { className: 'lab-panel', ariaLabel: words.panel },
            element('div', { className: 'lab-head' },
                this.#screenReaderSwitch(),
                element('strong', { textContent: words.panel }), this.#status, this.#notKept, this.#progress,
                element('span', { className: 'lab-keys', textContent: words.keys }),
                button(words.copy, () => this.#copy()),
                button(words.paste, () => this.#paste()),
                this.#again,
                button(words.close, () => this.close())),
            this.#panes);
        this.#frames.forEach((frame, index) => frame.addEventListener('focusin', () => { this.#current = index; }));
        document.body.append(this.section);
        document.documentElement.classList.add('lab-open');
        this.ready = this.#begin();
        this.ready.catch(() => {}); // who waits for it hears of it
    }

    get shells() {
        return this.computer?.shells ?? [];
    }

    /**
     * Shows a message, which screen readers announce.
     *
     * @param {string} text
     */
    say(text) {
        this.#status.textContent = text;
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

    /** Ends the machine. */
    close() {
        this.#resized.disconnect();
        this.#themed.disconnect();
        forget();
        this.checkpoints?.end();
        this.computer?.end();
        this.section.remove();
        document.documentElement.classList.remove('lab-open');
        this.onclose();
        this.leave();
    }

    /** Loads a machine and starts it. */
    async #begin() {
        const computer = new Computer();
        this.computer = computer;
        this.#busy(true);
        this.#progress.hidden = false;
        this.#loaded(0);
        try {
            await computer.load((bytes) => this.#loaded(bytes));
            this.#progress.hidden = true;
            computer.open(this.#frames);
            this.shells.forEach(({ terminal }, index) => handleKeys(
                terminal,
                () => (this.shells[index + 1] ? this.shells[index + 1].terminal.focus() : this.leave()),
                (text) => this.say(text),
            ));
            this.#paint();
            this.#readAloud(localStorage.getItem(READ_ALOUD) === 'yes');
            await (this.stored ? this.#resume(computer, this.stored) : this.#start(computer));
            this.#frames.forEach((frame) => this.#resized.observe(frame));
            this.#themed.observe(document.documentElement, { attributeFilter: ['class'] });
        } catch (error) {
            this.#failed(error);
        }
    }

    /** @param {Computer} computer */
    async #start(computer) {
        this.#busy(true);
        this.say(words.starting);
        this.checkpoints?.end();
        await computer.start();
        this.say(words.ready);
        this.#busy(false);
        await this.#keep(computer);
    }

    /**
     * Goes on from a checkpoint, or starts where that is not possible.
     *
     * @param {Computer} computer
     * @param {string} id
     */
    async #resume(computer, id) {
        this.say(words.starting);
        const now = Date.now();
        const about = await computer.resume(id).catch(() => undefined);
        this.stored = undefined;
        if (!about) {
            forget();
            remove(id).catch(() => {}); // it may be that there is no storage
            await this.#start(computer);
            this.say(words.notRestored);
            return;
        }
        this.onresume(about.page);
        this.say(words.restored(Math.round((now - about.taken) / 1000)));
        this.#busy(false);
        if (about.page.current !== undefined) {
            this.shells[about.page.current].terminal.focus();
        }
        await this.#keep(computer, id);
    }

    /**
     * From now on, stores the machine when it has changed.
     *
     * @param {Computer} computer
     * @param {string} [id] that of the checkpoint there is
     */
    async #keep(computer, id) {
        const checkpoints = new Checkpoints(
            id ?? await newId(),
            () => computer.store(checkpoints.id, () => ({ ...this.onsave(), current: this.#focused })),
            (kept) => { this.#notKept.hidden = kept; },
        );
        this.checkpoints = checkpoints;
        computer.watch(() => checkpoints.changed());
        checkpoints.begin();
        if (!id) {
            checkpoints.changed();
        }
    }

    /** The index of the terminal that has the focus. */
    get #focused() {
        return this.section.contains(document.activeElement) ? this.#current : undefined;
    }

    /** Puts the panel into the language of the page. */
    translate() {
        const { textContent } = this.#status;
        translate(this.section);
        if (this.#status.textContent === textContent) {
            this.say('');
        }
    }

    /** What "Start again" does, also after a failure. */
    #startAgain() {
        this.onrestart();
        const { computer } = this;
        const isOpen = computer && this.shells.length > 0;
        this.ready = isOpen ? this.#start(computer).catch((error) => this.#failed(error)) : this.#begin();
        this.ready.then(() => this.shells[0]?.terminal.focus(), () => {});
    }

    /**
     * Says why there is no machine, and offers to try again.
     *
     * @param {unknown} error
     */
    #failed(error) {
        if (error !== INTERRUPTED) {
            const { message } = /** @type {Error} */ (error);
            this.computer?.end();
            this.#progress.hidden = true;
            this.say(`${words.failed} ${{ [STALLED]: words.stalled, [SILENT]: words.silent }[message] ?? message}`);
            this.#again.textContent = words.retry;
            this.#again.disabled = false;
        }
        throw INTERRUPTED;
    }

    /** @param {number} bytes */
    #loaded(bytes) {
        this.#progress.value = bytes;
        this.#progress.ariaLabel = words.loading(megabytes(description.bytes));
        this.say(words.loading(words.of(megabytes(bytes), megabytes(description.bytes))));
    }

    /** @param {boolean} busy */
    #busy(busy) {
        this.#again.textContent = words.again;
        this.#again.disabled = this.#panes.inert = busy;
    }

    #paint() {
        this.shells.forEach(({ terminal, frame }) => paint(terminal, frame));
    }

    #copy() {
        const { terminal } = this.shells[this.#current] ?? {};
        if (terminal) {
            copySelection(terminal, (text) => this.say(text));
        }
    }

    async #paste() {
        const shell = this.shells[this.#current];
        const text = await paste();
        if (text === undefined) {
            this.say(words.notPasted);
        } else {
            shell?.interrupt();
            shell?.terminal.paste(text);
        }
        shell?.terminal.focus();
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
