// Says what is wrong with the machine of a panel, as long as it is, and offers to start again.

import { button, element } from './dom.js';
import { Health } from './health.js';
import { renewedBecause, sentenceOf } from './trouble-words.js';
import { words } from './words.js';

/** How often that is looked at, in ms. */
const EACH = 1000;

/** @typedef {import('./panel.js').Panel} Panel */

class Trouble {
    #text = element('p', {});

    #again = button(words.again, () => this.panel.startAgain());

    #bar = element('div', { className: 'lab-trouble', role: 'alert', hidden: true }, this.#text, this.#again);

    /** @type {Health | undefined} */
    #health;

    /** When the machine was started that is looked at. @type {Promise<void> | undefined} */
    #ready;

    #isLooking = false;

    /** @param {Panel} panel */
    constructor(panel) {
        this.panel = panel;
        panel.section.querySelector('.lab-panes')?.before(this.#bar);
        const clock = setInterval(() => (panel.section.isConnected ? this.#look() : clearInterval(clock)), EACH);
    }

    async #look() {
        const { panel } = this;
        if (this.#ready !== panel.ready) {
            this.#begin(panel.ready);
        } else if (this.#health && !this.#isLooking && panel.view.isRunning && !document.hidden) {
            const health = this.#health;
            this.#isLooking = true;
            const found = await health.look().catch(() => /** @type {const} */ ({ kind: 'broken', isLost: true }));
            this.#isLooking = false;
            if (health === this.#health) {
                this.#show(found);
            }
        }
    }

    /** Another machine is started, which is healthy. @param {Promise<void>} ready */
    async #begin(ready) {
        this.#ready = ready;
        this.#health = undefined;
        this.#show();
        await ready.catch(() => {}); // the panel says why there is none
        const { computer, shells } = this.panel;
        if (ready === this.#ready && computer && shells.length > 0) {
            const { control } = computer;
            const health = new Health({ vitals: () => computer.vitals(), control, shells });
            health.onrenewed = (wasFull) => health === this.#health && ready === this.panel.ready && this.panel.say(renewedBecause(wasFull));
            this.#health = health;
            health.begin();
        }
    }

    /** @param {import('./health.js').Trouble} [found] */
    #show(found) {
        const { panel } = this;
        if (panel.computer) {
            panel.computer.isLost = found?.isLost ?? false;
        }
        const text = found ? sentenceOf(found, Boolean(/** @type {any} */ (panel.onsave()).attempt)) : '';
        // Screen readers read what has changed.
        if (this.#text.textContent !== text) {
            this.#text.textContent = text;
            this.#again.textContent = words.again;
        }
        this.#bar.hidden = !found;
    }
}

/** From now on, says what is wrong. @param {Panel} panel */
export const watchHealth = (panel) => new Trouble(panel);
