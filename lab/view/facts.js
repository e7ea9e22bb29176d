// What the kernel holds in two runs of an experiment, fact by fact, where they differ. It has no DOM.

import { holds } from './badge.js';
import { inWords } from './capabilities.js';
import { comparisonWords } from './comparison-words.js';
import { KINDS } from './rows.js';
import { inUnits } from './sentences.js';
import { mark } from './table.js';
import { words } from './words.js';

/** @typedef {import('../kernel/history.js').Picture} Picture */
/** @typedef {import('../kernel/history.js').Lettered} Namespace */
/** @typedef {import('../kernel/processes.js').Process} Process */

/** A fact that differs: what it is, and its value in each run. @typedef {{ what: string, values: [string, string] }} Fact */

/** More names of capabilities are only counted. */
const NAMED = 2;

/** How many mount points are told. */
const TOLD = 3;

/** Whether a process has ended, and has no namespaces but two. @param {Process} process */
export const isZombie = ({ state }) => state === 'Z';

/**
 * What two pictures hold that is not the same, and in which rows and cells of each one's table
 * that is seen: "PID", or "PID KIND".
 *
 * @param {[Process | undefined, Process | undefined][]} pairs
 * @param {Picture} one
 * @param {Picture} other
 */
export function factsOf(pairs, one, other) {
    const say = comparisonWords();
    const pictures = [one, other];
    /** @type {Fact[]} */
    const facts = [];
    const differing = /** @type {[Set<string>, Set<string>]} */ ([new Set(), new Set()]);
    const known = pictures.map(({ namespaces }) => new Map(namespaces.map((it) => [it.address, it])));
    const partner = new Map(pairs.map(([first, second]) => [first?.pid, second?.pid]));
    /** @type {(what: string, values: string[], places?: string[]) => void} */
    const add = (what, values, places = []) => {
        if (values[0] !== values[1]) {
            facts.push({ what, values: /** @type {[string, string]} */ (values) });
            places.forEach((place, run) => place && differing[run].add(place));
        }
    };
    for (const pair of pairs) {
        const [first, second] = pair;
        const name = (first ?? second)?.comm ?? '';
        const places = pair.map((process) => (process ? String(process.pid) : ''));
        if (!first || !second) {
            add(say.process(name + mark((first ?? second)?.state ?? 'S')), pair.map((process) => (process ? say.isThere : say.isNot)), places);
            continue;
        }
        const own = [first, second];
        /** @type {(what: string, value: (process: Process, picture: Picture) => string, kind?: string) => void} */
        const each = (what, value, kind) => add(say.of(what, name), own.map((process, run) => value(process, pictures[run])), places.map((place) => (kind ? `${place} ${kind}` : place)));
        for (const kind of own.some(isZombie) ? [] : KINDS) {
            const of = own.map((process, run) => known[run].get(process.namespaces[kind] ?? ''));
            add(say.of(say.namespace(kind), name), of.map(which), places.map((place) => `${place} ${kind}`));
            // What the cell shows of it.
            of.forEach((namespace, run) => {
                const [here, there] = [namespace, of[1 - run]].map((it, at) => it?.letter && holds(it, own[at === 0 ? run : 1 - run]));
                if (here !== there) {
                    differing[run].add(`${places[run]} ${kind}`);
                }
            });
        }
        each(say.forChildren('pid'), nextOf('pid'), 'pid');
        each(say.forChildren('time'), nextOf('time'), 'time');
        each(say.innerPid, ({ pids }) => pids.slice(1).map(({ pid }) => pid).join(', ') || say.none, 'pid');
        // The parents may be the same one under two numbers.
        if (partner.get(first.parent) !== second.parent) {
            each(say.parent, ({ parent }, { processes }) => processes.find(({ pid }) => pid === parent)?.comm ?? String(parent));
        }
        each('uid', ({ ids }) => (ids.uid === ids.euid ? String(ids.uid) : `${ids.uid} (euid ${ids.euid})`));
        each('gid', ({ ids }) => (ids.gid === ids.egid ? String(ids.gid) : `${ids.gid} (egid ${ids.egid})`));
        each(say.capabilities, ({ capabilities }) => inWords(capabilities.effective, NAMED));
        each(say.bounding, ({ capabilities }) => inWords(capabilities.bset, NAMED));
        each('no_new_privs', ({ noNewPrivs }) => (noNewPrivs ? '1' : '0'));
        each('seccomp', ({ seccomp }) => (seccomp ? say.filters(seccomp.filters) : say.none));
        each(say.state, ({ state }) => say.states[state] ?? say.runs);
        each('cgroup', ({ cgroup }, { cgroups }) => cgroups.find(({ address }) => address === cgroup)?.path ?? '/', 'in');
    }
    namespaceFacts(one, other, add);
    cgroupFacts(one, other, add);
    return { facts: counted(facts), differing };

    /** @type {(kind: 'pid' | 'time') => (process: Process, picture: Picture) => string} */
    function nextOf(kind) {
        return ({ forChildren, namespaces }, { namespaces: all }) => (forChildren && forChildren[kind] !== namespaces[kind]
            ? which(all.find(({ address }) => address === forChildren[kind])) : say.none);
    }
}

