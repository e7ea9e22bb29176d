// What the kernel held in a recorded run of a terminal session: as it was in the end, or step by
// step. Needs no machine; the first needs no script either.

import { html } from 'htm/preact';
import { useState } from 'preact/hooks';
import { changes } from '../kernel/changes.js';
import { lettered } from '../kernel/history.js';
import { Cgroups } from './cgroups.js';
import { newsOf } from './news.js';
import { tableOf } from './rows.js';
import { sentence } from './sentences.js';
import { Structures } from './structure-view.js';
import { Table } from './table.js';
import { words } from './words.js';

/** @typedef {import('../recording/recording.js').Session} Session */
/** @typedef {import('../kernel/history.js').Picture} Picture */

const [FEW, ALL] = [{ kinds: false, processes: false }, { kinds: false, processes: true }];

/**
 * What a step changed.
 *
 * @param {Session} session
 * @param {number} step from 0; -1 is before the first
 */
function changedBy(session, step) {
    const pictures = [session.before, ...session.steps.map(({ after }) => after)];
    return step < 0 ? [] : lettered(changes(pictures[step], pictures[step + 1]), pictures[step + 1]);
}

/** @param {import('../kernel/changes.js').Change[]} changed */
const newsFrom = (changed) => newsOf([{ number: 1, at: 0, changes: changed, entered: [0], picture: '' }]);

/** The picture at the end of a session, with what all of it changed. @param {{ session: Session }} props */
export function AtEnd({ session: { before, steps } }) {
    return html`<${Still} before=${before} after=${steps[steps.length - 1].after} steps=${steps} />`;
}

/**
 * What the kernel held after a run, with what that changed, and what the terminal printed of some steps.
 *
 * @param {object} props
 * @param {Picture} props.before
 * @param {Picture} props.after
 * @param {Session['steps']} [props.steps]
 * @param {import('./point.js').Point} [props.point] what the text points at
 * @param {boolean} [props.canChoose] whether the reader can, which takes a script
 * @param {import('./table.js').Choice} [props.first] what is chosen to begin
 */
export function Still({ before, after, steps = [], point, canChoose, first }) {
    const [choice, choose] = useState(first);
    const [details, setDetails] = useState(false);
    const [all, setAll] = useState(false);
    const news = newsFrom(changes(before, after));
    return html`<div class="kernel"><${Printed} steps=${steps} /><div class="kernel-scroll" tabindex="0" role="group" aria-label=${words().title}>
        <${Table} table=${tableOf(after, news, all ? ALL : FEW)} point=${point} choice=${choice} choose=${canChoose ? choose : undefined}
            all=${all} toggleAll=${canChoose ? () => setAll(!all) : undefined} />
        <${Cgroups} picture=${after} news=${news.cgroups} rates=${new Map()} />
    </div>
    ${choice && html`<${Structures} picture=${after} choice=${choice} choose=${choose} details=${details} key=${`${choice.pid} ${choice.kind}`}
        toggleDetails=${() => setDetails(!details)} />`}</div>`;
}

/** The session step by step. @param {{ session: Session }} props */
export function Player({ session }) {
    const last = session.steps.length - 1;
    // The last that changed something, if there is one.
    const [step, setStep] = useState(() => session.steps.map((_, at) => changedBy(session, at).length > 0).lastIndexOf(true));
    const [choice, choose] = useState(/** @type {import('./table.js').Choice | undefined} */ (undefined));
    const [details, setDetails] = useState(false);
    const [all, setAll] = useState(false);
    const changed = changedBy(session, step);
    const news = newsFrom(changed);
    const picture = step < 0 ? session.before : session.steps[step].after;
    return html`<div class="kernel kernel-player">
        <div class="kernel-steps" role="group" aria-label=${words().happened}>
            <button type="button" disabled=${step < 0} onClick=${() => setStep(step - 1)}>◂ ${words().back}</button>
            <button type="button" disabled=${step === last} onClick=${() => setStep(step + 1)}>${words().forth} ▸</button>
            <span role="status">${words().stepOf(step + 1, last + 1)}</span>
        </div>
        <${Printed} steps=${session.steps.slice(0, step + 1).slice(-1)} />
        <ul class="kernel-changes">${changed.length > 0 ? changed.map((change) => html`<li>${sentence(change)}</li>`)
            : html`<li>${step < 0 ? words().before : words().noChange}</li>`}</ul>
        <div class="kernel-scroll" tabindex="0" role="group" aria-label=${words().title}>
            <${Table} table=${tableOf(picture, news, all ? ALL : FEW)} choice=${choice} choose=${choose} all=${all} toggleAll=${() => setAll(!all)} />
            <${Cgroups} picture=${picture} news=${news.cgroups} rates=${new Map()} />
        </div>
        ${choice && html`<${Structures} picture=${picture} choice=${choice} choose=${choose} details=${details} key=${`${choice.pid} ${choice.kind}`}
            toggleDetails=${() => setDetails(!details)} />`}
    </div>`;
}

/** What was typed, and what the terminal printed. @param {{ steps: import('../recording/recording.js').Step[] }} props */
function Printed({ steps }) {
    const lines = steps.flatMap(({ prompt, command, key, printed }) => [command === undefined ? key : `${prompt} ${command}`, ...printed]);
    return lines.length > 0 && html`<pre class="kernel-printed" tabindex="0">${lines.join('\n')}</pre>`;
}
