// Running a terminal session of the page: each command when the prompt is back, each key when
// what it waits for is there.

import { Stopped } from './stops.js';
import { words } from './words.js';

/** How long, in ms, a program may run before the reader is told how to end it. */
const PATIENCE = 5000;

/**
 * Waits, and says something if that takes long.
 *
 * @template T
 * @param {Promise<T>} promise
 * @param {() => void} say
 */
async function patiently(promise, say) {
    const late = setTimeout(say, PATIENCE);
    try {
        return await promise;
    } finally {
        clearTimeout(late);
    }
}

/**
 * Types a block; tells whether its last program is left running, as the book wants, what appeared,
 * and what `look` gave before the first command or key.
 *
 * @template [Look=undefined]
 * @param {import('./shell.js').Shell} shell
 * @param {import('./blocks.js').Block} block
 * @param {import('./blocks.js').Sessions} sessions
 * @param {(text: string) => void} say
 * @param {() => Promise<Look>} [look]
 */
export async function play(shell, block, sessions, say, look) {
    const number = shell.index + 1;
    if (!block.steps[0].key && !shell.isReady) {
        await patiently(shell.clear(), () => say(words.stuck(number)));
    }
    let goesOn = false;
    /** @type {Look | undefined} */
    let before;
    /** @type {string[]} */
    const printed = [];
    for (const [index, { prompt, command, key, shown }] of block.steps.entries()) {
        if (command !== undefined) {
            const missing = sessions.missing(command, block);
            if (missing) {
                throw new Stopped(words.earlier(missing.number), missing.source);
            }
            if (!await shell.become(prompt)) {
                throw new Stopped(words.noRoot);
            }
        }
        if (index === 0) {
            before = await look?.();
        }
        const entered = shell.enter(key ?? `${sessions.typed(command ?? '')}\r`);
        const next = block.steps[index + 1];
        goesOn = next ? next.key !== undefined : sessions.runsOn(block);
        const done = () => (goesOn ? entered.lines().length >= shown.length : entered.done());
        await patiently(shell.until(done), () => say(words.stillRuns(number)));
        sessions.learn(shown, entered.lines());
        printed.push(...entered.lines());
    }
    return { goesOn, printed, before };
}
