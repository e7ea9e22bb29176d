// The machine's third line: a shell of root's that does what the page itself asks for. Each
// answer begins with the number of its command: a machine that was stored may still be busy with
// commands of the page before. When that shell is ended, init starts another, which says that it is
// ready; it gets the command again that had no answer.

/** The kernel drops what has been typed of a line so far (VKILL). */
const KILL = '\x15';

/** What a new shell says first (lab/root/usr/sbin/control), perhaps behind what the one before has begun to answer. */
const READY = /(?<!\w)ready\n$/;

/** @typedef {import('./machine.js').Machine} Machine */

export class Control {
    #said = '';

    #decoder = new TextDecoder();

    /** The number of the last command; those of another page are others. */
    #number = Date.now();

    /** What the answer to it looks like. */
    #expected = /(?!)/; // nothing

    /** @type {(answer: string) => void} */
    #answered = () => {};

    /** What was typed, and has no answer yet. @type {string | undefined} */
    #typed;

    /** Counts the machines: what was asked of one is not to be typed at the next. */
    #machine = 0;

    /** @type {Promise<string>} */
    #last = Promise.resolve('');

    /** @param {Machine} machine */
    constructor(machine) {
        this.#type = machine.open(2, (bytes) => {
            this.#said += this.#decoder.decode(bytes, { stream: true });
            const answer = this.#said.match(this.#expected);
            if (answer) {
                this.#answer(answer[1]);
            } else if (READY.test(this.#said)) {
                this.repeat();
            }
        });
    }

    /** @type {(text: string) => void} */
    #type;

    /** The number of the command that has no answer yet, if there is one. */
    get pending() {
        return this.#typed === undefined ? undefined : this.#number;
    }

    /** Types again what has no answer: a shell that was ended has perhaps not read it. */
    repeat() {
        if (this.#typed) {
            this.#said = '';
            this.#type(this.#typed);
        }
    }

    /** Drops what is pending, as if nothing had been printed: the machine that would answer is gone. */
    forget() {
        this.#machine += 1;
        this.#answer('');
        this.#last = Promise.resolve('');
    }

    /** @param {string} answer */
    #answer(answer) {
        this.#said = '';
        this.#typed = undefined;
        this.#answered(answer);
    }

    /**
     * Runs a command, after those before it, and returns what it printed.
     *
     * @param {string} command
     */
    run(command) {
        const machine = this.#machine;
        this.#last = this.#last.then(() => (machine === this.#machine ? this.#ask(command) : ''));
        return this.#last;
    }

    /**
     * @param {string} command
     * @returns {Promise<string>}
     */
    #ask(command) {
        return new Promise((answered) => {
            this.#number += 1;
            this.#expected = new RegExp(`\x02${this.#number} ([^]*)\x03`);
            this.#answered = answered;
            this.#typed = `${KILL}printf '\\002${this.#number} '; ${command}; printf '\\003'\n`;
            this.#type(this.#typed);
        });
    }
}
