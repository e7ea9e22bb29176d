// Why a mount was refused, or its end. It has no DOM.

import { unknown, verdict } from './refusal-state.js';
import { refusalWords as words } from './refusal-words.js';

/** @typedef {import('./refusal-state.js').Fact} Fact */
/** @typedef {import('./refusals.js').Rule} Rule */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */

/**
 * File systems of which every user namespace may have its own, and the namespace of the process
 * that it shows: its owner decides. Those of the others need the capability where the process is.
 *
 * @type {Record<string, Kind | undefined>}
 */
const SHOWN = { proc: 'pid', sysfs: 'net', mqueue: 'ipc', cgroup2: 'cgroup', tmpfs: undefined, ramfs: undefined, devpts: undefined, overlay: undefined };

/** File systems that, once something in them is covered, must not be mounted again without that. */
const REVEALING = ['proc', 'sysfs'];

/** @type {Rule} */
export function mounting(state, { about = '' }) {
    const mnt = state.own('mnt');
    const facts = [state.needsOwnerOf('CAP_SYS_ADMIN', mnt)];
    const type = about.split(',')[0];
    if (!Object.hasOwn(SHOWN, type)) {
        const others = about.includes('MS_REMOUNT') ? [unknown(words().locked)] : [];
        return [...facts, ...(about ? others : [unknown(words().whichType, words().notTold)])];
    }
    const shown = SHOWN[type];
    const owner = shown ? state.ownerOf(state.own(shown)) : state.user;
    if (owner !== state.ownerOf(mnt)) {
        facts.push(shown ? state.needsOwnerOf('CAP_SYS_ADMIN', state.own(shown)) : state.needsOwn('CAP_SYS_ADMIN'));
    }
    return REVEALING.includes(type) && state.ownerOf(mnt) !== state.initial ? [...facts, revealing(mnt, type)] : facts;
}

/**
 * Whether a new file system would show only what is to be seen already (mnt_already_visible).
 *
 * @param {import('../kernel/history.js').Lettered} mnt
 * @param {string} type
 * @returns {Fact}
 */
function revealing({ list = [], locked = [], mounts }, type) {
    const text = words().openPlace(type);
    const places = list.filter((mount) => mount.type === type).map(({ point }) => point);
    const coveredIn = (/** @type {string} */ place) => locked.filter((point) => point.startsWith(`${place}/`));
    const open = places.find((place) => coveredIn(place).length === 0);
    if (open) {
        return { text, why: words().hasPlace(open), verdict: 'met' };
    }
    if (list.length !== mounts) {
        return unknown(text);
    }
    return places.length > 0 ? unknown(text, words().covered(places.flatMap(coveredIn).join(', '))) : { text, why: words().noPlace(type), verdict: 'not met' };
}

/** @type {Rule} */
export const inMountNamespace = (state) => [state.needsOwnerOf('CAP_SYS_ADMIN', state.own('mnt'))];

/** Why nothing is unmounted (EINVAL). @type {Rule} */
export function unmounting(state, { about: point = '' }) {
    const { list = [], locked = [], mounts } = state.own('mnt');
    // A path that leads through no symbolic links and no other root.
    const places = list.filter((mount) => mount.point === point).length;
    if (places === 0) {
        return [{ text: words().isMounted(point), verdict: verdict(list.length !== mounts || state.process.chrooted ? undefined : false) }];
    }
    const held = locked.filter((it) => it === point).length;
    // Where one covers the other, nobody knows which of them is locked.
    return [{ text: words().notLocked(point), verdict: verdict(held > 0 && held < places ? undefined : held === 0) }];
}
