// The machine's third line: a shell of root's that does what the page itself asks for.

/** @typedef {import('./machine.js').Machine} Machine */

export class Control {
    #said = '';

    #decoder = new TextDecoder();

    /** @type {(answer: string) => void} */
    #answered = () => {};

    /** @type {Promise<string>} */
    #last = Promise.resolve('');

    /** @param {Machine} machine */
    constructor(machine) {
        this.#type = machine.open(2, (bytes) => {
            this.#said += this.#decoder.decode(bytes, { stream: true });
            const answer = this.#said.match(/\x02([^]*)\x03/);
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
            this.#answered = answered;
            this.#type(`printf '\\002'; ${command}; printf '\\003'\n`);
        }));
        return this.#last;
    }
}
