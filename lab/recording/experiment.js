// An experiment: the same machine, in the same state, does something twice, with one difference. A
// page writes it as
//
//     ```text,experiment
//     - # bash
//     + # unshare --uts bash
//       # hostname web2
//     ```
//
// A command behind a minus belongs to the first run, one behind a plus to the second, and one
// behind a space to both. It has no DOM: lab/record runs it for the pages, and the page for readers.

import { Stopped } from '../page/stops.js';
import { lacking } from '../view/lacking.js';

/** How long a command may take, in ms. What runs longer is said to go on, and nothing is typed after it. */
export const PATIENCE = 4000;

/**
 * A command of a run; `goesOn` tells that the prompt had not come back.
 *
 * @typedef {{ prompt: string, command: string }} Command
 * @typedef {Command & { printed: string[], after: Picture, goesOn?: boolean }} Step
 * @typedef {{ before: Picture, steps: Step[] }} Run
 * @typedef {import('../kernel/history.js').Picture} Picture
 */

/**
 * The commands of both runs, and which of one goes with which of the other: after each such row the runs are compared.
 *
 * @typedef {[number | undefined, number | undefined]} Row
 * @typedef {{ commands: [Command[], Command[]], rows: Row[] }} Experiment
 */

/**
 * @param {string} text
 * @returns {Experiment}
 */
export function parseExperiment(text) {
    const lines = text.split('\n').filter((line) => line.trim()).map((line) => {
        const [, sign, prompt, command] = line.match(/^([ +-]) ([$#]) (.*\S)\s*$/) ?? [];
        if (command === undefined) {
            throw new Error(`no line of an experiment is "${line}"`);
        }
        return { sign, command: { prompt, command } };
    });
    const without = (/** @type {string} */ other) => lines.filter(({ sign }) => sign !== other).map(({ command }) => command);
    return experimentOf(without('+'), without('-'));
}

/**
 * The experiment of two lists of commands. The same commands go together, and those between them
 * one with another.
 *
 * @param {Command[]} first
 * @param {Command[]} second
 * @returns {Experiment}
 */
export function experimentOf(first, second) {
    const text = (/** @type {Command} */ { prompt, command }) => `${prompt} ${command}`;
    const alone = lacking(first.map(text), second.map(text));
    /** @type {Row[]} */
    const rows = [];
    for (let one = 0, other = 0; one < first.length || other < second.length;) {
        const [isAlone, isOtherAlone] = [alone[0][one], alone[1][other]];
        const [takesOne, takesOther] = isAlone === isOtherAlone ? [true, true] : [isAlone === true, isOtherAlone === true];
        rows.push([takesOne ? one : undefined, takesOther ? other : undefined]);
        [one, other] = [one + Number(takesOne), other + Number(takesOther)];
    }
    return { commands: [first, second], rows };
}

/** Whether runs are those of an experiment. @param {Experiment} experiment @param {Run[]} runs */
export const isOf = ({ commands }, runs) => commands.every((typed, run) =>
    typed.map(({ command }) => command).join('\n') === runs[run]?.steps.map(({ command }) => command).join('\n'));

/**
 * Runs commands in a terminal, one when the one before has ended.
 *
 * @param {import('../page/shell.js').Shell} shell
 * @param {Command[]} commands
 * @param {() => Promise<Picture | undefined>} look what the kernel holds when the machine has come to rest
 * @param {string} noRoot what is said where nobody can become root
 * @returns {Promise<Run>}
 */
export async function runCommands(shell, commands, look, noRoot) {
    const become = async (/** @type {string} */ prompt) => {
        if (!shell.isReady) {
            await shell.clear();
        }
        if (!await shell.become(prompt)) {
            throw new Stopped(noRoot);
        }
    };
    await become(commands[0].prompt);
    const before = /** @type {Picture} */ (await look());
    /** @type {Step[]} */
    const steps = [];
    for (const { prompt, command } of commands) {
        await become(prompt);
        const entered = shell.enter(`${command}\r`);
        const ended = await within(shell.until(entered.done));
        const after = /** @type {Picture} */ (await look());
        await new Promise((shown) => shell.terminal.write('', () => shown(undefined)));
        steps.push({ prompt, command, printed: entered.lines(), after, ...!ended && { goesOn: true } });
        if (!ended) {
            break;
        }
    }
    return { before, steps };
}

/** Whether something happens in time. @param {Promise<unknown>} promise */
async function within(promise) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let late;
    try {
        return await Promise.race([promise.then(() => true), new Promise((resolve) => { late = setTimeout(() => resolve(false), PATIENCE); })]);
    } finally {
        clearTimeout(late);
        promise.catch(() => {}); // it may be interrupted later, when nobody waits for it
    }
}
