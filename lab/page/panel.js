// The panel with the machine: how that is loaded, started, stored and ended, and what is said of it.

import { dropStored, keepMachine } from './checkpoint.js';
import { pasteInto } from './clipboard.js';
import { Computer, description } from './computer.js';
import { element } from './dom.js';
import { Head } from './head.js';
import { Keys, touch } from './keys.js';
import { Layout } from './layout.js';
import { explain, Loading } from './loading.js';
import { Panes } from './panes.js';
import { play } from './play.js';
import { ReadAloud } from './read-aloud.js';
import { Interrupted, Stopped } from './stops.js';
import { forget } from './tab.js';
import { copySelection, handleKeys, paint } from './terminal.js';
import { megabytes, translate, words } from './words.js';

export class Panel {
    /** @type {Computer | undefined} */
    computer;

    /** @type {import('./checkpoint.js').Checkpoints | undefined} */
    checkpoints;

    #layout = new Layout();

    #panes = new Panes(() => this.shells, () => this.leave());

    #readAloud = new ReadAloud(() => this.shells);

    #head = new Head(this.#layout, {
        copy: () => this.#shell && copySelection(this.#shell.terminal, (text) => this.say(text)),
        paste: () => this.#shell && pasteInto(this.#shell, (text) => this.say(text)),
        again: () => this.startAgain(),
        close: () => this.close(),
    }, this.#readAloud.label, this.#panes.tabs);

    #loading = new Loading(() => this.startAgain());

    #keys = new Keys(() => this.#shell);

    #hint = element('p', { className: 'lab-hint', id: 'lab-hint', textContent: words.keys });

    #resized = new ResizeObserver(() => this.shells.forEach((shell) => shell.fit()));

    #themed = new MutationObserver(() => this.shells.forEach(paint));

    /** Whether there is no machine, and the reader knows why. */
    #hasFailed = false;

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
        this.#panes.box.append(this.#loading.box);
        this.section = element('section', { className: 'lab-panel', ariaLabel: words.panel },
            this.#layout.splitter.line,
            this.#head.box,
            this.#panes.box,
            ...(touch ? [this.#keys.row] : []),
            this.#hint);
        document.body.append(this.section);
        this.#layout.onchange = () => this.#arrange();
        if (!stored) {
            this.#layout.reveal();
        }
        this.#arrange();
        this.ready = this.#begin();
        this.ready.catch(() => {}); // who waits for it hears of it
    }

    get shells() {
        return this.computer?.shells ?? [];
    }

    /** What shows the machine's kernel. */
    get view() { return this.#panes.view; }

    /** The terminal that was used last. */
    get #shell() {
        return this.shells[this.#panes.terminal];
    }

    /**
     * Shows a message, which screen readers announce.
     *
     * @param {string} text
     * @param {string} [before] the message that it replaces, and no other
     */
    say(text, before) {
        this.#head.say(text, before);
    }

    /**
     * Shows a terminal and gives it the focus.
     *
     * @param {number} index
     */
    focus(index) {
        this.#panes.focus(index);
    }

    /** Tries again, if the machine could not be started. */
    retry() {
        if (this.#hasFailed) {
            this.startAgain();
        }
    }

    /**
     * Runs a session in its terminal; tells whether its last program is left running, how long that
     * took, and, if it is looked at, what was seen.
     *
     * @param {import('./blocks.js').Block} block
     * @param {import('./blocks.js').Sessions} sessions
     * @param {boolean} isLookedAt
     * @param {() => void} begin what happens when its turn has come
     */
    run(block, sessions, isLookedAt, begin) {
        const shell = this.shells[block.pane];
        return shell.use(async () => {
            this.#layout.reveal();
            this.#panes.show(block.pane);
            this.view.go();
            begin();
            const start = performance.now();
            const look = async () => (isLookedAt ? this.view.look() : undefined);
            const { goesOn, printed, before } = await play(shell, block, sessions, (text) => this.say(text), look);
            const seconds = ((performance.now() - start) / 1000).toFixed(1);
            const after = await look();
            return { goesOn, seconds, seen: before && after && { printed, before, after } };
        }, sessions.typed(block.name));
    }

    /** Ends the machine. */
    close() {
        this.#resized.disconnect();
        this.#themed.disconnect();
        forget();
        this.checkpoints?.end();
        this.computer?.end();
        this.#panes.end();
        this.section.remove();
        this.#layout.close();
        this.onclose();
        this.leave();
    }

    /** What is in sight, where the panel stands now. */
    #arrange() {
        this.#panes.arrange(this.#layout.panes);
        this.#head.arrange();
    }

    /** Loads a machine and starts it. */
    async #begin() {
        const computer = this.computer = new Computer();
        this.#hasFailed = false;
        this.#busy(true);
        this.#loading.start();
        this.say(this.stored ? words.starting : words.loading(megabytes(description.bytes)));
        try {
            await computer.load(!this.stored, (bytes, all) => this.#loading.show(bytes, all));
            this.#open(computer);
            await (this.stored ? this.#resume(computer, this.stored) : this.#start(computer));
            this.#panes.terminals.forEach((frame) => this.#resized.observe(frame));
            this.#themed.observe(document.documentElement, { attributeFilter: ['class'] });
        } catch (error) {
            this.#failed(error);
        }
    }

    /**
     * Opens its terminals, and follows its kernel.
     *
     * @param {Computer} computer
     */
    #open(computer) {
        computer.open(this.#panes.terminals);
        this.shells.forEach((shell, index) => {
            const { terminal } = shell;
            shell.translate = (text) => this.#keys.typed(text);
            terminal.textarea?.setAttribute('aria-describedby', this.#hint.id);
            handleKeys(terminal, () => this.#panes.focusNext(index), (text) => this.say(text));
            paint(shell);
        });
        this.#readAloud.apply();
        this.view.follow(computer);
    }

    async #start(/** @type {Computer} */ computer, start = () => computer.start(() => this.view.forget())) {
        this.#busy(true);
        this.#loading.start();
        this.say(words.starting);
        this.checkpoints?.end();
        await start();
        this.#loading.hide();
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
        const now = Date.now();
        this.#loading.start();
        const about = await computer.resume(id, ({ kernel }) => this.view.resume(kernel)).catch(() => undefined);
        this.stored = undefined;
        if (!about) {
            dropStored(id);
            await this.#start(computer);
            this.say(words.notRestored);
            return;
        }
        this.onresume(about.page);
        this.#loading.hide();
        this.say(words.restored(Math.round((now - about.taken) / 1000)));
        this.#busy(false);
        if (about.page.current !== undefined) {
            this.focus(about.page.current);
        }
        await this.#keep(computer, id);
    }

    /**
     * @param {Computer} computer
     * @param {string} [id] that of the checkpoint there is
     */
    async #keep(computer, id) {
        const page = () => ({ ...this.onsave(), current: this.#focused, kernel: this.view.save() });
        this.checkpoints = await keepMachine(computer, id, page, (kept) => this.#head.sayKept(kept));
    }

    /** The index of the terminal that has the focus. */
    get #focused() {
        return this.section.contains(document.activeElement) ? this.#panes.terminal : undefined;
    }

    /** Another page is shown, which may have another language. */
    turned() {
        this.#layout.apply();
        const { said } = this.#head;
        translate(this.section);
        this.view.translate();
        this.say('', said);
    }

    /**
     * What "Start again" does, also after a failure.
     *
     * @param {() => Promise<void>} [start] how the machine is started, if not as it was built
     */
    startAgain(start) {
        this.onrestart();
        this.ready = this.computer && this.shells.length > 0
            ? this.#start(this.computer, start).catch((error) => this.#failed(error)) : this.#begin();
        this.ready.then(() => touch || this.focus(this.#panes.terminal), () => {});
    }

    /**
     * Says why there is no machine, and offers to try again.
     *
     * @param {unknown} error
     */
    #failed(error) {
        if (error instanceof Interrupted) {
            throw error;
        }
        this.computer?.end();
        this.#hasFailed = true;
        this.#loading.fail(explain(/** @type {Error} */ (error)));
        this.say(words.failed);
        throw new Stopped(words.failed);
    }

    /** @param {boolean} busy */
    #busy(busy) {
        this.#head.again.disabled = busy;
        this.#panes.terminals.forEach((frame) => { frame.inert = busy; });
    }
}
