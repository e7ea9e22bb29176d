// Both runs of an experiment side by side, moment by moment, with what differs marked.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { Cgroups } from './cgroups.js';
import { compare } from './comparison.js';
import { comparisonWords } from './comparison-words.js';
import { Table } from './table.js';
import { words } from './words.js';

/** @typedef {import('./lacking.js').Part} Part */
/** @typedef {import('./comparison.js').Side} Side */

/** Words or lines, those marked that the other run lacks. @param {{ parts: Part[], isLine?: boolean }} props */
export function Parts({ parts, isLine }) {
    return parts.map(({ text, isOther }) => {
        const end = isLine ? '' : text.slice(text.trimEnd().length);
        const own = text.slice(0, text.length - end.length);
        return isOther ? html`<mark>${own}<span class="kernel-out-of-sight"> (${comparisonWords().sign})</span></mark>${end}${isLine && '\n'}` : `${text}${isLine ? '\n' : ''}`;
    });
}

/**
 * @param {object} props
 * @param {import('../recording/experiment.js').Run[]} props.runs
 * @param {import('../recording/experiment.js').Row[]} props.rows
 * @param {string} props.note whose runs these are
 */
export function Comparison({ runs, rows, note }) {
    const say = comparisonWords();
    const [at, setAt] = useState(rows.length);
    const { facts, runs: sides } = compare(runs, rows.slice(0, at));
    const last = rows[at - 1];
    const command = last?.map((step, of) => step !== undefined && runs[of].steps[step]?.command).find(Boolean);
    const where = command ? say.after(command) : say.before;
    return html`<div class="experiment-compared">
        <p class="experiment-note">${note} ${say.legend}</p>
        <div class="kernel-steps" role="group" aria-label=${say.moment}>
            <button type="button" disabled=${at === 0} onClick=${() => setAt(at - 1)}>◂ ${say.back}</button>
            <input type="range" min="0" max=${rows.length} value=${at} aria-label=${say.moment} aria-valuetext=${`${words().stepOf(at, rows.length)}, ${where}`}
                onInput=${(/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => setAt(currentTarget.valueAsNumber)} />
            <button type="button" disabled=${at === rows.length} onClick=${() => setAt(at + 1)}>${say.forth} ▸</button>
            <span role="status">${words().stepOf(at, rows.length)} · ${where}</span>
        </div>
        <div class="experiment-sides">${sides.map((side, of) => html`<${OneSide} key=${of} side=${side} number=${of + 1} />`)}</div>
        <div class="experiment-facts">
            <strong>${say.differs}</strong>
            ${facts.length === 0 ? html`<p>${say.same}</p>` : html`<div class="experiment-scroll" tabindex="0" role="group" aria-label=${say.differs}><table>
                <thead><tr><th scope="col">${say.what}</th>${sides.map((_, of) => html`<th scope="col">${say.run(of + 1)}</th>`)}</tr></thead>
                <tbody>${facts.map(({ what, values }) => html`<tr><th scope="row">${what}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>`)}</tbody>
            </table></div>`}
        </div>
    </div>`;
}

/** @param {{ side: Side, number: number }} props */
function OneSide({ side: { picture, news, table, printed, differs, told, hasStep }, number }) {
    const say = comparisonWords();
    return html`<div class="kernel" role="group" aria-label=${say.run(number)}>
        <strong>${say.run(number)}</strong>
        <pre class="kernel-printed" tabindex="0" ref=${(/** @type {HTMLElement | null} */ it) => it?.scrollTo(0, it.scrollHeight)}
            aria-label=${say.run(number)}>${printed.length === 0 ? say.before : printed.map(({ prompt, command, lines, goesOn }) => html`
            <b>${prompt} <${Parts} parts=${command} /></b>${'\n'}<${Parts} parts=${lines} isLine />${goesOn && html`<i>… ${say.goesOn}</i>${'\n'}`}`)}</pre>
        <p>${say.changed}</p>
        <ul class="kernel-changes">${told.length === 0 ? html`<li>${hasStep ? say.noChange : say.nothing}</li>` : told.map((part) => html`<li><${Parts} parts=${[part]} /></li>`)}</ul>
        <div class="kernel-scroll" tabindex="0" role="group" aria-label=${`${say.run(number)}: ${words().title}`}>
            <${Table} table=${table} differs=${differs} />
            <${Cgroups} picture=${picture} news=${news.cgroups} rates=${new Map()} />
        </div>
    </div>`;
}
