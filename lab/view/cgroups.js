// Cgroups as bars: what is used of each limit, and what was refused, killed or throttled.

import { html } from 'htm/preact';
import { inUnits } from './sentences.js';
import { words } from './words.js';

/** @typedef {import('../kernel/cgroups.js').Cgroup} Cgroup */

/**
 * A bar: how much of it is filled, from 0 to 1, if there is a limit.
 *
 * @typedef {{ controller: string, text: string, share?: number, alarm?: string }} Gauge
 */

/**
 * What a cgroup's controllers count and limit. It has no DOM.
 *
 * @param {Cgroup} cgroup
 * @param {number} [rate] how many processors it uses now
 * @returns {Gauge[]}
 */
export function gauges({ pids, memory, cpu }, rate) {
    const of = (/** @type {string} */ some, /** @type {string | undefined} */ all) => (all === undefined ? `${some} · ${words().noLimit}` : words().of(some, all));
    const alarm = (/** @type {number} */ times, /** @type {(times: number) => string} */ word) => (times > 0 ? word(times) : undefined);
    /** @type {Gauge[]} */
    const all = [];
    if (pids) {
        const { current, limit, refused } = pids;
        all.push({
            controller: 'pids', text: of(String(current), limit?.toString()),
            share: limit === undefined ? undefined : current / limit, alarm: alarm(refused, words().refused),
        });
    }
    if (memory) {
        const { current, limit, killed } = memory;
        all.push({
            controller: 'memory', text: of(inUnits(current), limit === undefined ? undefined : inUnits(limit)),
            share: limit === undefined ? undefined : current / limit, alarm: alarm(killed, words().killed),
        });
    }
    if (cpu) {
        const { used, quota, period, throttled } = cpu;
        const limit = quota === undefined ? undefined : quota / period;
        const percent = (/** @type {number} */ share) => words().quota(Math.round(share * 100));
        all.push({
            controller: 'cpu',
            text: `${limit === undefined ? words().noLimit : percent(limit)} · ${words().usedCpu((used / 1e9).toFixed(1))}`,
            share: limit === undefined ? undefined : (rate ?? 0) / limit, alarm: alarm(throttled, words().throttled),
        });
    }
    return all;
}

/**
 * @param {object} props
 * @param {import('../kernel/history.js').Picture} props.picture
 * @param {Set<string>} props.news the paths of those that changed
 * @param {Map<string, number>} props.rates how many processors each uses now
 */
export function Cgroups({ picture, news, rates }) {
    const shown = picture.cgroups.filter(({ path, removed }) => path !== '/' && !removed);
    if (shown.length === 0) {
        return null;
    }
    return html`<div class="kernel-cgroups" role="group" aria-label=${words().cgroups}>
        <h3>${words().cgroups}</h3>
        ${shown.map((cgroup) => html`<div key=${cgroup.address + cgroup.path} class=${news.has(cgroup.path) ? 'is-new' : ''}>
            <code>${cgroup.path}</code> <span>${words().members(picture.processes.filter((process) => process.cgroup === cgroup.address).length)}</span>
            ${gauges(cgroup, rates.get(cgroup.address)).map((gauge) => html`<${Bar} key=${gauge.controller} gauge=${gauge} />`)}
        </div>`)}
    </div>`;
}

/** @param {{ gauge: Gauge }} props */
function Bar({ gauge: { controller, text, share, alarm } }) {
    const percent = Math.round(Math.min(share ?? 0, 1) * 100);
    return html`<div class="kernel-gauge">
        <span>${controller}</span>
        ${share === undefined ? html`<span class="kernel-bar kernel-unlimited"></span>` : html`<span class="kernel-bar" role="meter" aria-label=${controller}
            aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent} aria-valuetext=${text}><i style=${{ inlineSize: `${percent}%` }}></i></span>`}
        <span>${text}${alarm && html` · <strong>${alarm}</strong>`}</span>
    </div>`;
}
