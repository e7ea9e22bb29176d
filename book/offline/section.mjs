// The part of the site's first page about offline use. page.js fills in what holds in the reader's
// browser; worker.mjs, how much it is.

import { escape } from '../../maintain/ci/html.mjs';
import { OFFLINE } from './words.mjs';

/** What page.js says. */
const SAID = ['keeping', 'kept', 'failed', 'removed', 'none', 'http', 'file'];

/** In a status there are no elements. */
const plain = (html) => html.replace(/<[^>]*>/g, '');

export function offlineSection(language) {
    const words = OFFLINE[language];
    const said = Object.fromEntries(SAID.map((name) => [name, plain(words[name])]));
    return `
            <section class="offline" id="offline" data-bytes="" data-words="${escape(JSON.stringify(said))}">
                <h2>${words.title}</h2>
                <p>${words.what}</p>
                <p class="ways"><button type="button" hidden>${words.keep} <small><span class="offline-size"></span> MB</small></button> <button type="button" hidden>${words.remove}</button></p>
                <p role="status"></p>
                <p class="soft"><a href="${language}/workshop.html#without-linux">${words.room}</a></p>
            </section>`;
}