/** Facts that are the same are told once. @param {Fact[]} facts */
function counted(facts) {
    /** @type {Map<string, number>} */
    const times = new Map();
    const key = (/** @type {Fact} */ { what, values }) => [what, ...values].join('\n');
    facts.forEach((fact) => times.set(key(fact), (times.get(key(fact)) ?? 0) + 1));
    return [...times].map(([same, count]) => {
        const [what, ...values] = same.split('\n');
        return /** @type {Fact} */ ({ what: count > 1 ? `${what} ×${count}` : what, values });
    });
}

/** A namespace by its letter. @param {Namespace | undefined} namespace */
function which(namespace) {
    return namespace ? namespace.letter ?? words().initial : words().none;
}

/** @typedef {(what: string, values: string[]) => void} Add */

/** @param {Picture} one @param {Picture} other @param {Add} add */
function namespaceFacts(one, other, add) {
    const say = comparisonWords();
    const map = (/** @type {import('../kernel/namespaces.js').Extent[]} */ extents) =>
        extents.map(({ first, lower, count }) => `${first}→${lower}${count > 1 ? ` ×${count}` : ''}`).join(', ') || say.none;
    for (const first of one.namespaces) {
        const second = other.namespaces.find(({ kind, letter }) => kind === first.kind && letter === first.letter);
        if (!second) {
            continue;
        }
        const both = [first, second];
        const name = first.letter ? `${first.kind} ${first.letter}` : words().chooseInitial(first.kind);
        /** @type {(what: string, value: (namespace: Namespace) => string) => void} */
        const each = (what, value) => add(say.of(what, name), both.map(value));
        each('nodename', ({ nodename = '' }) => nodename);
        each('domainname', ({ domainname = '' }) => domainname);
        each('uid_map', ({ uids = [] }) => map(uids));
        each('gid_map', ({ gids = [] }) => map(gids));
        each('setgroups', ({ setgroups }) => (setgroups ? 'allow' : 'deny'));
        each(say.devices, ({ devices = [] }) => devices.join(', '));
        each(say.up, ({ up = [] }) => up.join(', ') || say.none);
        each(say.offsets, ({ offsets }) => (offsets ? `${offsets.monotonic} s, ${offsets.boottime} s` : say.none));
        const points = both.map(({ list = [] }) => list.map(({ point, type }) => `${point} (${type})`));
        const alone = points.map((own, run) => own.filter((it) => !points[1 - run].includes(it)));
        add(say.of(say.mounts, name), both.map(({ mounts }, run) => [mounts, ...alone[run].slice(0, TOLD)].join(' · ')));
    }
}

/** @param {Picture} one @param {Picture} other @param {Add} add */
function cgroupFacts(one, other, add) {
    const say = comparisonWords();
    const [first, second] = [one, other].map(({ cgroups }) => new Map(cgroups.filter(({ removed }) => !removed).map((it) => [it.path, it])));
    for (const path of new Set([...first.keys(), ...second.keys()])) {
        const both = [first.get(path), second.get(path)];
        if (!both[0] || !both[1]) {
            add(say.cgroup(path), both.map((it) => (it ? say.isThere : say.isNot)));
            continue;
        }
        /** @type {(what: string, value: (cgroup: import('../kernel/cgroups.js').Cgroup, picture: Picture) => string | number | undefined) => void} */
        const each = (what, value) => add(say.of(what, path), both.map((it, run) => String((it && value(it, [one, other][run])) ?? 'max')));
        each(say.members, ({ address }, { processes }) => (path === '/' ? 0 : processes.filter(({ cgroup }) => cgroup === address).length));
        each('pids.max', ({ pids }) => pids?.limit);
        each(say.refused, ({ pids }) => pids?.refused ?? 0);
        each('memory.max', ({ memory }) => memory && inUnits(memory.limit));
        each(say.killed, ({ memory }) => memory?.killed ?? 0);
        each('cpu.max', ({ cpu }) => (cpu?.quota === undefined ? undefined : words().quota(Math.round(100 * cpu.quota / cpu.period))));
    }
}
