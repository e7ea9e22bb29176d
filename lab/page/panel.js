// The panel with the terminals, and what it says of the machine.

import { paste } from './clipboard.js';
import { Computer, description } from './computer.js';
import { button, element } from './dom.js';
import { STALLED } from './download.js';
import { keep, kept } from './kept.js';
import { Keys, touch } from './keys.js';
import { Layout } from './layout.js';
import { Loading } from './loading.js';
import { SILENT } from './machine.js';
import { play } from './play.js';
import { INTERRUPTED, Stopped } from './stops.js';
import { Tabs } from './tabs.js';
import { copySelection, handleKeys, paint } from './terminal.js';
import { words } from './words.js';

/** Whether the terminals are to be read by a screen reader; the reader's choice is kept. */
const READ_ALOUD = 'lab-screen-reader';

export class Panel {
    /** @type {Computer | undefined} */
    computer;

    #frames = [1, 2].map((number) => element('div', {
        className: 'lab-pane', ariaLabel: `${words.terminal} ${number}`,
    }));

    #tabs = new Tabs(this.#frames);

    #status = element('p', { role: 'status', className: 'lab-status' });

    #again = button(words.again, () => this.#startAgain());

    #actions = element('div', { className: 'lab-actions' },
        button(words.copy, () => this.#copy()), button(words.paste, () => this.#paste()), this.#again);

    #more = button('⋯', () => { this.#more.ariaExpanded = String(this.#more.ariaExpanded !== 'true'); });

    #higher = button('▴', () => this.#layout.resize(1));

    #lower = button('▾', () => this.#layout.resize(-1));

    #loading = new Loading(description.bytes, () => this.#startAgain());

    #keys = new Keys(() => this.#shell);

    #layout = new Layout(() => this.#arrange());

    #hint = element('p', { className: 'lab-hint', id: 'lab-hint', textContent: words.keys });

    /** A frame without a height has no size for a terminal. */
    #resized = new ResizeObserver(() => this.shells.filter(({ frame }) => frame.clientHeight > 0)
        .forEach((shell) => shell.fit()));

    #themed = new MutationObserver(() => this.#paint());

    /** Whether there is no machine, and the reader knows why. */
    #hasFailed = false;

    /** What happens when the machine is started again. */
    onrestart = () => {};

    /**
     * @param {() => void} leave gives the focus back to the text
     * @param {() => void} onclose what happens when the panel has been closed
     */
    constructor(leave, onclose) {
        this.leave = leave;
        this.onclose = onclose;
        Object.assign(this.#more, { className: 'lab-more', ariaLabel: words.more, ariaExpanded: 'false' });
        this.#higher.ariaLabel = words.larger;
        this.#lower.ariaLabel = words.smaller;
        this.section = element('section', { className: 'lab-panel', ariaLabel: words.panel },
            element('div', { className: 'lab-head' },
                this.#screenReaderSwitch(),
                element('strong', { textContent: words.panel }),
                this.#tabs.list,
                this.#status,
                this.#more,
                this.#actions,
                element('div', { className: 'lab-heights' }, this.#lower, this.#higher),
                element('div', { className: 'lab-close' }, button(words.close, () => this.close()))),
            element('div', { className: 'lab-panes' }, ...this.#frames, this.#loading.box),
            ...(touch ? [this.#keys.row] : []),
            this.#hint);
        this.#frames.forEach((frame, index) => frame.addEventListener('focusin', () => this.#tabs.show(index)));
        document.body.append(this.section);
        this.#arrange();
        this.ready = this.#begin();
        this.ready.catch(() => {}); // who waits for it hears of it
    }

    get shells() {
        return this.computer?.shells ?? [];
    }

    /** The terminal that was used last. */
    get #shell() {
        return this.shells[this.#tabs.shown];
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
     * Shows a terminal and gives it the focus.
     *
     * @param {number} index
     */
    focus(index) {
        this.#tabs.show(index);
        this.shells[index]?.terminal.focus();
    }

    /** Tries again, if the machine could not be started. */
    retry() {
        if (this.#hasFailed) {
            this.#startAgain();
        }
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
            this.#layout.reveal();
            this.#tabs.show(block.pane);
            begin();
            return play(shell, block, sessions, (text) => this.say(text));
        });
    }

    /** Ends the machine. */
    close() {
        this.#resized.disconnect();
        this.#themed.disconnect();
        this.computer?.end();
        this.section.remove();
        this.#layout.close();
        this.onclose();
        this.leave();
    }

    /** What is in sight, where the panel stands now. */
    #arrange() {
        this.#tabs.showAll(this.#layout.showsBoth);
        this.#higher.disabled = !this.#layout.canGrow;
        this.#lower.disabled = !this.#layout.canShrink;
    }

    /** Loads a machine and starts it. */
    async #begin() {
        const computer = new Computer();
        this.computer = computer;
        this.#hasFailed = false;
        this.#busy(true);
        this.#loading.show(0);
        this.say(words.loading(String(Math.ceil(description.bytes / 1e6))));
        try {
            await computer.load((bytes) => this.#loading.show(bytes));
            computer.open(this.#frames);
            this.shells.forEach((shell, index) => {
                const { terminal } = shell;
                shell.translate = (text) => this.#keys.typed(text);
                terminal.textarea?.setAttribute('aria-describedby', this.#hint.id);
                handleKeys(
                    terminal,
                    () => (this.shells[index + 1] ? this.focus(index + 1) : this.leave()),
                    (text) => this.say(text),
                );
            });
            this.#paint();
            this.#readAloud(kept(READ_ALOUD) === 'yes');
            await this.#start(computer);
            this.#loading.hide();
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
        await computer.start();
        this.say(words.ready);
        this.#busy(false);
    }

    /** What "Start again" does, also after a failure. */
    #startAgain() {
        this.onrestart();
        const { computer } = this;
        const isOpen = computer && this.shells.length > 0;
        this.ready = isOpen ? this.#start(computer).catch((error) => this.#failed(error)) : this.#begin();
        this.ready.then(() => touch || this.focus(this.#tabs.shown), () => {});
    }

    /**
     * Says why there is no machine, and offers to try again.
     *
     * @param {unknown} error
     */
    #failed(error) {
        if (error === INTERRUPTED) {
            throw error;
        }
        const { message } = /** @type {Error} */ (error);
        const why = `${words.failed} ${{ [STALLED]: words.stalled, [SILENT]: words.silent }[message] ?? message}`;
        this.computer?.end();
        this.#hasFailed = true;
        this.#loading.fail(why);
        this.say(why);
        throw new Stopped(why);
    }

    /** @param {boolean} busy */
    #busy(busy) {
        this.#again.disabled = busy;
        this.#frames.forEach((frame) => { frame.inert = busy; });
    }

    #paint() {
        this.shells.forEach(({ terminal, frame }) => paint(terminal, frame));
    }

    #copy() {
        if (this.#shell) {
            copySelection(this.#shell.terminal, (text) => this.say(text));
        }
    }

    async #paste() {
        const shell = this.#shell;
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
        const input = element('input', { type: 'checkbox', checked: kept(READ_ALOUD) === 'yes' });
        input.addEventListener('change', () => this.#readAloud(input.checked));
        return element('label', { className: 'lab-reader' }, input, ` ${words.screenReader}`);
    }

    /** @param {boolean} on */
    #readAloud(on) {
        keep(READ_ALOUD, on ? 'yes' : 'no');
        this.shells.forEach(({ terminal }) => { terminal.options.screenReaderMode = on; });
    }
}
