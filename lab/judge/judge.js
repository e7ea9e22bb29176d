// Judges a challenge by what the kernel holds, and never by what was typed or printed. It has no
// DOM: pages use it, and Node, where each solution is judged.

import { sceneOf } from './scene.js';

/** For so long, in ms, a goal is to hold as a whole. */
export const HOLD = 1000;

/** @typedef {import('./scene.js').Scene} Scene */
/** @typedef {import('../kernel/history.js').Picture} Picture */

/** In both languages; `code` in backticks. @typedef {{ en: string, ko: string }} Text */

/**
 * A clause of a goal: what it says, and one of the ways to hold. `start` is the scene that the
 * challenge began with.
 *
 *     now      holds of the scene
 *     once     has held since the start; it stays met
 *     inOrder  each has held, at a later moment than the one before; each gets what those before returned
 *     never    is not to hold at any moment; if it does, the challenge is lost
 *     answer   what root's shell answers to a command, where the picture does not hold it
 *     marked   what the reader has marked on the picture is what `predicted` changes; otherwise the challenge is lost
 *
 * @typedef {{ says: Text } & (
 *     { now: (scene: Scene, start: Scene) => unknown }
 *     | { once: (scene: Scene, start: Scene) => unknown }
 *     | { inOrder: ((scene: Scene, found: any[]) => unknown)[] }
 *     | { never: (scene: Scene, start: Scene) => unknown }
 *     | { answer: { to: string, is: RegExp } }
 *     | { marked: true }
 * )} Clause
 */

/**
 * A challenge. `prepare` has the commands that root runs before it begins; a script has lines such as `1$ ls`:
 * the terminal, the prompt that is waited for, and what is typed there. `fails` is the number of
 * the only clause that does not hold after a wrong attempt.
 *
 * @typedef {object} Challenge
 * @property {string} name as its file's
 * @property {string} chapter the name of the page whose reader can solve it
 * @property {number} minutes how long it takes somebody who has read that
 * @property {Text} title
 * @property {Text} task paragraphs are parted by an empty line
 * @property {string[]} [prepare]
 * @property {string} [begin] what is then typed in the terminals, as a script
 * @property {(scene: Scene) => unknown} [ready] what then has to come about before it begins, where that takes time
 * @property {true} [isHidden] whether the picture of the kernel stays hidden until it is solved
 * @property {string} [predicted] a script: the reader marks on the picture what it will change (view/marks.js) before it is typed
 * @property {Clause[]} goal
 * @property {Text[]} hints three at most
 * @property {[string, Text][]} solution the lines of a script, each with what it does; of a prediction the marks, each with its reason
 * @property {string[]} others other solutions, as scripts; a prediction has none
 * @property {{ fails?: number, script: string }[]} wrong of a prediction, `script` has a mark a line
 */

/** @typedef {'met' | 'open' | 'lost'} Standing where a clause stands */

export class Judge {
    /** @type {Scene | undefined} */
    #start;

    /** @type {Standing[]} */
    standings;

    /** Where those stand that hold in an order: what has been found. @type {unknown[][]} */
    #found;

    /** Since when, in ms, all clauses are met. @type {number | undefined} */
    #since;

    /** @type {'open' | 'solved' | 'lost'} */
    verdict = 'open';

    /** @param {Challenge} challenge */
    constructor({ goal }) {
        this.goal = goal;
        this.standings = goal.map((clause) => ('never' in clause ? 'met' : 'open'));
        this.#found = goal.map(() => []);
    }

    /** What root's shell is to be asked. */
    get questions() {
        return this.goal.flatMap((clause) => ('answer' in clause ? [clause.answer.to] : []));
    }

    /**
     * Judges a picture of the kernel; the first is what the challenge begins with.
     *
     * @param {Picture} picture
     * @param {number} now in ms
     */
    see(picture, now) {
        const scene = sceneOf(picture);
        const start = this.#start ??= scene;
        this.#judge(now, (clause, index) => {
            if ('now' in clause) {
                return clause.now(scene, start) ? 'met' : 'open';
            }
            const before = this.standings[index];
            if ('once' in clause) {
                return before === 'met' || clause.once(scene, start) ? 'met' : 'open';
            }
            if ('never' in clause) {
                return before === 'lost' || clause.never(scene, start) ? 'lost' : 'met';
            }
            return 'inOrder' in clause ? this.#order(clause.inOrder, this.#found[index], scene) : before;
        });
    }

    /**
     * Takes the answers to the questions.
     *
     * @param {string[]} answers
     * @param {number} now in ms
     */
    hear(answers, now) {
        let next = 0;
        this.#judge(now, (clause, index) => {
            if (!('answer' in clause)) {
                return this.standings[index];
            }
            const answer = answers[next];
            next += 1;
            return clause.answer.is.test(answer) ? 'met' : 'open';
        });
    }

    /**
     * @param {((scene: Scene, found: any[]) => unknown)[]} conditions
     * @param {unknown[]} found
     * @param {Scene} scene
     * @returns {Standing}
     */
    #order(conditions, found, scene) {
        const next = conditions[found.length]?.(scene, found);
        if (next) {
            found.push(next);
        }
        return found.length === conditions.length ? 'met' : 'open';
    }

    /**
     * @param {number} now
     * @param {(clause: Clause, index: number) => Standing} stand
     */
    #judge(now, stand) {
        if (this.verdict !== 'open') {
            return;
        }
        this.standings = this.goal.map(stand);
        if (this.standings.includes('lost')) {
            this.verdict = 'lost';
        } else if (this.standings.includes('open')) {
            this.#since = undefined;
        } else {
            this.#since ??= now;
        }
        this.wait(now);
    }

    /**
     * Takes what became of the marks.
     *
     * @param {boolean} isRight
     * @param {number} now in ms
     */
    mark(isRight, now) {
        this.#judge(now, (clause, index) => {
            if ('marked' in clause) {
                return isRight ? 'met' : 'lost';
            }
            return this.standings[index];
        });
    }

    /** Nothing has changed until now. @param {number} now in ms */
    wait(now) {
        if (this.verdict === 'open' && this.#since !== undefined && now - this.#since >= HOLD) {
            this.verdict = 'solved';
        }
    }
}
