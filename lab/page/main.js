// Puts a bar under each terminal session of a page: its button runs the session on a Linux
// machine in the page, and says what happened. maintain/ci/book adds this to the pages if
// lab/build has made the machine. Nothing large is loaded before a button is pressed.

import { findBlocks, Sessions } from './blocks.js';
import { button, element } from './dom.js';
import { touch } from './keys.js';
import { showNumbers } from './printed.js';
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
    bars.get(sessions.blocks[0])?.say();
    const { Panel } = await import('./panel.js');
    const panel = new Panel(() => pressed.focus(), () => {
        opened = undefined;
        forget();
    });
    panel.onrestart = forget;
    // For the curious, and for the tests.
    Object.assign(window, { lab: panel });
    return panel;
}

/** A machine that is new knows none of the numbers of the one before. */
function forget() {
    sessions.known.clear();
    showNumbers(sessions.known);
}

/** A block's bar: its button, and what became of the last press. */
class Bar {
    #presses = 0; // that have not come to an end

    #bar;

    #outcome = element('span', { className: 'lab-outcome' });

    /** @param {Block} block */
    constructor(block) {
        this.block = block;
        this.button = button(block.pane === 0 ? words.run : words.runIn(block.pane + 1), () => this.press());
        this.#bar = element('div', { className: 'lab-run' }, this.button, this.#outcome);
        block.pre.after(this.#bar);
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
        panel.retry();
        this.#show();
        await panel.ready;
        // While it was loaded, the reader may have gone elsewhere. On a screen that is touched,
        // the focus would bring a keyboard up, over what is to be seen.
        if (!touch && [this.button, document.body].includes(/** @type {HTMLElement} */ (document.activeElement))) {
            panel.focus(block.pane);
        }
        let begin = 0;
        const goesOn = await panel.run(block, sessions, () => {
            this.say(words.running(number));
            this.#show();
            begin = performance.now();
        });
        const seconds = ((performance.now() - begin) / 1000).toFixed(1);
        const outcome = (goesOn ? words.goesOn : words.ran)(number, seconds);
        this.say(outcome);
        panel.say(outcome);
        showNumbers(sessions.known);
        if (this.#isInSight) {
            this.#show();
        }
    }

    /** Scrolls to the bar, and then, if it is too far below, back to the block's first prompt. */
    #show() {
        const prompt = this.block.pre.querySelector('code > *') ?? this.block.pre;
        [this.#bar, prompt].forEach((part) => part.scrollIntoView({ block: 'nearest' }));
    }

    /** Whether the reader has not scrolled away from the block. */
    get #isInSight() {
        return this.block.pre.getBoundingClientRect().top < innerHeight
            && this.#bar.getBoundingClientRect().bottom > 0;
    }

    /** @param {Stopped} stopped */
    #stopped({ message, source }) {
        const offer = source && button(words.runEarlier, async () => {
            await bars.get(source)?.press();
            this.say();
        });
        this.say(message, ...(offer ? [' ', offer] : []));
        opened?.then((panel) => panel.say(message));
    }
}

/** @type {Map<Block, Bar>} */
const bars = new Map();

/** Gives each block its bar; the size of the machine is said once. */
function addBars() {
    sessions.blocks.forEach((block) => bars.set(block, new Bar(block)));
    bars.get(sessions.blocks[0])?.say(words.size(Math.ceil(MACHINE.bytes / 1e6)));
}

/**
 * Says something at the top of the page.
 *
 * @param {...(Node | string)} what
 */
function note(...what) {
    const made = element('p', { className: 'lab-note' }, ...what);
    document.querySelector('main h1')?.after(made);
    return made;
}

/** A phone has no room for 80 columns, if it is not held sideways or its reader wants it so. */
function addBarsOnPhone() {
    const sideways = matchMedia('(orientation: landscape)');
    const begin = () => {
        sideways.onchange = null;
        made.remove();
        addBars();
    };
    const made = note(words.phone, ' ', button(words.phoneStart, begin));
    sideways.onchange = begin;
    if (sideways.matches) {
        begin();
    }
}

// On paper there is no machine.
addEventListener('beforeprint', () => showNumbers(new Map()));
addEventListener('afterprint', () => showNumbers(sessions.known));

const isPhone = navigator.maxTouchPoints > 0 && Math.min(screen.width, screen.height) < 600;
if (sessions.blocks.length === 0) {
    // Nothing to run.
} else if (!window.WebAssembly || !window.TransformStream) {
    note(words.computer);
} else if (isPhone) {
    addBarsOnPhone();
} else {
    addBars();
}
