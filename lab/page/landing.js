// The machine on the site's first page: there it runs the demonstration's command, whose program is
// left waiting, so that the reader can go on from there.

import { Sessions } from './blocks.js';
import { startWorker } from './early.js';
import { touch } from './keys.js';
import { Panel } from './panel.js';
import { runOf, runs } from './runs.js';
import { Interrupted, Stopped } from './stops.js';
import { ownId } from './tab.js';

/** @type {Panel | undefined} */
let panel;

/**
 * Opens the panel, with the machine of this tab if there is one.
 *
 * @param {() => void} leave gives the focus back to the page
 * @param {() => void} onclose what happens when the panel has been closed
 */
async function open(leave, onclose) {
    const stored = await ownId();
    startWorker(stored);
    panel = new Panel(leave, () => {
        panel = undefined;
        runs.clear();
        onclose();
    }, stored);
    // Other pages go on with what they have run.
    panel.onrestart = () => runs.clear();
    panel.onsave = () => ({ runs });
    panel.onresume = (resumed) => resumed.runs.forEach(
        (/** @type {import('./runs.js').Run} */ run, /** @type {string} */ name) => runs.set(name, run));
    window.book.lab = panel; // for the curious, and for the tests
    return { panel, isNew: !stored };
}

/**
 * Opens the machine in the page; one that is new runs a command.
 *
 * @param {string} command
 * @param {number} lines how many it prints before it waits for Enter
 * @param {() => void} leave
 * @param {() => void} onclose
 */
export async function start(command, lines, leave, onclose) {
    if (panel) {
        panel.retry();
        await panel.ready;
        return;
    }
    const { panel: opened, isNew } = await open(leave, onclose);
    await opened.ready;
    if (!touch) {
        opened.focus(0); // on a screen that is touched, this would bring a keyboard up
    }
    if (isNew) {
        await run(opened, command, lines);
    }
}

/**
 * @param {Panel} opened
 * @param {string} command
 * @param {number} lines
 */
async function run(opened, command, lines) {
    const block = { pre: document.body, pane: 0, name: command, steps: [{ prompt: '$', command, shown: Array(lines).fill('') }] };
    // What comes after it is the reader's: the key that the program waits for.
    const next = { ...block, steps: [{ key: '\r', shown: [] }] };
    try {
        await opened.run(block, new Sessions([block, next], runOf(location)), () => {});
    } catch (error) {
        // The reader has begun to type, or has closed it.
        if (!(error instanceof Interrupted || error instanceof Stopped)) {
            throw error;
        }
    }
}
