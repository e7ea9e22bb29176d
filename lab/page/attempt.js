// The reader's attempt at a challenge: the machine is prepared for it, and what its kernel holds is
// judged as it changes.

import { challenges } from '../challenges/index.js';
import { Judge } from '../judge/judge.js';
import { gradePrediction } from '../judge/predicted.js';
import { parseLine, perform, prepare } from '../judge/script.js';
import { textOf } from '../view/timeline.js';
import { isKorean } from './language.js';
import { ownRuns, setRuns } from './own-runs.js';
import { MarkingForm } from './marking-form.js';
import { Interrupted, Stopped } from './stops.js';
import { words } from './words.js';
import { PAGE } from './challenges.js';

/** How often root's shell is asked, in ms, and whether a goal has held long enough. */
const ASK = 250;

/** How long a key takes that the page types, and a mark that it sets, in ms. */
const [KEY, MARK] = [35, 1500];

/** How many of the last events are told. */
const TOLD = 200;

/** @typedef {import('../judge/judge.js').Challenge} Challenge */
/** @typedef {import('./panel.js').Panel} Panel */

/** @param {string} name @returns {Challenge} */
function challengeOf(name) {
    const found = challenges.find((it) => it.name === name);
    if (!found) {
        throw new Error(`no challenge is called ${name}`);
    }
    return found;
}

/** Types as a person does. @param {import('./shell.js').Shell} shell @param {string} text */
async function typeSlowly(shell, text) {
    for (const key of text) {
        shell.type(key);
        await new Promise((typed) => setTimeout(typed, KEY));
        await shell.until(() => true); // the reader may have interrupted
    }
}

export class Attempt {
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #clock;

    #isAsking = false;

    /** Whether nothing is judged any more. */
    #isOver = false;

    #told = '';

    /** On which the reader marks what is predicted, until that is graded. @type {MarkingForm | undefined} */
    form;

    /**
     * @param {Panel} panel
     * @param {Challenge} challenge
     * @param {boolean} isShown whether the page solves it
     * @param {number} from the number of the first moment that counts
     * @param {() => void} changed what happens when it stands otherwise
     * @param {boolean} [isRight] what became of the marks, if they have been graded
     */
    constructor(panel, challenge, isShown, from, changed, isRight) {
        this.panel = panel;
        this.challenge = challenge;
        this.isShown = isShown;
        this.from = from;
        this.changed = changed;
        this.isRight = isRight;
        this.judge = new Judge(challenge);
        panel.section.classList.toggle('hides-kernel', Boolean(challenge.isHidden));
        // What has come about since, on a machine that was stored.
        this.#entries.forEach(({ at, picture }) => this.judge.see(JSON.parse(picture), at));
        if (isRight !== undefined) {
            this.judge.mark(isRight, Date.now());
        } else if (challenge.predicted) {
            this.form = new MarkingForm(() => this.#predict());
            this.form.follow(panel.view.now);
        }
        panel.view.onpicture = (picture) => {
            this.judge.see(picture, Date.now());
            this.form?.follow(picture);
            this.#follow();
        };
        this.#clock = setInterval(() => this.#ask(), ASK);
        this.#follow();
    }

    /**
     * Prepares the machine, and begins.
     *
     * @param {Panel} panel with a machine as it was built
     * @param {string} name
     * @param {boolean} isShown
     * @param {() => void} changed
     */
    static async begin(panel, name, isShown, changed) {
        const challenge = challengeOf(name);
        if (!await prepare(challenge, panel.shells, () => panel.view.look())) {
            throw new Stopped(words.failed);
        }
        const from = panel.view.entries.at(-1)?.number ?? 1;
        await panel.computer?.keep(() => structuredClone({ name, from, kernel: panel.view.save() }));
        return new Attempt(panel, challenge, isShown, from, changed);
    }

    /**
     * Makes the machine as it was when the challenge began, which is quicker than to prepare it;
     * returns what resumes the attempt, or nothing if the machine has begun another.
     *
     * @param {Panel} panel
     * @param {string} name
     */
    static again(panel, name) {
        const { computer } = panel;
        if (!computer || computer.kept?.page.name !== name) {
            panel.startAgain();
            return undefined;
        }
        panel.startAgain(() => computer.back(({ kernel }) => panel.view.resume(kernel)));
        return computer.kept.page;
    }

    /** What is to be stored with the machine. */
    save() {
        return { name: this.challenge.name, isShown: this.isShown, from: this.from, isRight: this.isRight };
    }

    /**
     * @param {Panel} panel
     * @param {ReturnType<Attempt['save']>} saved
     * @param {() => void} changed
     */
    static resume(panel, { name, isShown, from, isRight }, changed) {
        return new Attempt(panel, challengeOf(name), isShown, from, changed, isRight);
    }

    get #entries() {
        return this.panel.view.entries.filter(({ number }) => number >= this.from);
    }

