// A change in words that say only what was seen.

import { isKorean } from '../page/language.js';
import { differences } from './capabilities.js';
import { words } from './words.js';

/** @typedef {import('../kernel/changes.js').Change} Change */
/** @typedef {import('../kernel/changes.js').Name} Name */

/** How /proc names a namespace. @param {{ kind: string, inode: number }} name */
export const link = ({ kind, inode }) => `${kind}:[${inode}]`;

/** @param {number | undefined} bytes */
export function inUnits(bytes) {
    if (bytes === undefined) {
        return 'max';
    }
    const [size, unit] = bytes >= 1 << 20 ? [bytes / (1 << 20), 'MiB'] : [bytes / 1024, 'KiB'];
    return `${Number(size.toFixed(1))} ${unit}`;
}

/** @param {import('../kernel/namespaces.js').Extent[]} map */
const lines = (map) => map.map(({ first, lower, count }) => `${first}→${lower}${count > 1 ? ` ×${count}` : ''}`).join(', ');

/** @param {{ controller: string, limit?: number, period?: number }} change a period only where the limit is of CPU time */
const amount = ({ controller, limit, period }) => {
    if (limit === undefined) {
        return 'max';
    }
    if (period !== undefined) {
        return words().quota(Math.round(100 * limit / period));
    }
    return controller === 'memory' ? inUnits(limit) : String(limit);
};

/**
 * The change that is called so.
 *
 * @template What
 * @typedef {Change extends infer One ? One extends { what: infer Is } ? What extends Is ? One : never : never : never} Called
 */

/** @typedef {{ [What in Change['what']]: (change: Called<What>, name: (name: Name) => string) => string }} Sentences */

const who = (/** @type {{ pid: number, comm: string }} */ { pid, comm }) => `${comm} ${pid}`;

/** The PIDs that a process has in the PID namespaces below the first. @param {number[]} pids */
const inner = (pids) => pids.slice(1).join(', ');

/** How many mount points are told. */
const TOLD = 3;

/**
 * @param {string} what
 * @param {string[]} points
 */
const first = (what, points) => (points.length === 0 ? '' : `; ${what}: ${points.slice(0, TOLD).join(', ')}${points.length > TOLD ? ', …' : ''}`);

/** @type {Sentences} */
const english = {
    born: (it, name) => `${who(it)} was born${it.fresh.length ? `, in new namespaces: ${it.fresh.map(name).join(', ')}` : ''}`
        + (it.pids.length > 1 ? `; there its PID is ${inner(it.pids)}` : ''),
    ended: (it) => `${who(it)} ended`,
    zombie: (it) => `${who(it)} has exited, and its parent has not waited for it yet`,
    stopped: (it) => `${who(it)} was stopped`,
    continued: (it) => `${who(it)} goes on`,
    program: (it) => `${it.pid} became ${it.comm} (it was ${it.before})`,
    parent: (it) => `${who(it)} has a new parent, ${it.parent}`,
    ids: (it) => `${who(it)} has uid ${it.ids.uid}, effective uid ${it.ids.euid}, gid ${it.ids.gid}`,
    capabilities: (it) => `capabilities of ${who(it)}: ${differences(it.before, it.after)}`,
    no_new_privs: (it) => `${who(it)} set no_new_privs`,
    seccomp: (it) => `${who(it)} has ${it.mode === 1 ? 'the strict seccomp mode' : `${it.filters} seccomp ${it.filters === 1 ? 'filter' : 'filters'}`}`,
    namespace: (it, name) => `${who(it)} moved to ${it.isFresh ? 'a new namespace' : 'another namespace'}, ${name(it.name)}`,
    'for children': (it, name) => `the next child of ${who(it)} will be in ${it.isFresh ? 'a new namespace' : 'another namespace'}, ${name(it.name)}`,
    moved: (it) => `${who(it)} moved to cgroup ${it.path}`,
    nodename: (it, name) => `the nodename of ${name(it.name)} became ${it.after}`,
    domainname: (it, name) => `the domainname of ${name(it.name)} became ${it.after}`,
    mounts: (it, name) => `${name(it.name)} has ${it.after} mounts (it had ${it.before})${first('new', it.fresh)}${first('gone', it.gone)}`,
    devices: (it, name) => `${name(it.name)} has the network devices ${it.after.join(', ') || '–'}`,
    up: (it, name) => `the network devices that are up in ${name(it.name)}: ${it.after.join(', ') || '–'}`,
    offsets: (it, name) => `the clocks of ${name(it.name)} are set off by ${it.offsets?.monotonic} s (monotonic), ${it.offsets?.boottime} s (boottime)`,
    uids: (it, name) => `the uid_map of ${name(it.name)} became ${lines(it.map)}`,
    gids: (it, name) => `the gid_map of ${name(it.name)} became ${lines(it.map)}`,
    setgroups: (it, name) => `setgroups became ${it.allowed ? 'allowed' : 'denied'} in ${name(it.name)}`,
    made: (it) => `cgroup ${it.path} was made`,
    removed: (it) => `cgroup ${it.path} was removed`,
    enabled: (it) => `cgroup ${it.path} got the controller ${it.controller}`,
    disabled: (it) => `cgroup ${it.path} lost the controller ${it.controller}`,
    limit: (it) => `${it.controller} limit of cgroup ${it.path} became ${amount(it)}`,
    refused: (it) => `cgroup ${it.path} refused ${it.times} new ${it.times === 1 ? 'process' : 'processes'}`,
    killed: (it) => `${it.times} killed in cgroup ${it.path}: no memory left`,
    throttled: (it) => `cgroup ${it.path} was throttled ${it.times}×`,
};

