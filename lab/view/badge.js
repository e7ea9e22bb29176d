// A namespace in the table: a quiet dot for one of boot, a badge with its letter and what it
// holds for any other. Letter, color and shape each tell which it is.

import { html } from 'htm/preact';
import { words } from './words.js';

/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/processes.js').Process} Process */

/** How many looks a badge can have; the letter tells those apart that look the same. */
const LOOKS = 6;

/**
 * What a namespace holds that a learner can read, for a process that is in it.
 *
 * @param {Namespace} namespace
 * @param {Process} [process]
 */
export function holds(namespace, process) {
    const { kind, address, uids, nodename, offsets, root, mounts, devices } = namespace;
    switch (kind) {
        case 'user':
            return uids?.length ? `${uids[0].first}→${uids[0].lower}` : words().noMap;
        case 'pid': {
            const own = process?.pids.find(({ namespace }) => namespace === address);
            return own ? words().pid(own.pid) : '';
        }
        case 'uts':
            return nodename ?? '';
        case 'time':
            return offsets ? words().seconds(Math.round(offsets.boottime || offsets.monotonic)) : '';
        case 'cgroup':
            return root ?? '';
        case 'mnt':
            return mounts === undefined ? '' : words().mounts(mounts);
        case 'net':
            return devices?.join(' ') ?? '';
        default:
            return '';
    }
}

/** The letter's place among the looks. @param {string} letter */
const look = (letter) => (letter.charCodeAt(letter.length - 1) - 65) % LOOKS;

/** With an arrow, if the text points at it. @param {BadgeProps} props */
export function Badge(props) {
    const badge = html`<${Plain} ...${props} />`;
    return props.isPoint ? html`<span class="kernel-pointed"><span class="kernel-pointer" aria-hidden="true">➤</span>${badge}</span>` : badge;
}

/**
 * @typedef {object} BadgeProps
 * @property {Namespace} namespace
 * @property {Process} [process]
 * @property {boolean} [isNew]
 * @property {boolean} [isChosen]
 * @property {boolean} [isPoint] whether the text points at it
 * @property {boolean} [forChildren] whether the process is not in it, but its next child will be
 * @property {() => void} [choose] not given, it is no button
 */

/** @param {BadgeProps} props */
function Plain({ namespace, process, isNew, isChosen, isPoint, forChildren, choose }) {
    const { kind, letter } = namespace;
    const text = forChildren ? '' : holds(namespace, process);
    const label = [
        forChildren ? words().chooseChildren(kind, letter ?? words().initial)
            : letter ? words().choose(kind, letter, text) : words().chooseInitial(kind),
        ...(isNew ? [words().isNew] : []),
        ...(isPoint ? [words().isPoint] : []),
    ].join(', ');
    const inside = letter || forChildren
        ? html`<b aria-hidden="true">${forChildren ? '↳ ' : ''}${letter ?? '○'}</b>${text && html` <span aria-hidden="true">${text}</span>`}`
        : html`<i class="kernel-dot" aria-hidden="true"></i>`;
    const name = letter || forChildren ? `kernel-badge kernel-look-${letter ? look(letter) : 'none'}` : 'kernel-initial';
    const classes = `${name}${isNew ? ' is-new' : ''}${isPoint ? ' is-point' : ''}`;
    if (!choose) {
        return html`<span class=${classes} role="img" aria-label=${label} title=${label}>${inside}</span>`;
    }
    // A keyboard comes to what is initial by its process.
    return html`<button type="button" class=${classes} aria-label=${label} title=${label} aria-pressed=${String(Boolean(isChosen))}
        tabindex=${letter || forChildren ? 0 : -1} onClick=${choose}>${inside}</button>`;
}
