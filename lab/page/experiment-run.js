// An experiment in the reader's machine: it is kept as it is, runs one list of commands, goes back,
// runs the other, and goes back again.

import { runCommands } from '../recording/experiment.js';
import { experimentWords } from './experiment-words.js';
import { whenReady } from './ready.js';
import { Stopped } from './stops.js';
import { words } from './words.js';

/** Under this name the machine is kept meanwhile. */
const NAME = 'experiment';

/** @typedef {import('../recording/experiment.js').Command} Command */
/** @typedef {import('./panel.js').Panel} Panel */

/**
 * Runs both lists of commands, when nobody else is about to use the machine.
 *
 * @param {Panel} panel
 * @param {Command[][]} commands
 * @param {(number: number) => void} begin what happens when a run begins
 */
export async function runBoth(panel, commands, begin) {
    await whenReady(panel);
    const ran = apart(panel, commands, begin);
    // Whoever waits for the machine waits until it is as it was.
    panel.ready = ran.then(() => {}, () => {});
    return ran;
}

/**
 * @param {Panel} panel
 * @param {Command[][]} commands
 * @param {(number: number) => void} begin
 */
async function apart({ computer, view, section, shells, checkpoints }, commands, begin) {
    if (computer?.isLost) {
        throw new Stopped(experimentWords().lost);
    }
    // Where a program runs, its end would be that of the reader's own.
    const shell = shells.find(({ prompt }) => prompt !== undefined);
    if (!computer || !shell) {
        throw new Stopped(experimentWords().busy);
    }
    const look = async () => {
        const picture = await view.look();
        if (!picture) {
            throw new Stopped(experimentWords().notLooked);
        }
        return picture;
    };
    const back = async () => {
        await computer.back((kernel) => view.resume(kernel), NAME);
        await computer.control.run(':'); // by then the clock has been set
    };
    section.inert = true;
    view.isApart = true;
    await checkpoints?.hold();
    let isBack = true;
    try {
        await view.go();
        await computer.keep(() => structuredClone(view.save()), NAME);
        const runs = [];
        isBack = false;
        try {
            for (const [at, list] of commands.entries()) {
                begin(at + 1);
                await back();
                runs.push(await shell.use(() => runCommands(shell, list, look, words.noRoot)));
            }
        } finally {
            await back();
            isBack = true;
        }
        return runs;
    } finally {
        section.inert = false;
        view.isApart = false;
        computer.drop(NAME).catch(() => {}); // it may have been ended
        // What is stored is still the machine as it was before.
        if (isBack) {
            checkpoints?.begin();
            checkpoints?.changed();
        }
    }
}
