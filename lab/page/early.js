// The worker is started before the code that needs it is there: both take a while.

/** @type {Worker | undefined} */
let early;

const newWorker = () => new Worker(new URL('worker.js', import.meta.url), { type: 'module' });

/**
 * Starts the worker, and has it read what is stored of the machine.
 *
 * @param {string | undefined} stored the id of the checkpoint, if there is one
 */
export function startWorker(stored) {
    const worker = early ??= newWorker();
    // Who needs it then tries again, and says why it fails.
    worker.onerror = () => { early = undefined; };
    if (stored) {
        worker.postMessage({ request: 'prepare', argument: { id: stored, build: MACHINE.build } });
    }
}

/** The worker that has been started, for the first who needs one; another one for others. */
export function takeWorker() {
    const worker = early ?? newWorker();
    worker.onerror = null;
    early = undefined;
    return worker;
}
