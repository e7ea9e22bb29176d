// The experiments of the book's pages, and how they are recorded.

import { existsSync, readFileSync } from 'node:fs';
import { History, withoutPage } from '../kernel/history.js';
import { split } from '../page/numbers.js';
import { parseExperiment, runCommands } from './experiment.js';
import { textOf } from './text.js';

const BLOCK = /^```text,experiment\n([^]*?)^```$/gm;

/** The experiments that a page shows, which are the same in both languages. */
export function experimentsOf(name) {
    const [korean, english] = ['ko', 'en'].map((language) => {
        const file = new URL(`../../book/${language}/src/${name}.md`, import.meta.url);
        return existsSync(file) ? [...readFileSync(file, 'utf8').matchAll(BLOCK)].map(([, text]) => text) : [];
    });
    if (korean.join() !== english.join()) {
        throw new Error(`${name}: the experiments of the two languages are not the same`);
    }
    return korean.map(parseExperiment);
}

/**
 * Runs an experiment; `again` makes the machine as it was, and returns the shells at its terminals.
 */
async function record({ commands }, again, takePicture) {
    const runs = [];
    for (const typed of commands) {
        const [shell] = await again();
        const history = new History();
        const look = async () => {
            history.add(withoutPage(await takePicture()), Date.now());
            return history.now;
        };
        const run = await shell.use(() => runCommands(shell, typed, look, 'root is not to be had'));
        if (run.steps.some(({ goesOn }) => goesOn)) {
            throw new Error(`"${run.steps.at(-1).command}" does not end`);
        }
        runs.push(run);
    }
    return runs;
}

/** Runs all experiments of a page; returns what is recorded of them, and its text to be reviewed. */
export async function recordExperiments(experiments, again, takePicture) {
    const recorded = [];
    for (const experiment of experiments) {
        recorded.push(await record(experiment, again, takePicture));
    }
    return { recorded, text: recorded.map((runs, at) => runs.map((run, of) => reviewed(run, at + 1, of + 1)).join('\n')).join('\n') };
}

/** The text of a run: what each command printed and changed. The state before is that of each page. */
function reviewed({ before, steps }, number, run) {
    const all = textOf({ sessions: [{ terminal: 1, before, steps }] }, [{ steps }], ({ printed }) => printed.map((line) => `  | ${split(line).text}`));
    const [{ prompt, command }] = steps;
    return `experiment ${number}, run ${run}${all.slice(all.indexOf(`\n${prompt} ${command}\n`))}`;
}
