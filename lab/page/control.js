// The machine's third line: a shell of root's that does what the page itself asks for. Each
// answer begins with the number of its command: a machine that was stored may still be busy with
// commands of the page before.

/** The kernel drops what has been typed of a line so far (VKILL). */
const KILL = '\x15';

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

    /** @type {Promise<string>} */
    #last = Promise.resolve('');

    /** @param {Machine} machine */
    constructor(machine) {
        this.#type = machine.open(2, (bytes) => {
            this.#said += this.#decoder.decode(bytes, { stream: true });
            const answer = this.#said.match(this.#expected);
            if (answer) {
                this.#said = '';
                this.#answered(answer[1]);
            }
        });
    }

    /** @type {(text: string) => void} */
    #type;

    /** Drops what is pending: the machine that would answer is gone. */
    forget() {
        this.#said = '';
        this.#last = Promise.resolve('');
    }

    /**
     * Runs a command, after those before it, and returns what it printed.
     *
     * @param {string} command
     */
    run(command) {
        this.#last = this.#last.then(() => new Promise((answered) => {
            this.#number += 1;
            this.#expected = new RegExp(`\x02${this.#number} ([^]*)\x03`);
            this.#answered = answered;
            this.#type(`${KILL}printf '\\002${this.#number} '; ${command}; printf '\\003'\n`);
        }));
        return this.#last;
    }
}
