// Waiting for the machine of a panel.

/**
 * Waits until the machine is there and nobody else is about to use it: meanwhile an experiment may have begun.
 *
 * @param {{ ready: Promise<void> }} panel
 */
export async function whenReady(panel) {
    let ready;
    do {
        ready = panel.ready;
        await ready;
    } while (panel.ready !== ready);
}
