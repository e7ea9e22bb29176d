// Puts a bar under each terminal session of a page: its button runs the session on a Linux
// machine in the page, and says what happened. maintain/ci/book adds this to the pages if
// lab/build has made the machine. Nothing large is loaded before a button is pressed.

import { findBlocks, Sessions } from './blocks.js';
import { button, element } from './dom.js';
import { runOf, runs } from './runs.js';
import { INTERRUPTED, Stopped } from './stops.js';
import { ownId } from './tab.js';
import { words } from './words.js';

/** @typedef {import('./blocks.js').Block} Block */
/** @typedef {import('./panel.js').Panel} Panel */

/** The sessions of the page that is shown, and their bars. */
let sessions = new Sessions([], runOf(location));

/** @type {Map<Block, Bar>} */
const bars = new Map();

/** @type {Promise<Panel> | undefined} */
let opened;

/** The last button, from where the focus came and to where it returns; at first the page's heading. */
let pressed = /** @type {HTMLElement} */ (document.body);

/** @param {string} [stored] the id of the checkpoint to go on from */
async function openPanel(stored) {
    const [{ Panel }, { Pages }] = await Promise.all([import('./panel.js'), import('./turn.js')]);
    pages ??= new Pages(() => opened !== undefined, turned);
    const panel = new Panel(() => pressed.focus(), () => { opened = undefined; }, stored);
    panel.onrestart = () => {
        runs.clear();
        sessions.run = runOf(location);
        bars.forEach((bar) => bar.say());
    };
    panel.onsave = () => ({ runs });
    panel.onresume = ({ runs: stored }) => {
        stored.forEach((/** @type {import('./runs.js').Run} */ run, /** @type {string} */ name) => runs.set(name, run));
        setUp();
    };
    panel.onrestart();
    // For the curious, and for the tests.
    Object.assign(window, { lab: panel });
    return panel;
}

/** @type {import('./turn.js').Pages | undefined} */
let pages;

/** Another page is shown. */
async function turned() {
    setUp();
    const panel = await opened;
    panel?.translate();
    if (panel?.section.contains(document.activeElement)) {
        panel.say(document.title); // otherwise the focus moves to its heading
    }
}

/** A block's bar: its button, and what became of the last press. */
class Bar {
    #presses = 0; // that have not come to an end

    #bar = element('div', { className: 'lab-run' });

    #outcome = element('span', { className: 'lab-outcome' });

    /**
     * @param {Block} block
     * @param {Sessions} sessions those of its page
     */
    constructor(block, sessions) {
        this.block = block;
        this.sessions = sessions;
        this.button = button(block.pane === 0 ? words.run : words.runIn(block.pane + 1), () => this.press());
        this.#bar.append(this.button, ' ', this.#outcome);
        block.pre.after(this.#bar);
    }

    remove() {
        this.#bar.remove();
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
        bars.get(this.sessions.blocks[0])?.say();
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
        const { block, sessions } = this;
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
        sessions.run.ran.set(sessions.blocks.indexOf(block), { goesOn, seconds });
        panel.say(this.sayRan({ goesOn, seconds }));
    }

    /** @param {import('./runs.js').Ran} ran */
    sayRan({ goesOn, seconds }) {
        const outcome = (goesOn ? words.goesOn : words.ran)(this.block.pane + 1, seconds);
        this.say(outcome);
        return outcome;
    }

    /** @param {Stopped} stopped */
    #stopped({ message, source }) {
        const offer = source && button(words.runEarlier, () => bars.get(source)?.press());
        this.say(message, ...(offer ? [' ', offer] : []));
        opened?.then((panel) => panel.say(message));
    }
}

const phone = navigator.maxTouchPoints > 0 && Math.min(screen.width, screen.height) < 600;

/** Puts the bars under the sessions of the page that is shown; returns whether there can be a machine. */
function setUp() {
    bars.forEach((bar) => bar.remove());
    bars.clear();
    sessions = new Sessions(findBlocks(), runOf(location));
    pressed = document.querySelector('main h1') ?? document.body;
    pressed.tabIndex = -1;
    const [first] = sessions.blocks;
    if (phone || !window.WebAssembly || !window.TransformStream) {
        first?.pre.after(element('p', { className: 'lab-run', textContent: words.computer }));
        return false;
    }
    for (const [index, block] of sessions.blocks.entries()) {
        const bar = new Bar(block, sessions);
        const ran = sessions.run.ran.get(index);
        if (ran) {
            bar.sayRan(ran);
        }
        bars.set(block, bar);
    }
    if (!opened) {
        bars.get(first)?.say(words.size(Math.ceil(MACHINE.bytes / 1e6)));
    }
    return true;
}

if (setUp()) {
    const stored = await ownId();
    if (stored) {
        opened ??= openPanel(stored);
    }
}
