// What happened, moment by moment: the reader can go back to each, and stop the machine.

import { Component } from 'preact';
import { html } from 'htm/preact';
import { language } from '../page/language.js';
import { sentence } from './sentences.js';
import { words } from './words.js';

/** @typedef {import('../kernel/history.js').Entry} Entry */

/** How many moments before and after the shown one are listed; the slider reaches all. */
const LISTED = 30;

/** @typedef {'runs' | 'paused' | 'stepping'} Mode */

/** @type {WeakMap<Entry, { lang: string, text: string[] }>} */
const said = new WeakMap();

/**
 * What happened at a moment, in words.
 *
 * @param {Entry} entry
 */
export function textOf(entry) {
    const lang = language();
    let known = said.get(entry);
    if (known?.lang !== lang) {
        known = { lang, text: entry.changes.length > 0 ? entry.changes.map(sentence) : [words().begin] };
        said.set(entry, known);
    }
    return known.text;
}

/**
 * @param {object} props
 * @param {Entry[]} props.entries
 * @param {Entry} [props.shown] the moment that is looked at, if it is not now
 * @param {(entry?: Entry) => void} props.show
 * @param {Mode} props.mode
 * @param {{ pause: () => void, go: () => void, step: () => void }} [props.control] what a machine can be asked, if there is one
 */
export function Timeline({ entries, shown, show, mode, control }) {
    const last = entries.length - 1;
    const at = shown ? entries.indexOf(shown) : last;
    const listed = entries.slice(Math.max(0, at - LISTED), at + LISTED + 1).reverse();
    const go = (/** @type {Entry} */ entry) => show(entry === entries[entries.length - 1] ? undefined : entry);
    return html`<section class="kernel-timeline" aria-label=${words().happened}>
        <header>
            <h3>${words().happened}</h3>
            ${control && html`<span>
                ${mode === 'runs' ? html`<button type="button" onClick=${control.pause}>${words().pause}</button>`
                    : html`<button type="button" onClick=${control.go}>${words().go}</button>`}
                ${' '}<button type="button" disabled=${mode === 'stepping'} onClick=${control.step}>${words().step}</button>
            </span>`}
        </header>
        ${last > 0 && html`<input type="range" min="0" max=${last} value=${at} aria-label=${words().scrubber}
            aria-valuetext=${words().moment(entries[at].number, textOf(entries[at]).join('; '))}
            onInput=${(/** @type {Event} */ { target }) => go(entries[Number(/** @type {HTMLInputElement} */ (target).value)])}
            onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.stopPropagation()} />`}
        ${last > 0 ? html`<ol>${listed.map((entry) => html`<${Moment} key=${entry.number} entry=${entry} isShown=${entry === entries[at]}
            language=${language()} show=${go} />`)}</ol>` : html`<p>${words().nothingHappened}</p>`}
    </section>`;
}

/** @typedef {{ entry: Entry, isShown: boolean, language: string, show: (entry: Entry) => void }} MomentProps */

/** @extends {Component<MomentProps>} */
class Moment extends Component {
    /** @param {MomentProps} next */
    shouldComponentUpdate({ entry, isShown, language }) {
        return entry !== this.props.entry || isShown !== this.props.isShown || language !== this.props.language;
    }

    /** @param {MomentProps} props */
    render({ entry, isShown, show }) {
        const { number, entered } = entry;
        return html`<li>
            ${entered.length > 0 && html`<small>${entered.map((terminal) => words().entered(terminal + 1)).join(', ')}</small>`}
            <button type="button" aria-current=${isShown ? 'step' : null} onClick=${() => show(entry)}>
                <i>${number}</i><span>${textOf(entry).map((text) => html`<span>${text}</span>`)}</span>
            </button>
        </li>`;
    }
}
