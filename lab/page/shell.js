// A shell on a line of the machine, shown in a terminal: what is typed there for the reader,
// and what has appeared.

import { KEYS } from './blocks.js';
import { Interrupted } from './stops.js';

/** What a reader does to a terminal, before it is known what it will type. */
const INPUT = ['keydown', 'paste', 'compositionstart', 'beforeinput'];

/** Keys that type nothing. */
const SILENT_KEYS = ['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'F6'];

export class Shell {
    /** What was typed by hand and not yet entered; a shell keeps some of it out of sight. */
    #touched = false;

    /** Whether the machine has printed something since it was typed at. */
    #answered = false;

    #user = new AbortController();

    /** @type {AbortSignal} */
    #signal = this.#user.signal;

    #used = Promise.resolve();

    #size = '';

    /** The row of the first prompt. */
    start = 0;

    /**
     * @param {number} index
     * @param {import('./machine.js').Machine} machine
     * @param {import('./control.js').Control} control
     * @param {HTMLElement} frame
     * @param {ReturnType<typeof import('./terminal.js').openTerminal>} opened the terminal in the frame
     */
    constructor(index, machine, control, frame, { terminal, fits, serialize }) {
        this.index = index;
        this.control = control;
        this.frame = frame;
        this.terminal = terminal;
        this.fits = fits;
        this.serialize = serialize;
        const send = machine.open(index, (bytes) => {
            terminal.write(bytes, () => { this.#answered = true; });
        });
        this.type = (/** @type {string} */ text) => {
            this.#answered = false;
            send(text);
        };
        terminal.onData((typed) => {
            const text = this.translate(typed);
            this.#touched = !/[\r\x03]$/.test(text);
            this.type(text);
        });
        for (const name of INPUT) {
            frame.addEventListener(name, (event) => {
                if (!SILENT_KEYS.includes(/** @type {KeyboardEvent} */ (event).key)) {
                    this.interrupt();
                }
            }, { capture: true });
        }
    }

    /** What is sent in place of what the reader types: the page may have keys of its own. */
    translate = (/** @type {string} */ text) => text;

    /**
     * Ends every use of the terminal, also one that is about to begin.
     *
     * @param {string} [by] what interrupts it, if it is not the reader
     */
    interrupt(by) {
        this.#user.abort(new Interrupted(by));
    }

    /**
     * Lets one alone use the terminal, when those before have been interrupted.
     *
     * @template T
     * @param {() => Promise<T>} work
     * @param {string} [name] what it is called
     * @returns {Promise<T>}
     */
    use(work, name) {
        this.interrupt(name);
        this.#user = new AbortController();
        const { signal } = this.#user;
        const used = this.#used.then(() => {
            signal.throwIfAborted();
            this.#signal = signal;
            return work();
        });
        this.#used = used.then(() => {}, () => {});
        return used;
    }

    /** Whether something has been printed since it was typed at. */
    get isAnswered() { return this.#answered; }

    /** Fills the frame with lines and columns, and tells the machine how many there are. */
    async fit() {
        const { rows, cols } = this.fits();
        const size = `rows ${rows} cols ${cols}`;
        // A frame without a height has no size for a terminal.
        if (this.#size !== size && this.frame.clientHeight > 0) {
            this.#size = size;
            this.terminal.resize(cols, rows);
            await this.control.run(`stty -F /dev/ttyS${this.index} ${size}`);
        }
    }

    /**
     * Waits until something holds of the screen.
     *
     * @param {() => unknown} holds
     * @returns {Promise<void>}
     */
    until(holds) {
        const signal = this.#signal;
        return new Promise((resolve, reject) => {
            const look = () => {
                if (signal.aborted || holds()) {
                    heard.dispose();
                    signal.removeEventListener('abort', look);
                }
                if (signal.aborted) {
                    reject(signal.reason);
                } else if (holds()) {
                    resolve();
                }
            };
            const heard = this.terminal.onWriteParsed(look);
            signal.addEventListener('abort', look);
            look();
        });
    }

    /** Where the cursor is, in lines from the top of all that can be scrolled to. */
    get row() {
        const { active } = this.terminal.buffer;
        return active.baseY + active.cursorY;
    }

    /** The prompt of a shell that waits for a command: $, or # if it is root's. */
    get prompt() {
        return this.#promptLine?.at(-2);
    }

    /** The cursor's line, if it is nothing but a prompt. */
    get #promptLine() {
        const { active } = this.terminal.buffer;
        const line = active.getLine(this.row);
        // Before an answer it is there still, but the shell is about to do what was typed.
        if (!this.#answered || !line || active.getLine(this.row + 1)?.isWrapped) {
            return undefined;
        }
        const before = line.translateToString(false, 0, active.cursorX);
        // The shell may be quicker than the kernel's echo of the key that woke it. A bash that was
        // interrupted while it read its start-up file shows its name.
        const onlyPrompt = /^(?:\^[CZ\\])*(?:bash-[\d.]+)?[$#] $/.test(before) && line.translateToString().trimEnd() === before.trimEnd();
        return onlyPrompt ? before : undefined;
    }

    /**
     * The lines from a row to the cursor's, as they were before they had to be wrapped.
     *
     * @param {number} from
     */
    lines(from) {
        /** @type {string[]} */
        const lines = [];
        for (let row = Math.max(from, 0); row < this.row; row += 1) {
            const line = this.terminal.buffer.active.getLine(row);
            const text = line?.translateToString() ?? '';
            if (line?.isWrapped && lines.length > 0) {
                lines.push(lines.pop() + text);
            } else {
                lines.push(text);
            }
        }
        return lines.map((line) => line.trimEnd());
    }

    /**
     * Types, in sight; returns what then gives the lines that have appeared below.
     *
     * @param {string} text
     */
    enter(text) {
        this.terminal.scrollToBottom();
        const mark = this.terminal.registerMarker(0);
        this.type(text);
        return {
            lines: () => this.lines(mark.line).slice(1).filter((line) => line),
            done: () => this.row > mark.line && this.prompt,
        };
    }

    /**
     * Types a command; returns, when the prompt is back, the lines that have appeared.
     *
     * @param {string} text
     */
    async command(text) {
        const entered = this.enter(`${text}\r`);
        await this.until(entered.done);
        return entered.lines();
    }

    /**
     * Waits, whoever uses the terminal meanwhile, until what runs has ended.
     *
     * @param {() => void} ended what happens then
     */
    follow(ended) {
        const heard = this.terminal.onWriteParsed(() => {
            if (this.prompt) {
                heard.dispose();
                ended();
            }
        });
    }

    /** Whether a command can be typed: the shell shows a prompt, and nobody has typed after it. */
    get isReady() {
        return !this.#touched && this.prompt !== undefined;
    }

    /** Ends what runs, or drops what has been typed, with Ctrl-C; waits for the prompt. */
    async clear() {
        await this.control.run(`settle ttyS${this.index}`); // see lab/root/usr/sbin/control
        this.#signal.throwIfAborted(); // the machine that has not answered may be gone
        const stale = this.prompt !== undefined; // what was typed is out of sight
        const entered = this.enter(KEYS['^C']);
        // A shell that is just being started prompts on the line of the ^C, or drops it.
        const fresh = () => (stale ? this.#promptLine?.startsWith('^C') : this.prompt);
        await this.until(() => entered.done() || fresh());
        this.#touched = false;
    }

    /** What is to be known of the terminal, when it has shown what it got so far. */
    async save() {
        const { terminal: { rows, cols }, start } = this;
        const contents = await new Promise((shown) => this.terminal.write('', () => shown(this.serialize())));
        return { contents, rows, cols, start, size: this.#size, touched: this.#touched };
    }

    /**
     * Makes the terminal as it was saved; what the machine prints is to come after that.
     *
     * @param {Awaited<ReturnType<Shell['save']>>} saved
     */
    async resume({ contents, rows, cols, start, size, touched }) {
        this.terminal.reset();
        this.terminal.resize(cols, rows);
        await new Promise((shown) => this.terminal.write(contents, () => shown(undefined)));
        this.start = start;
        this.#size = size;
        this.#touched = touched;
        this.#answered = true;
        this.fit();
    }

    /** Begins with the screen of a shell that has just been started: the message of the day, a prompt. */
    async begin() {
        this.terminal.reset();
        this.#size = '';
        this.#touched = false;
        await this.fit();
        // The shell shows its prompt for the new size, too: what counts is the one on a
        // screen that has been cleared, with which a mark on it goes.
        const mark = this.terminal.registerMarker(0);
        this.type(KEYS['^L']);
        await this.until(() => mark.isDisposed && this.prompt);
        await this.control.run(`(printf '\\r'; cat /etc/motd) >/dev/ttyS${this.index}`);
        await this.until(this.enter('\r').done);
        this.start = this.row;
    }

    /**
     * Leaves root's shells or enters one, as the book tells its readers to; returns whether that works.
     *
     * @param {string | undefined} prompt
     */
    async become(prompt) {
        while (prompt === '$' && this.prompt === '#') {
            await this.command('exit');
        }
        // In some user namespaces nobody can become root.
        if (prompt === '#' && this.prompt === '$') {
            await this.command('sudo env PATH="$PATH" bash');
        }
        return this.prompt === prompt;
    }
}
