// What the kernel holds: the table, the cgroups, the structures of what is chosen, the timeline.

import { html } from 'htm/preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { language } from '../page/language.js';
import { Cgroups } from './cgroups.js';
import { newsOf, sinceEnter } from './news.js';
import { tableOf } from './rows.js';
import { Structures } from './structure-view.js';
import { Table } from './table.js';
import { Timeline } from './timeline.js';
import { words } from './words.js';

/** @typedef {import('../kernel/history.js').Entry} Entry */

/**
 * @param {object} props
 * @param {import('../kernel/history.js').History} props.history
 * @param {Map<string, number>} props.rates how many processors each cgroup uses, by address
 * @param {boolean} props.isFresh whether the last change has just come
 * @param {import('./timeline.js').Mode} props.mode
 * @param {{ pause: () => void, go: () => void, step: () => void }} [props.control]
 * @param {string} props.announced what screen readers are told
 */
export function Kernel({ history: { entries, now }, rates, isFresh, mode, control, announced }) {
    const [moment, show] = useState(/** @type {Entry | undefined} */ (undefined));
    const [choice, choose] = useState(/** @type {import('./table.js').Choice | undefined} */ (undefined));
    const [all, setAll] = useState({ kinds: false, processes: false });
    const [details, setDetails] = useState(false);
    // It may have become too old to be kept.
    const past = moment && entries.includes(moment) ? moment : undefined;
    const picture = useMemo(() => (past ? /** @type {typeof now} */ (JSON.parse(past.picture)) : now), [past, now]);
    const at = past ? entries.indexOf(past) : entries.length - 1;
    const news = useMemo(() => newsOf(at < 0 ? [] : sinceEnter(entries, at)), [entries[at]]);
    const frame = useRef(/** @type {HTMLElement | null} */ (null));
    // What is new, the moment that is shown, and what is chosen are in sight.
    useLayoutEffect(() => {
        ['.kernel-scroll .is-new', '.kernel-timeline [aria-current]'].forEach((part) => bringIntoSight(frame.current, part));
    }, [entries[at]?.number]);
    useLayoutEffect(() => bringIntoSight(frame.current, '.kernel-scroll [aria-pressed="true"]'), [choice]);
    if (!picture) {
        return html`<p class="kernel-nothing">${words().nothing}</p>`;
    }
    const table = tableOf(picture, news, all);
    return html`<div ref=${frame} class=${isFresh && !past ? 'kernel is-fresh' : 'kernel'}>
        <header class="kernel-head">
            <h2>${words().title}</h2>
            ${noteOf(past, mode, () => show(undefined)) ?? html`<span>${words().legend}</span>`}
            <label><input type="checkbox" checked=${all.kinds} onChange=${() => setAll({ ...all, kinds: !all.kinds })} /> ${words().allKinds}</label>
        </header>
        <div class="kernel-scroll" tabindex="0" role="region" aria-label=${words().title}>
            <${Table} table=${table} choice=${choice} choose=${choose} all=${all.processes}
                toggleAll=${() => setAll({ ...all, processes: !all.processes })} />
            <${Cgroups} picture=${picture} news=${news.cgroups} rates=${past ? new Map() : rates} />
        </div>
        <div class="kernel-below">
            ${choice && html`<${Structures} picture=${picture} choice=${choice} choose=${choose} details=${details} key=${`${choice.pid} ${choice.kind}`}
                toggleDetails=${() => setDetails(!details)} />`}
            <${Timeline} entries=${entries} shown=${past} show=${show} mode=${mode} control=${control} />
        </div>
        <p class="kernel-out-of-sight" role="status">${announced}</p>
    </div>`;
}

/**
 * What is said in place of the legend, when this is not the machine as it runs now.
 *
 * @param {Entry | undefined} past
 * @param {import('./timeline.js').Mode} mode
 * @param {() => void} back
 */
function noteOf(past, mode, back) {
    if (past) {
        return html`<span class="kernel-note">${words().past(past.number, new Date(past.at).toLocaleTimeString(language()))}
            ${' '}<button type="button" onClick=${back}>${words().now}</button></span>`;
    }
    return mode === 'runs' ? undefined : html`<span class="kernel-note">${mode === 'paused' ? words().paused : words().stepping}</span>`;
}

/**
 * Scrolls to the last of some parts, within what scrolls here; the page stays where it is.
 *
 * @param {HTMLElement | null} frame
 * @param {string} part
 */
function bringIntoSight(frame, part) {
    const found = [...frame?.querySelectorAll(part) ?? []].filter((it) => !it.matches('.kernel-initial')).at(-1);
    const scrolled = found?.closest('.kernel-scroll, ol');
    if (found && scrolled) {
        const [inner, outer] = [found, scrolled].map((it) => it.getBoundingClientRect());
        const head = scrolled.querySelector('thead')?.getBoundingClientRect().height ?? 0;
        scrolled.scrollTop += Math.max(0, inner.bottom - outer.bottom) + Math.min(0, inner.top - outer.top - head);
    }
}
