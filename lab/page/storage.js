// The browser's storage of checkpoints: what a machine was at some moment, and the page with it.
// It may be full, forbidden, or never answer.

import { createStore, delMany, get, getMany, keys, setMany } from 'idb-keyval';

/** How long the browser may take for one call, in ms. */
const PATIENCE = 10_000;

/** How many checkpoints of tabs that were closed are kept, and how long, in ms. */
const CLOSED = { count: 2, age: 24 * 60 * 60 * 1000 };

/**
 * What is known of a machine's state: the build it belongs to, when it was taken, and what the
 * page adds.
 *
 * @typedef {{ build: string, taken: number, page: any }} About
 */

/** @type {import('idb-keyval').UseStore | undefined} */
let opened;

/**
 * Does something with the storage.
 *
 * @template T
 * @param {(store: import('idb-keyval').UseStore) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function withStore(work) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let late;
    const silence = new Promise((_, reject) => {
        late = setTimeout(() => reject(new Error('the storage does not answer')), PATIENCE);
    });
    opened ??= createStore('lab', 'checkpoints');
    try {
        return await Promise.race([work(opened), /** @type {Promise<never>} */ (silence)]);
    } finally {
        clearTimeout(late);
    }
}

/** The name of the lock that a tab holds as long as its checkpoint must not be touched. */
export const lockName = (/** @type {string} */ id) => `lab ${id}`;

const ABOUT = 'about ';
const keysOf = (/** @type {string} */ id) => [ABOUT + id, `state ${id}`];

/**
 * Puts a checkpoint in the place of the one before; either all of it is stored or nothing.
 *
 * @param {string} id
 * @param {About} about
 * @param {ArrayBuffer} state
 */
export async function put(id, about, state) {
    const [aboutKey, stateKey] = keysOf(id);
    await withStore((store) => setMany([[aboutKey, about], [stateKey, state]], store));
    await removeClosed(id);
}

/**
 * @param {string} id
 * @param {string} build
 * @returns {Promise<{ about: About, state: ArrayBuffer } | undefined>} nothing if there is none of this build
 */
export async function take(id, build) {
    const [about, state] = await withStore((store) => getMany(keysOf(id), store));
    if (about && about.build !== build) {
        await remove(id);
        return undefined;
    }
    return about && state && { about, state };
}

/** @param {string[]} ids */
export async function remove(...ids) {
    await withStore((store) => delMany(ids.flatMap(keysOf), store));
}

/**
 * Removes the checkpoints that tabs left behind when they were closed, but the last ones:
 * browsers can open a closed tab again.
 *
 * @param {string} own
 */
async function removeClosed(own) {
    const all = await withStore((store) => keys(store));
    const { held = [] } = await navigator.locks?.query() ?? {};
    const isOpen = (/** @type {string} */ id) => id === own || held.some(({ name }) => name === lockName(id));
    const closed = all.map(String).filter((key) => key.startsWith(ABOUT)).map((key) => key.slice(ABOUT.length))
        .filter((id) => !isOpen(id));
    const aged = await Promise.all(closed.map(async (id) => {
        const about = await withStore((store) => get(ABOUT + id, store));
        return { id, taken: about?.taken ?? 0 };
    }));
    const old = aged.sort((a, b) => b.taken - a.taken)
        .filter(({ taken }, index) => index >= CLOSED.count || Date.now() - taken > CLOSED.age);
    if (old.length > 0) {
        await remove(...old.map(({ id }) => id));
    }
}
