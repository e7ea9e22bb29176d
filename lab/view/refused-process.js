// Which process was refused a call: the one of that name which was last seen alive since the line was
// entered, or the shell that started it. It has no DOM.

/** @typedef {import('../kernel/history.js').Entry} Entry */
/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/processes.js').Process} Process */

/** How much of a name the kernel keeps (TASK_COMM_LEN, and a zero byte). */
const COMM = 15;

const SHELLS = ['bash', 'sh'];

/** The states of a process that has ended. */
const ENDED = ['Z', 'X'];

/** What stands before a command. */
const PROMPT = /^(?:bash-[\d.]+)?[$#] /;

/**
 * @typedef {object} Found
 * @property {Picture} picture
 * @property {number} number that of its moment
 * @property {Process} process
 * @property {number} several how many of this name were alive
 * @property {boolean} isShell whether it is the shell that has started the program
 */

/**
 * @param {Entry[]} entries what has been seen, the latest last
 * @param {object} line
 * @param {string} line.program
 * @param {number} line.terminal
 * @param {number} line.since the number of the moment at which the line was entered
 * @param {string} line.command the line that was entered
 * @returns {Found | undefined}
 */
export function findProcess(entries, { program, terminal, since, command }) {
    const comm = program.slice(0, COMM);
    const last = entries.at(-1);
    if (!last) {
        return undefined;
    }
    const now = read(last);
    // The last that was started there is the one that shows the prompt.
    const shell = SHELLS.map((name) => now.processes.filter((it) => it.terminal === `ttyS${terminal}` && it.comm === name).at(-1)).find(Boolean);
    const isProgram = SHELLS.includes(program)
        ? (/** @type {Process} */ it) => it.comm === comm && it.pid !== shell?.pid
        : (/** @type {Process} */ it) => it.comm === comm;
    // A program that reads the line was alive already; none was where the shell read it.
    const first = PROMPT.test(command) ? since + 1 : since;
    const pictures = entries.filter(({ number }) => number >= first).reverse().map((entry) => ({ number: entry.number, picture: read(entry) }));
    // What has ended, and what has not: that may be a child that has the name of its parent until it executes its program.
    const isGone = (/** @type {Process} */ { pid }) => !now.processes.some((it) => it.pid === pid);
    for (const isMeant of [isGone, () => true]) {
        for (const { number, picture } of pictures) {
            const alive = picture.processes.filter((it) => isProgram(it) && isMeant(it) && isHere(it, terminal) && !ENDED.includes(it.state));
            const process = alive.at(-1);
            if (process) {
                return { picture, number, process, several: alive.length, isShell: false };
            }
        }
    }
    // What sudo or another program has started may have other privileges than the shell.
    const isStarted = SHELLS.includes(program) || command.replace(PROMPT, '').split(' ')[0] === program;
    return shell && isStarted ? { picture: now, number: last.number, process: shell, several: 1, isShell: !SHELLS.includes(program) } : undefined;
}

/** @param {Entry} entry @returns {Picture} */
const read = ({ picture }) => JSON.parse(picture);

/**
 * Whether a process may print on a terminal: a new session has none.
 *
 * @param {Process} process
 * @param {number} terminal
 */
const isHere = (process, terminal) => process.terminal === undefined || process.terminal === `ttyS${terminal}`;
