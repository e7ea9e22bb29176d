// Recording a page: its sessions are run in their order, as by a reader, and a picture of the
// kernel is taken before each, and after each command or key.

import { KEYS, Sessions } from '../page/blocks.js';
import { pairs } from '../page/numbers.js';
import { play } from '../page/play.js';
import { History, withoutPage } from '../kernel/history.js';

/**
 * What is recorded of a page.
 *
 * @typedef {object} Recording
 * @property {string} release the kernel's
 * @property {Record<string, string>} numbers which of the book's numbers appeared as which in this run
 * @property {Session[]} sessions
 *
 * @typedef {object} Session
 * @property {number} terminal 1 or 2
 * @property {Picture} before when the shell shows its prompt, the user's or root's
 * @property {Step[]} steps
 *
 * @typedef {object} Step
 * @property {string} [prompt] of a command
 * @property {string} [command] as it was typed, with the numbers of this run
 * @property {string} [key] as the book writes it
 * @property {string[]} printed the lines that appeared
 * @property {Picture} after
 *
 * @typedef {import('../kernel/history.js').Picture} Picture
 * @typedef {import('../page/blocks.js').Step} Typed
 * @typedef {{ pane: number, steps: Typed[] }} Printed a session as the book prints it
 */

/** Records the sessions of a page on a machine that nobody has used. */
export class Recorder {
    #history = new History();

    /**
     * @param {import('./shell.js').RecordedShell[]} shells
     * @param {() => Promise<import('../kernel/picture.js').Picture>} takePicture when the machine is at rest
     */
    constructor(shells, takePicture) {
        this.shells = shells;
        this.takePicture = takePicture;
    }

    /**
     * @param {Printed[]} blocks
     * @returns {Promise<Recording>}
     */
    async record(blocks) {
        // Each step is played as a session of its own, so that a picture can be taken after it.
        const parts = blocks.map(({ pane, steps }) => steps.map((step) => /** @type {import('../page/blocks.js').Block} */ (
            { pane, steps: [step] })));
        const sessions = new Sessions(parts.flat(), { known: new Map(), ran: new Map() });
        const recorded = [];
        for (const [index, { pane }] of blocks.entries()) {
            const shell = this.shells[pane];
            recorded.push(await shell.use(() => this.#session(shell, parts[index], sessions)));
        }
        return { release: recorded[0].before.release, numbers: Object.fromEntries(sessions.known), sessions: recorded };
    }

    /**
     * @param {import('./shell.js').RecordedShell} shell
     * @param {import('../page/blocks.js').Block[]} parts
     * @param {Sessions} sessions
     * @returns {Promise<Session>}
     */
    async #session(shell, parts, sessions) {
        const [{ steps: [{ prompt }] }] = parts;
        if (prompt) {
            await shell.become(prompt);
        }
        const before = await this.#picture();
        const steps = [];
        for (const part of parts) {
            await play(shell, part, sessions, () => {});
            const after = await this.#picture();
            const printed = await shell.printed();
            compare(part.steps[0].shown, printed);
            steps.push({ ...named(part.steps[0], sessions), printed, after });
        }
        return { terminal: shell.index + 1, before, steps };
    }

    async #picture() {
        this.#history.add(withoutPage(await this.takePicture()), Date.now());
        return /** @type {Picture} */ (this.#history.now);
    }
}

/**
 * What a step types.
 *
 * @param {Typed} step
 * @param {Sessions} sessions
 */
function named({ prompt, command, key }, sessions) {
    return command === undefined
        ? { key: Object.keys(KEYS).find((name) => KEYS[name] === key) }
        : { prompt, command: sessions.typed(command) };
}

/**
 * Fails if what appeared is not what the book shows, with other numbers. Gaps are the matter of
 * the book's own tests, and a number alone may have as few digits as it likes.
 *
 * @param {string[]} shown
 * @param {string[]} printed
 */
function compare(shown, printed) {
    const spaced = (/** @type {string} */ line) => line.trim().replace(/\s+/g, ' ').replace(/^\d+$/, '0');
    if (shown.length !== printed.length || !shown.every((line, index) => pairs(spaced(line), spaced(printed[index])))) {
        throw new Error(['the book shows', ...shown, 'but the terminal', ...printed].join('\n'));
    }
}