    /** What the kernel saw since it began, in words. */
    get events() {
        return this.#entries.slice(1).flatMap(textOf).slice(-TOLD);
    }

    /** Lets the page solve it, if it is to; `typing` hears which line is typed. @param {(line?: number) => void} typing */
    async show(typing) {
        try {
            for (const [at, [line]] of this.isShown ? this.challenge.solution.entries() : []) {
                typing(at);
                if (this.form) {
                    this.form.mark(line);
                    await new Promise((seen) => setTimeout(seen, MARK));
                    continue;
                }
                await perform(this.panel.shells, parseLine(line), () => this.panel.view.look(), typeSlowly);
            }
        } catch (error) {
            if (!(error instanceof Interrupted)) {
                throw error;
            }
            this.isShown = false; // the reader goes on
        }
        typing();
        if (this.isShown) {
            this.form?.lock();
        }
    }

    /** Types what the reader has predicted, and grades that. */
    async #predict() {
        const { form, panel: { shells, view }, challenge: { predicted } } = this;
        if (!form || !predicted) {
            return;
        }
        try {
            const seen = await gradePrediction(predicted, form.expected, shells, () => view.look(), typeSlowly);
            if (!seen) {
                throw new Interrupted();
            }
            this.isRight = seen.graded.isRight;
            form.tell(seen.graded, seen.before);
            this.judge.mark(this.isRight, Date.now());
            this.#follow();
        } catch (error) {
            if (!(error instanceof Interrupted)) {
                throw error;
            }
            form.unlock();
        }
    }

    /** Asks what the picture does not hold. */
    async #ask() {
        if (this.#isAsking || !this.panel.view.isRunning || this.panel.computer?.isLost) {
            return;
        }
        this.#isAsking = true;
        const answers = [];
        for (const question of this.judge.questions) {
            answers.push(this.#isOver ? '' : await this.panel.computer?.control.run(question) ?? '');
        }
        this.#isAsking = false;
        // The machine may have been started again, which answers all that was asked with nothing.
        if (!this.#isOver && this.panel.view.isRunning) {
            this.judge.hear(answers, Date.now());
            this.#follow();
        }
    }

    /** Tells where it stands, if that is something else. */
    #follow() {
        const { verdict, standings } = this.judge;
        const told = `${verdict} ${standings}`;
        if (told === this.#told) {
            return;
        }
        this.#told = told;
        if (verdict !== 'open') {
            this.#stop();
        }
        if (verdict === 'solved' && !this.isShown) {
            this.#keep();
            window.book.progress.solved(PAGE, this.challenge.name);
        }
        this.panel.checkpoints?.changed();
        this.changed();
    }

    /** Keeps what the kernel saw. A machine that was stored may have had its run kept before. */
    #keep() {
        const { name } = this.challenge;
        const runs = ownRuns();
        if (!(runs[name]?.at >= this.#entries[0]?.at)) {
            setRuns({ ...runs, [name]: { at: Date.now(), lang: isKorean() ? 'ko' : 'en', events: this.events } });
        }
    }

    #stop() {
        this.#isOver = true;
        clearInterval(this.#clock);
        this.panel.view.onpicture = () => {};
        this.panel.section.classList.remove('hides-kernel');
    }

    /** Nothing is judged any more. */
    end() {
        this.#stop();
    }
}
