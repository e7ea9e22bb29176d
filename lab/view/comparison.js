// What differs between two runs of an experiment (recording/experiment.js): in the words of their
// commands, the lines that were printed, what the kernel did, and what it holds. Both runs begin in
// the same state, but PIDs and addresses go their own ways, so things are known by their place. It
// has no DOM.

import { changes } from '../kernel/changes.js';
import { lettered } from '../kernel/history.js';
import { comparisonWords } from './comparison-words.js';
import { factsOf, isZombie } from './facts.js';
import { lacking, wordsOf } from './lacking.js';
import { placesOf } from './marks.js';
import { KINDS, tableOf } from './rows.js';
import { newsOf } from './news.js';
import { sentence } from './sentences.js';

/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/processes.js').Process} Process */
/** @typedef {import('../recording/experiment.js').Run} Run */

/**
 * A text in which the numbers of a run are the names of what has them: of its namespaces, and of
 * its processes.
 *
 * @param {Picture[]} pictures of the run
 * @returns {(text: string) => string}
 */
function namer(pictures) {
    /** @type {Map<string, string>} */
    const names = new Map();
    for (const picture of pictures) {
        const places = placesOf(picture);
        picture.namespaces.forEach(({ kind, inode, letter }) => names.set(String(inode), `<${kind} ${letter ?? 'of boot'}>`));
        picture.processes.forEach(({ pid }) => names.set(String(pid), `<process ${places.get(pid)}>`));
    }
    return (text) => text.replace(/\b[1-9]\d{2,}\b/g, (number) => names.get(number) ?? number);
}

/**
 * What a step changed, as sentences, each with what makes it the same as one of the other run.
 *
 * @param {Picture} before
 * @param {Picture} after
 */
function changesOf(before, after) {
    const places = new Map([before, after].flatMap((picture) => [...placesOf(picture)]));
    const found = lettered(changes(before, after), after);
    const key = (/** @type {import('../kernel/changes.js').Change} */ change) => JSON.stringify(change, (name, value) => {
        if (name === 'pid' || name === 'parent') {
            return places.get(value);
        }
        return name === 'pids' ? value.slice(1) : name === 'inode' ? undefined : value;
    });
    return { found, told: found.map((change) => ({ text: sentence(change), key: key(change) })) };
}

/**
 * The processes of two pictures that are the same one: at the same place, and of the others those
 * of the same name, in their order. What has ended is not one that lives.
 *
 * @param {Picture} one
 * @param {Picture} other
 * @returns {[Process | undefined, Process | undefined][]}
 */
export function pairsOf(one, other) {
    const [first, second] = [one, other].map((picture) => {
        const places = placesOf(picture);
        return picture.processes.map((process) => ({ process, place: places.get(process.pid) }));
    });
    const left = new Set(second);
    const take = (/** @type {(it: typeof second[0]) => boolean} */ is) => {
        const found = [...left].find(is);
        left.delete(/** @type {typeof second[0]} */ (found));
        return found?.process;
    };
    const placed = first.map(({ process, place }) => ({ process, partner: take((it) => it.place === place) }));
    const pairs = placed.map(({ process, partner }) => /** @type {[Process, Process | undefined]} */ (
        [process, partner ?? take((it) => it.process.comm === process.comm && isZombie(it.process) === isZombie(process))]));
    return [...pairs, ...[...left].map(({ process }) => /** @type {[undefined, Process]} */ ([undefined, process]))];
}

/** What a run shows: what the kernel holds after some steps, and what the last of them changed. @typedef {ReturnType<typeof momentOf>} Moment */

/**
 * @param {Run} run
 * @param {number} count how many of its steps are over
 * @param {boolean} isNew whether what the last of them changed is told
 */
function momentOf({ before, steps }, count, isNew) {
    const pictures = [before, ...steps.map(({ after }) => after)];
    const at = Math.min(count, steps.length);
    const { found, told } = isNew && count > 0 && count === at ? changesOf(pictures[at - 1], pictures[at]) : { found: [], told: [] };
    const news = newsOf([{ number: 1, at: 0, changes: found, entered: [0], picture: '' }]);
    return { picture: pictures[at], told, news, name: namer(pictures.slice(0, at + 1)) };
}

/**
 * The tables of two pictures with the same columns, those first in which something differs.
 *
 * @param {Moment[]} moments
 * @param {Set<string>[]} differing
 */
function tablesOf(moments, differing) {
    const also = differing.map((places) => new Set([...places].map((place) => parseInt(place))));
    const few = moments.map(({ picture, news }) => tableOf(picture, news, { kinds: false, processes: false }));
    const isOther = (/** @type {string} */ kind) => differing.some((places) => [...places].some((place) => place.endsWith(` ${kind}`)));
    const matters = KINDS.filter((kind) => few.some(({ columns }) => columns.some((column) => column.kind === kind)));
    const kinds = [...matters.filter(isOther), ...matters.filter((kind) => !isOther(kind))];
    const inCgroups = few.some((table) => table.inCgroups);
    return moments.map(({ picture, news }, run) => {
        const whole = tableOf(picture, news, { kinds: true, processes: false, also: also[run] });
        /** @type {<It extends { kind: import('../kernel/namespaces.js').Kind }>(all: It[]) => It[]} */
        const shown = (all) => kinds.flatMap((kind) => all.filter((it) => it.kind === kind));
        const rows = whole.rows.map((row) => ({ ...row, cells: shown(row.cells), others: row.cells.filter(({ kind }) => !kinds.includes(kind)) }));
        return { ...whole, inCgroups, columns: shown(whole.columns), rows };
    });
}

/**
 * Both runs after some rows of their experiment, with what differs.
 *
 * @param {Run[]} runs
 * @param {import('../recording/experiment.js').Row[]} rows those that are over
 */
export function compare(runs, rows) {
    const moments = runs.map((run, of) => momentOf(run, rows.filter((row) => row[of] !== undefined).length, rows.at(-1)?.[of] !== undefined));
    const [one, other] = moments.map(({ picture }) => picture);
    const { facts, differing } = factsOf(pairsOf(one, other), one, other);
    const tables = tablesOf(moments, differing);
    const told = lacking(moments[0].told.map(({ key }) => key), moments[1].told.map(({ key }) => key));
    const printed = rows.map((row) => printedOf(row.map((step, of) => (step === undefined ? undefined : runs[of].steps[step])), moments));
    return {
        facts,
        runs: moments.map(({ picture, news, told: all }, of) => ({
            picture, news, table: tables[of],
            printed: printed.flatMap((steps) => steps[of] ?? []),
            differs: { places: differing[of], word: comparisonWords().isOther },
            hasStep: rows.at(-1)?.[of] !== undefined,
            told: all.map(({ text }, at) => ({ text, isOther: told[of][at] })),
        })),
    };
}

/** @typedef {ReturnType<typeof compare>['runs'][number]} Side */

/**
 * What two steps typed and printed.
 *
 * @param {(import('../recording/experiment.js').Step | undefined)[]} steps
 * @param {Moment[]} moments
 */
function printedOf(steps, moments) {
    const commands = wordsOf(steps.map((step) => step?.command));
    // A number is the same if it is that of the same thing, or is written the same.
    const named = steps.map((step, of) => step?.printed.map((text) => ({ text, name: moments[of].name(text) })) ?? []);
    const lines = lacking(named[0], named[1], (line, other) => line.text === other.text || line.name === other.name);
    return steps.map((step, of) => step && {
        prompt: step.prompt, command: commands[of], goesOn: step.goesOn,
        lines: step.printed.map((text, at) => ({ text, isOther: lines[of][at] })),
    });
}
