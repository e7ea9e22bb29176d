// The machine on the site's first page: there it runs the demonstration's command, whose program is
// left waiting, so that the reader can go on from there.

import { Sessions } from './blocks.js';
import { startWorker } from './early.js';
import { touch } from './keys.js';
import { Panel } from './panel.js';
import { runOf, runs } from './runs.js';
import { Interrupted, Stopped } from './stops.js';
import { ownId } from './tab.js';
import { words } from './words.js';

/** @type {Panel | undefined} */
let panel;

/**
 * Opens the panel, with the machine of this tab if there is one.
 *
 * @param {() => void} leave gives the focus back to the page
 * @param {() => void} onclose what happens when the panel has been closed
 * @param {string} [stored] the id of the checkpoint to go on from
 */
function open(leave, onclose, stored) {
    startWorker(stored);
    const opened = panel = new Panel(leave, () => {
        panel = undefined;
        runs.clear();
        onclose();
    }, stored);
    // Other pages go on with what they have run.
    opened.onsave = () => ({ runs });
    opened.onresume = (resumed) => resumed.runs.forEach(
        (/** @type {import('./runs.js').Run} */ run, /** @type {string} */ name) => runs.set(name, run));
    window.book.lab = opened; // for the curious, and for the tests
    // That of the books' pages, which also copies on plain http, is not on this page.
    window.book.copy ??= (text) => navigator.clipboard.writeText(text).then(() => true, () => false);
    return opened;
}

/**
 * Opens the machine in the page. One that is new runs a command; one that could not be started does
 * so when the reader's next try succeeds.
 *
 * @param {object} page
 * @param {string} page.command
 * @param {number} page.lines how many it prints before it waits for Enter
 * @param {() => void} page.onrun what happens when it waits
 * @param {() => void} page.leave
 * @param {() => void} page.onclose
 */
export async function start({ command, lines, onrun, leave, onclose }) {
    const stored = await ownId();
    if (panel) {
        return; // pressed twice
    }
    const opened = open(leave, onclose, stored);
    let isRun = Boolean(stored);
    const begin = async () => {
        try {
            await opened.ready;
            if (!touch) {
                opened.focus(0); // on a screen that is touched, this would bring a keyboard up
            }
            if (!isRun) {
                isRun = true;
                const { seconds } = await run(opened, command, lines);
                opened.say(words.goesOn(1, seconds));
                onrun();
            }
        } catch (error) {
            // The panel has said why there is no machine; or the reader has begun to type, or has closed it.
            if (!(error instanceof Interrupted || error instanceof Stopped)) {
                throw error;
            }
        }
    };
    opened.onrestart = () => {
        runs.clear();
        isRun = false;
        queueMicrotask(begin); // by then it is being started
    };
    await begin();
}

/**
 * @param {Panel} opened
 * @param {string} command
 * @param {number} lines
 */
function run(opened, command, lines) {
    const block = { pre: document.body, pane: 0, name: command, steps: [{ prompt: '$', command, shown: Array(lines).fill('') }] };
    // What comes after it is the reader's: the key that the program waits for.
    const next = { ...block, steps: [{ key: '\r', shown: [] }] };
    return opened.run(block, new Sessions([block, next], runOf(location)), false, () => {});
}
