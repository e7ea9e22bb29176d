// Puts a bar under each terminal session of a page: its button runs the session on a Linux
// machine in the page, and says what happened. maintain/ci/book adds this to the pages if
// lab/build has made the machine. Nothing large is loaded before a button is pressed.

import { findBlocks, Sessions } from './blocks.js';
import { button, element } from './dom.js';
import { INTERRUPTED, Stopped } from './stops.js';
import { words } from './words.js';

/** @typedef {import('./blocks.js').Block} Block */
/** @typedef {import('./panel.js').Panel} Panel */

const sessions = new Sessions(findBlocks());

/** @type {Promise<Panel> | undefined} */
let opened;

/** The last button, from where the focus came and to where it returns. */
let pressed = /** @type {HTMLElement} */ (document.body);

async function openPanel() {
    const { Panel } = await import('./panel.js');
    const panel = new Panel(() => pressed.focus(), () => { opened = undefined; });
    panel.onrestart = () => sessions.known.clear();
    sessions.known.clear();
    // For the curious, and for the tests.
    Object.assign(window, { lab: panel });
    return panel;
}

/** A block's bar: its button, and what became of the last press. */
class Bar {
    #presses = 0; // that have not come to an end

    #outcome = element('span', { className: 'lab-outcome' });

    /** @param {Block} block */
    constructor(block) {
        this.block = block;
        this.button = button(block.pane === 0 ? words.run : words.runIn(block.pane + 1), () => this.press());
        block.pre.after(element('div', { className: 'lab-run' }, this.button, ' ', this.#outcome));
    }

    /** @param {...(Node | string)} what */
    say(...what) {
        this.#outcome.replaceChildren(...what);
    }

    /** Runs the block, when the machine is there. */
    async press() {
        this.#presses += 1;
        this.button.ariaBusy = 'true';
        pressed = this.button;
        bars.get(sessions.blocks[0])?.say();
        try {
            await this.#run();
        } catch (error) {
            if (error instanceof Stopped) {
                this.#stopped(error);
            } else if (error === INTERRUPTED) {
                this.say(words.interrupted);
            } else {
                throw error;
            }
        } finally {
            this.#presses -= 1;
            this.button.ariaBusy = this.#presses > 0 ? 'true' : null;
        }
    }

    async #run() {
        const { block } = this;
        const number = block.pane + 1;
        opened ??= openPanel();
        const panel = await opened;
        await panel.ready;
        block.pre.scrollIntoView({ block: 'nearest' });
        // While it was loaded, the reader may have gone elsewhere.
        if ([this.button, document.body].includes(/** @type {HTMLElement} */ (document.activeElement))) {
            panel.shells[block.pane].terminal.focus();
        }
        let begin = 0;
        const goesOn = await panel.run(block, sessions, () => {
            this.say(words.running(number));
            begin = performance.now();
        });
        const seconds = ((performance.now() - begin) / 1000).toFixed(1);
        const outcome = (goesOn ? words.goesOn : words.ran)(number, seconds);
        this.say(outcome);
        panel.say(outcome);
    }

    /** @param {Stopped} stopped */
    #stopped({ message, source }) {
        const offer = source && button(words.runEarlier, () => bars.get(source)?.press());
        this.say(message, ...(offer ? [' ', offer] : []));
        opened?.then((panel) => panel.say(message));
    }
}

/** @type {Map<Block, Bar>} */
const bars = new Map();

const phone = navigator.maxTouchPoints > 0 && Math.min(screen.width, screen.height) < 600;
const [first] = sessions.blocks;
if (first && (phone || !window.WebAssembly || !window.TransformStream)) {
    first.pre.after(element('p', { className: 'lab-run', textContent: words.computer }));
} else {
    sessions.blocks.forEach((block) => bars.set(block, new Bar(block)));
    bars.get(first)?.say(words.size(Math.ceil(MACHINE.bytes / 1e6)));
}
