// The bar under a terminal session: its button runs the session on the machine in the page, and
// it says what happened.

import { button, element } from './dom.js';
import { touch } from './keys.js';
import { showNumbers } from './printed.js';
import { whenReady } from './ready.js';
import { going } from './runs.js';
import { Interrupted, Stopped } from './stops.js';
import { words } from './words.js';

/**
 * What the bars of a page share.
 *
 * @typedef {object} Page
 * @property {import('./blocks.js').Sessions} sessions
 * @property {Map<import('./blocks.js').Block, Bar>} bars
 * @property {Map<import('./blocks.js').Block, import('./about.js').About[]>} about what the text has about a session
 * @property {HTMLElement} pressed the last button, from where the focus came and to where it returns
 * @property {() => Promise<import('./panel.js').Panel>} open the panel, opened if it was not
 * @property {(panel: import('./panel.js').Panel, ran: import('./runs.js').Ran) => void} follow notices the end of
 *     a program that goes on
 */

export class Bar {
    #presses = 0; // that have not come to an end

    #bar;

    #outcome = element('span', { className: 'lab-outcome' });

    /**
     * @param {import('./blocks.js').Block} block
     * @param {Page} page
     */
    constructor(block, page) {
        this.block = block;
        this.page = page;
        this.name = window.book.progress.pageAt(location);
        this.button = button(block.pane === 0 ? words.run : words.runIn(block.pane + 1), () => this.press());
        this.#bar = element('div', { className: 'lab-run' }, this.button, this.#outcome);
        block.pre.after(this.#bar);
    }

    remove() {
        this.#bar.remove();
    }

    /** @param {...(Node | string)} what */
    say(...what) {
        this.#outcome.replaceChildren(...what);
    }

    /**
     * Says that the session ran, and how long; returns that.
     *
     * @param {import('./runs.js').Ran} ran
     */
    sayRan({ pane, goesOn, seconds, by }) {
        const ran = (goesOn ? words.goesOn : words.ran)(pane + 1, seconds);
        const outcome = by ? `${ran} · ${words.interruptedBy(by)}` : ran;
        this.say(outcome);
        return outcome;
    }

    /**
     * Says what became of the session later, if this is what became of it.
     *
     * @param {import('./runs.js').Ran} ran
     */
    update(ran) {
        if (this.#presses === 0 && this.#ran === ran) {
            this.sayRan(ran);
        }
    }

    /** What became of the session, if it ran. */
    get #ran() {
        const { blocks, run } = this.page.sessions;
        return run.ran.get(blocks.indexOf(this.block));
    }

    /** Runs the session, when the machine is there. */
    async press() {
        this.#presses += 1;
        this.button.ariaBusy = 'true';
        this.page.pressed = this.button;
        try {
            await this.#run();
        } catch (error) {
            if (error instanceof Stopped) {
                this.#stopped(error);
            } else if (error instanceof Interrupted) {
                this.say(error.by ? words.interruptedBy(error.by) : words.interrupted);
            } else {
                this.say(words.failed);
                throw error;
            }
        } finally {
            this.#presses -= 1;
            this.button.ariaBusy = this.#presses > 0 ? 'true' : null;
        }
    }

    async #run() {
        const { block, page: { sessions } } = this;
        const about = this.page.about.get(block) ?? []; // by the time there is a machine, the page may have been set up anew
        const panel = await this.page.open();
        panel.retry();
        this.#show();
        await whenReady(panel);
        const { run } = sessions;
        about.forEach((it) => it.begins());
        // While it was loaded, the reader may have gone elsewhere. On a screen that is touched,
        // the focus would bring a keyboard up, over what is to be seen.
        const focused = document.activeElement;
        if (!touch && (focused === document.body || focused?.closest('.lab-run, .prediction'))) {
            panel.focus(block.pane);
        }
        const { goesOn, seconds, seen } = await panel.run(block, sessions, about.length > 0, () => {
            this.#interruptOthers();
            this.say(words.running(block.pane + 1));
            panel.say(words.running(block.pane + 1));
            this.#show();
        });
        if (sessions.run !== run) {
            throw new Interrupted(); // the machine has been started again
        }
        const ran = { pane: block.pane, goesOn, seconds, seen };
        const index = sessions.blocks.indexOf(block);
        sessions.run.ran.set(index, ran);
        window.book.progress.ran(this.name, index);
        panel.checkpoints?.changed(); // the machine may not change any more
        if (goesOn) {
            this.page.follow(panel, ran);
        }
        panel.say(this.sayRan(ran));
        about.forEach((it) => it.ran(seen));
        if (this.page.sessions === sessions) {
            showNumbers(sessions.known);
        }
        if (this.#isInSight) {
            this.#show();
        }
    }

    /** Tells of a program that goes on in the terminal that it ends now. A session of keys is for that program. */
    #interruptOthers() {
        const { block, page } = this;
        const others = block.steps[0].key ? [] : going().filter(({ pane }) => pane === block.pane);
        for (const ran of others) {
            Object.assign(ran, { goesOn: false, by: page.sessions.typed(block.name) });
            page.bars.forEach((bar) => bar.update(ran));
        }
    }

    /** Scrolls to the bar, and then, if it is too far below, back to the block's first prompt. */
    #show() {
        const prompt = this.block.pre.querySelector('code > *') ?? this.block.pre;
        [this.#bar, prompt].forEach((part) => part.scrollIntoView({ block: 'nearest' }));
    }

    /** Whether the reader has not scrolled away from the session. */
    get #isInSight() {
        return this.#bar.isConnected && this.block.pre.getBoundingClientRect().top < innerHeight
            && this.#bar.getBoundingClientRect().bottom > 0;
    }

    /** @param {Stopped} stopped */
    async #stopped({ message, source }) {
        const offer = source && button(words.runEarlier, async () => {
            this.say();
            await this.page.bars.get(source)?.press();
            await this.press();
        });
        this.say(message, ...(offer ? [' ', offer] : []));
        this.#show();
        (await this.page.open()).say(message);
    }
}
