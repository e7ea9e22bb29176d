// A shell of the machine in a terminal that nobody sees.

import { SerializeAddon } from '@xterm/addon-serialize';
import headless from '@xterm/headless';
import { Shell } from '../page/shell.js';

/** As large as the machine makes them. */
const SIZE = { rows: 24, cols: 96 };

/** How many lines can be scrolled to, as in the page. */
const SCROLLBACK = 5000;

export class RecordedShell extends Shell {
    /** @type {ReturnType<Shell['enter']> | undefined} */
    #entered;

    /**
     * @param {number} index
     * @param {Pick<import('../page/machine.js').Machine, 'open'>} machine
     * @param {import('../page/control.js').Control} control
     */
    constructor(index, machine, control) {
        const terminal = new headless.Terminal({ ...SIZE, allowProposedApi: true, logLevel: 'off', scrollback: SCROLLBACK });
        const contents = new SerializeAddon();
        terminal.loadAddon(/** @type {any} */ (contents));
        const frame = Object.assign(new EventTarget(), { clientHeight: SIZE.rows });
        super(index, /** @type {any} */ (machine), control, /** @type {any} */ (frame),
            { terminal: /** @type {any} */ (terminal), fits: () => SIZE, serialize: () => contents.serialize() });
    }

    /** @param {string} text */
    enter(text) {
        this.#entered = super.enter(text);
        return this.#entered;
    }

    /** The lines that have appeared since something was entered, with all that has been printed so far. */
    async printed() {
        await new Promise((shown) => this.terminal.write('', () => shown(undefined)));
        return this.#entered?.lines() ?? [];
    }
}
