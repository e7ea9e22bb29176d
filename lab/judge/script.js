// What is typed to solve a challenge, or to fail: a line of a script has the terminal, the prompt
// that is waited for, and the command, as in "1$ ls"; or the terminal and a key, as in "1 ^C".

import { KEYS } from '../page/blocks.js';
import { sceneOf } from './scene.js';

/** How long the machine may take until a challenge can begin, and how often that is looked at, in ms. */
const [PATIENCE, LOOK] = [60_000, 250];

/** @typedef {{ terminal: number, prompt?: string, typed: string }} Line */

/**
 * @param {string} line
 * @returns {Line}
 */
export function parseLine(line) {
    const [, terminal, prompt, command, key] = line.match(/^([12])(?:([$#]) (.+)| (\S+))$/) ?? [];
    const typed = command === undefined ? KEYS[key] : `${command}\r`;
    if (typed === undefined) {
        throw new Error(`"${line}" is no line of a script`);
    }
    return { terminal: Number(terminal), prompt, typed };
}

/** The lines of a text, without what is around them. @param {string} script */
export const linesOf = (script) => script.split('\n').map((line) => line.trim()).filter((line) => line);

/** @param {string} script */
export const parseScript = (script) => linesOf(script).map(parseLine);

/**
 * Types a line when its prompt is there, and waits until the machine has come to rest.
 *
 * @param {import('../page/shell.js').Shell[]} shells
 * @param {Line} line
 * @param {() => Promise<unknown>} rest
 * @param {(shell: import('../page/shell.js').Shell, typed: string) => Promise<void> | void} [type] how it is typed
 */
export async function perform(shells, { terminal, prompt, typed }, rest, type = (shell, text) => shell.type(text)) {
    const shell = shells[terminal - 1];
    await shell.use(async () => {
        if (prompt) {
            await shell.until(() => shell.prompt === prompt);
        }
        await type(shell, typed);
    });
    await rest();
}

/**
 * Prepares a machine for a challenge; returns whether what it is about has come about.
 *
 * @param {import('./judge.js').Challenge} challenge
 * @param {import('../page/shell.js').Shell[]} shells
 * @param {() => Promise<import('../kernel/history.js').Picture | undefined>} look at the machine when it has come to rest
 */
export async function prepare({ prepare: commands = [], begin = '', ready = () => true }, shells, look) {
    for (const command of commands) {
        await shells[0].control.run(`{ ${command}; } >/dev/null 2>&1`);
    }
    await look();
    for (const line of parseScript(begin)) {
        await perform(shells, line, look);
    }
    for (const late = performance.now() + PATIENCE; performance.now() < late;) {
        const picture = await look();
        if (picture && ready(sceneOf(picture))) {
            return true;
        }
        await new Promise((passed) => setTimeout(passed, LOOK));
    }
    return false;
}
