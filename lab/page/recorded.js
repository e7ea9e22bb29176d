// What was recorded of a session: its picture in the page becomes one that the reader can go
// through step by step.

import { h, render } from 'preact';
import { Player } from '../view/recorded.js';
import { words } from '../view/words.js';
import { element } from './dom.js';

/** What was recorded of each page. @type {Map<string, Promise<import('../recording/recording.js').Recording>>} */
const recordings = new Map();

/** @param {string} name */
async function load(name) {
    const answer = await fetch(new URL(`recordings/${name}.json`, import.meta.url));
    if (!answer.ok) {
        throw new Error(String(answer.status));
    }
    return answer.json();
}

/** @param {HTMLDetailsElement} details */
export async function showSteps(details) {
    const place = details.querySelector('.kernel')?.parentElement;
    if (!place || place.querySelector('.kernel-player')) {
        return;
    }
    const name = location.pathname.replace(/^.*\//, '').replace(/\.html$/, '');
    try {
        const recording = recordings.get(name) ?? load(name);
        recordings.set(name, recording);
        const session = (await recording).sessions[Number(details.dataset.session)];
        place.querySelector('.kernel')?.remove();
        const player = element('div');
        place.append(player);
        render(h(Player, { session }), player);
    } catch {
        recordings.delete(name); // opening it again tries again
        details.append(element('p', { role: 'status', textContent: words().notLoaded }));
    }
}
