// What was recorded of a session, and what was seen of the reader's own run of it: drawn with
// Preact, which is loaded when it is needed.

import { h, render } from 'preact';
import { Player, Still } from '../view/recorded.js';
import { words } from '../view/words.js';
import { element } from './dom.js';

export { seenIn } from './conditions.js';

/** What was recorded of each page. @type {Map<string, Promise<import('../recording/recording.js').Recording>>} */
const recordings = new Map();

/**
 * What was recorded of a page. If it cannot be downloaded, the next call tries again.
 *
 * @param {string} name
 */
export function load(name) {
    const recording = recordings.get(name) ?? download(name);
    recordings.set(name, recording);
    recording.catch(() => recordings.delete(name));
    return recording;
}

/**
 * @param {string} name
 * @returns {Promise<import('../recording/recording.js').Recording>}
 */
async function download(name) {
    const answer = await fetch(new URL(`recordings/${name}.json`, import.meta.url));
    if (!answer.ok) {
        throw new Error(String(answer.status));
    }
    return answer.json();
}

/**
 * A session step by step.
 *
 * @param {HTMLElement} place
 * @param {import('../recording/recording.js').Session} session
 */
export function drawPlayer(place, session) {
    render(null, place);
    render(h(Player, { session }), place);
}

/**
 * What the kernel held after a run.
 *
 * @param {HTMLElement} place
 * @param {import('./conditions.js').Seen} seen
 * @param {import('../view/point.js').Point} [point] what the text points at
 * @param {import('../view/table.js').Choice} [first] what is chosen to begin
 */
export function drawStill(place, { before, after }, point, first) {
    render(null, place);
    render(h(Still, { before, after, point, first, canChoose: true }), place);
}

/**
 * A picture that the reader has opened becomes one to be gone through.
 *
 * @param {HTMLDetailsElement} details
 */
export async function showSteps(details) {
    const place = details.querySelector('.kernel')?.parentElement;
    if (!place || place.querySelector('.kernel-player')) {
        return;
    }
    try {
        const { sessions } = await load(window.book.progress.pageAt(location));
        place.querySelector('.kernel')?.remove();
        const player = element('div');
        place.append(player);
        drawPlayer(player, sessions[Number(details.dataset.session)]);
    } catch {
        details.append(element('p', { role: 'status', textContent: words().notLoaded }));
    }
}
