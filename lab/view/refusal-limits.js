// Limits that can refuse a namespace or a process, as a picture has them. It has no DOM.

import { name, unknown, verdict } from './refusal-state.js';
import { refusalWords as words } from './refusal-words.js';

/** @typedef {import('./refusal-state.js').Fact} Fact */
/** @typedef {import('./refusal-state.js').State} State */
/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */

/** @type {Kind[]} */
const KINDS = ['user', 'pid', 'mnt', 'uts', 'ipc', 'net', 'time', 'cgroup'];

/** How deep they may be nested: the kernel's check for user namespaces lets one more. */
const DEEPEST = { pid: 32, user: 33 };

/**
 * The limits that count for another namespace of a kind: of the caller's user in its user namespace, and of the
 * creator of each user namespace in the one above (inc_ucount).
 *
 * @param {State} state
 * @param {Kind} kind
 */
function* counted(state, kind) {
    for (let user = state.user, uid = state.process.ids.euid; ; uid = user.creator?.uid ?? 0, user = state.of(user.parent)) {
        const limit = user.limits?.[kind];
        if (limit !== undefined) {
            const count = state.picture.counts?.find((it) => it.user === user.address && it.uid === uid);
            const used = count && (count.used[kind] ?? 0);
            // Nobody may have one where the limit is 0.
            yield { limit, used, uid, user, isBelow: limit === 0 ? false : used === undefined ? undefined : used < limit };
        }
        if (!user.parent) {
            return;
        }
    }
}

/**
 * What ENOSPC means where namespaces are made.
 *
 * @param {State} state
 * @param {Kind[]} [asked] the kinds; where they are not told, only what is reached is told
 * @returns {Fact[]}
 */
export function limits(state, asked) {
    const facts = (asked ?? KINDS).flatMap((kind) => {
        const all = [...counted(state, kind)].map(({ limit, used, uid, user, isBelow }) => ({
            text: words().limit(kind, uid, name(user)), why: words().limitIs(used, limit), verdict: verdict(isBelow),
        }));
        return kind === 'user' || kind === 'pid' ? [...all, depth(state, kind)] : all;
    });
    return asked ? facts : facts.filter((fact) => fact.verdict === 'not met');
}

/**
 * @param {State} state
 * @param {'user' | 'pid'} kind
 * @returns {Fact}
 */
function depth(state, kind) {
    const { level = 0 } = kind === 'user' ? state.user : state.of(state.process.forChildren?.pid) ?? state.own('pid');
    return { text: words().notDeeper(kind, level, DEEPEST[kind]), verdict: verdict(level < DEEPEST[kind]) };
}

/**
 * Why a process could not be made.
 *
 * @param {State} state
 * @param {Picture} [before] the picture when the line was entered
 * @returns {Fact[]}
 */
export function fork(state, before) {
    const { process, picture } = state;
    const own = picture.cgroups.find(({ address }) => address === process.cgroup);
    const around = picture.cgroups.filter(({ path }) => own && (path === own.path || own.path.startsWith(path === '/' ? path : `${path}/`)));
    const facts = around.flatMap(({ path, pids }) => (pids?.limit === undefined ? [] : [{
        text: words().pidsMax(path), why: words().pidsAre(pids.current, pids.limit), verdict: verdict(pids.current < pids.limit),
    }]));
    // The kernel counts what it refuses where the process is, whichever limit it was.
    const refused = (own?.pids?.refused ?? 0) - (before?.cgroups.find(({ address }) => address === own?.address)?.pids?.refused ?? 0);
    if (before && facts.length > 0) {
        facts.push({ text: words().noRefusal, why: words().refusals(refused), verdict: verdict(refused === 0) });
    }
    return [...facts, ...initOf(state), unknown(words().otherLimits)];
}

/**
 * In a PID namespace whose PID 1 has ended nothing can be made. Before its first process there is none either.
 *
 * @param {State} state
 * @returns {Fact[]}
 */
function initOf(state) {
    const pid = state.of(state.process.forChildren?.pid);
    if (!pid) {
        return [];
    }
    const hasInit = state.picture.processes.some(({ pids, state: is }) => is !== 'Z' && pids.some((it) => it.namespace === pid.address && it.pid === 1));
    return [{ text: words().init(name(pid)), verdict: verdict(hasInit || undefined) }];
}
