// Attempts at challenges, on the machine in Node: each on a machine that nobody has used.

import { History, withoutPage } from '../kernel/history.js';
import { open } from '../recording/machine.mjs';
import { restOf } from '../recording/rest.js';
import { Watch } from '../page/watch.js';
import { Judge } from './judge.js';
import { expectedOf, gradePrediction } from './predicted.js';
import { perform, prepare } from './script.js';

/** How often root's shell is asked, in ms, as in the page. */
const ASK = 250;

/** So long after the last line, in ms, a goal that does not hold may still be met; while something computes, longer. */
const [AFTER, COMPUTING] = [2 * ASK, 8 * ASK];

/** How long an attempt may take on a computer that is busy with other work, in ms. */
const PATIENCE = 60_000;

/** A machine that comes to no rest has come far enough after so long, in ms. */
const RESTLESS = 5000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the machine whose files are in a folder; returns what makes an attempt there. */
export async function attempts(folder, description) {
    const { emulator, restore, keep } = await open(folder, description);
    const { v86 } = emulator;
    const rest = restOf(emulator, description.kernel);
    let pictured = (_picture) => {};
    const watch = new Watch(() => v86.cpu.mem8, description.kernel, (picture) => pictured(picture));
    watch.isClose = true;
    const { do_tick } = v86;
    v86.do_tick = () => {
        do_tick.call(v86);
        watch.look();
    };

    /** The challenge that the machine has been prepared for, and what makes it so again. */
    let prepared;
    let again;

    async function begin(challenge) {
        const shells = await restore();
        if (!await prepare(challenge, shells, () => rest(RESTLESS))) {
            throw new Error('what it begins with does not come about');
        }
        again = await keep(shells);
        prepared = challenge;
    }

    /**
     * Types a script at a challenge's machine, or marks what is predicted there; returns the judge, and
     * how many seconds of a processor it took.
     */
    return async (challenge, lines, marks) => {
        pictured = () => {};
        if (challenge !== prepared) {
            await begin(challenge);
        }
        const shells = await again();
        const { control } = shells[0];
        const judge = new Judge(challenge);
        const history = new History();
        await new Promise((begun) => {
            pictured = (picture) => {
                history.add(withoutPage(picture), Date.now());
                judge.see(history.now, performance.now());
                begun();
            };
            watch.again();
        });
        const start = process.cpuUsage();
        let isLate = false;
        const late = setTimeout(() => {
            isLate = true;
            shells.forEach((shell) => shell.interrupt());
        }, PATIENCE);
        try {
            for (const line of lines) {
                await perform(shells, line, () => rest(RESTLESS));
            }
            if (challenge.predicted) {
                const look = async () => {
                    history.add(withoutPage(await rest(RESTLESS)), Date.now());
                    return history.now;
                };
                judge.mark((await gradePrediction(challenge.predicted, expectedOf(marks), shells, look)).graded.isRight, performance.now());
            }
            // All that may come is there, but for what is asked and what is computed; a goal that holds now is to hold for long enough.
            const typed = performance.now();
            const computes = () => history.now.processes.some(({ state }) => state === 'R');
            const holds = () => judge.standings.every((standing) => standing === 'met');
            while (judge.verdict === 'open' && (performance.now() < typed + (computes() ? COMPUTING : AFTER) || holds())) {
                await pause(ASK);
                const answers = [];
                for (const question of judge.questions) {
                    answers.push(await control.run(question));
                }
                judge.hear(answers, performance.now());
            }
        } catch (error) {
            const seen = shells.map((shell) => shell.lines(0).slice(-8).join('\n')).join('\n\n');
            throw isLate ? new Error(`it does not end; the terminals show\n\n${seen}`) : error;
        } finally {
            clearTimeout(late);
        }
        const { user, system } = process.cpuUsage(start);
        return { judge, seconds: (user + system) / 1e6 };
    };
}
