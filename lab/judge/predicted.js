// A challenge that is a prediction: marks on the machine's picture, graded by what a script changes.

import { grade } from '../view/grading.js';
import { toggle, UNMARKED } from '../view/marks.js';
import { parseScript, perform } from './script.js';

/** What some marks expect. @param {string[]} marks */
export const expectedOf = (marks) => marks.reduce(toggle, UNMARKED);

/**
 * Types what is predicted, and grades what was expected of it.
 *
 * @param {string} script
 * @param {import('../view/marks.js').Expected} expected
 * @param {import('../page/shell.js').Shell[]} shells
 * @param {() => Promise<import('../kernel/history.js').Picture | undefined>} look at the machine when it has come to rest
 * @param {Parameters<typeof perform>[3]} [type] how it is typed
 */
export async function gradePrediction(script, expected, shells, look, type) {
    const before = await look();
    for (const line of parseScript(script)) {
        await perform(shells, line, look, type);
    }
    const after = await look();
    return before && after && { before, graded: grade(expected, before, { before, after }) };
}
