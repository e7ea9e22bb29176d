// Looks, when a command has ended, whether it says that a call was refused: then what explains that
// is loaded.

/** What such a line has in it, at least. */
const HINT = /\b(?:E[A-Z]{4,5}: |[Oo]peration not permitted|[Pp]ermission denied|No space left|temporarily unavailable|Cannot |must be |not mounted)/;

/**
 * What to do when a line is entered in a terminal, or, without one, when the machine is another.
 *
 * @param {() => import('./shell.js').Shell[]} shells
 * @param {import('../view/kernel-view.js').KernelView} view
 * @param {HTMLElement} kernel what the explanation stands before
 * @returns {(terminal: number | undefined) => void}
 */
export function explainRefusals(shells, view, kernel) {
    /** The explanation that is shown. @type {import('./refused.js').Explanation | undefined} */
    let shown;
    /** How many lines have been entered in each terminal. */
    let entered = [0, 0];
    return (terminal) => {
        if (terminal === undefined) {
            entered = entered.map((count) => count + 1);
            shown?.close();
            return;
        }
        if (shown?.terminal === terminal) {
            shown.close();
        }
        const count = entered[terminal] += 1;
        const shell = shells()[terminal];
        const since = view.entries.at(-1)?.number ?? 0;
        const mark = shell.terminal.registerMarker(0);
        const isLast = () => entered[terminal] === count;
        shell.follow(async () => {
            const lines = isLast() && !mark.isDisposed ? shell.lines(beginOf(shell, mark.line)) : [];
            mark.dispose();
            if (!lines.slice(1).some((line) => HINT.test(line))) {
                return;
            }
            const { explain } = await import('./refused.js');
            // Meanwhile the next command may have been typed.
            if (isLast() && shell.prompt) {
                shown?.close();
                shown = explain(lines, { terminal, since, entries: view.entries, kernel, focus: () => shell.terminal.focus() });
            }
        });
    };
}

/**
 * The first row of a line that has been wrapped.
 *
 * @param {import('./shell.js').Shell} shell
 * @param {number} row
 */
function beginOf({ terminal }, row) {
    let first = row;
    while (terminal.buffer.active.getLine(first)?.isWrapped) {
        first -= 1;
    }
    return first;
}