/** @type {Sentences} */
const korean = {
    born: (it, name) => `${who(it)} 생김${it.fresh.length ? `. 새 namespace: ${it.fresh.map(name).join(', ')}` : ''}`
        + (it.pids.length > 1 ? `. 그 안에서의 PID: ${inner(it.pids)}` : ''),
    ended: (it) => `${who(it)} 끝남`,
    zombie: (it) => `${who(it)} 종료됨. 부모가 아직 거두지 않음`,
    stopped: (it) => `${who(it)} 정지됨`,
    continued: (it) => `${who(it)} 다시 실행됨`,
    program: (it) => `${it.pid}의 프로그램: ${it.before} → ${it.comm}`,
    parent: (it) => `${who(it)}의 부모: 이제 ${it.parent}`,
    ids: (it) => `${who(it)}: uid ${it.ids.uid}, 유효(effective) uid ${it.ids.euid}, gid ${it.ids.gid}`,
    capabilities: (it) => `${who(it)}의 capability: ${differences(it.before, it.after)}`,
    no_new_privs: (it) => `${who(it)}: no_new_privs 설정됨`,
    seccomp: (it) => `${who(it)}: ${it.mode === 1 ? 'strict seccomp 모드' : `seccomp 필터 ${it.filters}개`}`,
    namespace: (it, name) => `${who(it)}: ${it.isFresh ? '새' : '다른'} namespace로 옮김, ${name(it.name)}`,
    'for children': (it, name) => `${who(it)}의 다음 자식이 들어갈 곳: ${it.isFresh ? '새' : '다른'} namespace ${name(it.name)}`,
    moved: (it) => `${who(it)}: cgroup ${it.path}로 옮김`,
    nodename: (it, name) => `${name(it.name)}의 nodename: ${it.before} → ${it.after}`,
    domainname: (it, name) => `${name(it.name)}의 domainname: ${it.before} → ${it.after}`,
    mounts: (it, name) => `${name(it.name)}의 마운트: ${it.before}개 → ${it.after}개${first('생김', it.fresh)}${first('없어짐', it.gone)}`,
    devices: (it, name) => `${name(it.name)}의 네트워크 장치: ${it.after.join(', ') || '–'}`,
    up: (it, name) => `${name(it.name)}의 네트워크 장치 가운데 켜진(UP) 것: ${it.after.join(', ') || '–'}`,
    offsets: (it, name) => `${name(it.name)}의 시계 차이: monotonic ${it.offsets?.monotonic}초, boottime ${it.offsets?.boottime}초`,
    uids: (it, name) => `${name(it.name)}의 uid_map: ${lines(it.map)}`,
    gids: (it, name) => `${name(it.name)}의 gid_map: ${lines(it.map)}`,
    setgroups: (it, name) => `${name(it.name)}의 setgroups: ${it.allowed ? '허용' : '금지'}`,
    made: (it) => `cgroup ${it.path} 만들어짐`,
    removed: (it) => `cgroup ${it.path} 지워짐`,
    enabled: (it) => `cgroup ${it.path}: 컨트롤러 ${it.controller} 켜짐`,
    disabled: (it) => `cgroup ${it.path}: 컨트롤러 ${it.controller} 꺼짐`,
    limit: (it) => `cgroup ${it.path}의 ${it.controller} 제한: ${amount(it)}`,
    refused: (it) => `cgroup ${it.path}: 새 프로세스 ${it.times}개 거부됨`,
    killed: (it) => `cgroup ${it.path}: 메모리가 모자라 ${it.times}개 강제 종료됨`,
    throttled: (it) => `cgroup ${it.path}: ${it.times}번 멈춤(throttled)`,
};

/** @param {Name} name */
const name = ({ kind, inode, letter }) => [kind, letter, `(${link({ kind, inode })})`].filter(Boolean).join(' ');

/**
 * A change in words.
 *
 * @param {Change} change
 */
export function sentence(change) {
    const say = /** @type {(change: Change, name: (name: Name) => string) => string} */ ((isKorean() ? korean : english)[change.what]);
    return say(change, name);
}
