// What the host of a workshop has collected: the codes of the participants. It has no DOM.

import { decode, ORDER, PARTICIPANTS, shortName } from './codes.js';
import { isRecord, isTime } from './checks.js';

/** How many participants there can be. */
const MOST = 500;

/** Who sent a code, what was solved then, and when the last code came, in ms. @typedef {{ id: number, name: string, solved: string[], at: number }} Participant */

/** @typedef {{ line: string, refusal: import('./codes.js').Refusal | { error: 'full' } }} Refused */

/** @param {unknown} stored @returns {Participant[]} */
export const participantsIn = (stored) => (Array.isArray(stored) ? stored : []).slice(0, MOST)
    .filter((it) => isRecord(it) && Number.isInteger(it.id) && Number(it.id) >= 0 && Number(it.id) < PARTICIPANTS
        && typeof it.name === 'string' && Array.isArray(it.solved) && isTime(it.at))
    .map(({ id, name, solved, at }) => ({ id, name: shortName(name), solved: ORDER.filter((challenge) => solved.includes(challenge)), at }));

/** The code in a line: all of it, or what it ends with, as in a chat or in an address. @param {string} line */
function codeIn(line) {
    const whole = decode(line);
    const last = decode(line.split(/[\s#]+/).at(-1) ?? '');
    // Where other characters are around a code, what is wrong with the code itself is told.
    const isMistyped = 'error' in last && last.error === 'mistyped';
    return 'error' in whole && (!('error' in last) || isMistyped) ? last : whole;
}

/**
 * Takes codes, one in a line. Two people may have drawn the same number, but hardly with the same name.
 *
 * @param {Participant[]} participants
 * @param {string} text
 * @param {number} now in ms
 * @returns {{ participants: Participant[], taken: Participant[], refused: Refused[], unknown: number }} `unknown`: the
 *     most challenges that a code has, and this edition has not
 */
export function collect(participants, text, now) {
    const all = [...participants];
    const taken = [];
    const refused = /** @type {Refused[]} */ ([]);
    let unknown = 0;
    for (const line of text.split('\n').map((it) => it.trim()).filter((it) => it)) {
        const code = codeIn(line);
        if ('error' in code) {
            refused.push({ line, refusal: code });
            continue;
        }
        const same = all.findIndex(({ id, name }) => id === code.id && (name === code.name || !name || !code.name));
        const before = all[same] ?? { name: '', solved: [] };
        if (same < 0 && all.length === MOST) {
            refused.push({ line, refusal: { error: 'full' } });
            continue;
        }
        const solved = ORDER.filter((challenge) => before.solved.includes(challenge) || code.solved.includes(challenge));
        const participant = { id: code.id, name: code.name || before.name, solved, at: now };
        all.splice(same < 0 ? all.length : same, 1, participant);
        taken.push(participant);
        unknown = Math.max(unknown, code.unknown);
    }
    return { participants: all, taken, refused, unknown };
}

/** A cell of a CSV file; a spreadsheet would compute what begins like a formula. @param {string | number} value */
const cell = (value) => {
    const text = String(value).replace(/^(?=[=+\-@\t\r])/, "'");
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
};

/**
 * @param {string[]} heads those of the participants, of how many they have solved, and of when they told
 * @param {{ name: string, title: string }[]} challenges
 * @param {(Participant & { called: string })[]} participants
 */
export function csv(heads, challenges, participants) {
    const rows = participants.map(({ called, solved, at }) =>
        [called, solved.length, new Date(at).toISOString(), ...challenges.map(({ name }) => (solved.includes(name) ? 1 : 0))]);
    // The mark at the beginning tells a spreadsheet that it is UTF-8.
    return `\ufeff${[[...heads, ...challenges.map(({ title }) => title)], ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}
