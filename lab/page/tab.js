// Which checkpoint is this tab's: the session storage, which a reload keeps, has its id. A tab
// that is duplicated has a copy of that; who holds the lock with the id's name is the right one.

import { lockName } from './storage.js';

// The frames of a page share the storage, and each has its own machine.
const KEY = `lab-checkpoint${document.documentElement.classList.contains('embed') ? location.search : ''}`;

/** How long the page before may take to give its lock back, in ms. */
const PATIENCE = 10_000;

/** Takes the lock with the id's name, until the page is left; returns whether that was possible. */
function lock(/** @type {string} */ id) {
    // Without locks (on plain http) a duplicated tab is not noticed.
    if (!navigator.locks) {
        return Promise.resolve(true);
    }
    return new Promise((locked) => {
        const signal = AbortSignal.timeout(PATIENCE);
        navigator.locks.request(lockName(id), { signal }, () => {
            locked(true);
            return new Promise(() => {});
        }).catch(() => locked(false));
    });
}

/** The id of this tab's checkpoint, if there is one. */
export async function ownId() {
    const id = read();
    if (!id) {
        return undefined;
    }
    if (await lock(id)) {
        return id;
    }
    forget();
    return undefined;
}

/** An id for a tab without a checkpoint. */
export async function newId() {
    const id = Date.now().toString(36) + Math.random().toString(36).slice(2);
    await lock(id);
    return id;
}

function read() {
    try {
        return sessionStorage.getItem(KEY) ?? undefined;
    } catch {
        return undefined; // forbidden
    }
}

/** From now on there is a checkpoint to come back to. */
export function remember(/** @type {string} */ id) {
    sessionStorage.setItem(KEY, id);
}

/** There is none any more. */
export function forget() {
    try {
        sessionStorage.removeItem(KEY);
    } catch {
        // There was none.
    }
}
