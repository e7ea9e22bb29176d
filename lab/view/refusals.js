// Of each call that can be refused, what decides that, as far as a picture tells: what the kernel's
// source asks (Linux 6.1), in its order. What a picture does not tell is marked as unknown. It has no DOM.

import { name, State, unknown, verdict } from './refusal-state.js';
import { fork, limits } from './refusal-limits.js';
import { inMountNamespace, mounting, unmounting } from './refusal-mounts.js';
import { refusalWords as words } from './refusal-words.js';

/** @typedef {import('./refusal-state.js').Fact} Fact */
/** @typedef {import('./refused-line.js').Refused} Refused */
/** @typedef {import('./refused-line.js').Errno} Errno */
/** @typedef {import('../kernel/namespaces.js').Kind} Kind */
/** @typedef {import('../kernel/processes.js').Process} Process */
/** @typedef {(state: State, refused: Refused, before: import('../kernel/history.js').Picture | undefined) => Fact[]} Rule */

/** The flag of each kind of namespace (include/uapi/linux/sched.h). @type {Record<string, [Kind, number]>} */
const FLAGS = {
    CLONE_NEWTIME: ['time', 0x80], CLONE_NEWNS: ['mnt', 0x20000], CLONE_NEWCGROUP: ['cgroup', 0x2000000], CLONE_NEWUTS: ['uts', 0x4000000],
    CLONE_NEWIPC: ['ipc', 0x8000000], CLONE_NEWUSER: ['user', 0x10000000], CLONE_NEWPID: ['pid', 0x20000000], CLONE_NEWNET: ['net', 0x40000000],
};

/**
 * The kinds of namespaces that are asked for; nothing, where the line does not tell.
 *
 * @param {string} [about]
 * @returns {Kind[] | undefined}
 */
function kindsIn(about) {
    const flags = Object.entries(FLAGS);
    if (about?.startsWith('0x')) {
        return flags.filter(([, [, flag]]) => Number(about) & flag).map(([, [kind]]) => kind);
    }
    const found = flags.filter(([flag]) => about?.includes(flag)).map(([, [kind]]) => kind);
    return found.length > 0 ? found : undefined;
}

/**
 * A new user namespace, for anyone (create_user_ns).
 *
 * @param {State} state
 * @returns {Fact[]}
 */
function newUser({ process: { ids, chrooted }, user }) {
    const mapped = (/** @type {'uid' | 'gid'} */ what) => {
        const id = what === 'uid' ? ids.euid : ids.egid;
        return {
            text: words().userMapped(what, id, name(user)),
            verdict: verdict(user[`${what}s`]?.some(({ lower, count }) => id >= lower && id < lower + count) ?? false),
        };
    };
    return [mapped('uid'), mapped('gid'), { text: words().notChrooted, verdict: verdict(!chrooted) }, unknown(words().sysctl)];
}

/** @type {Rule} */
function creation(state, { about, errno, call }, before) {
    const kinds = kindsIn(about);
    if (errno === 'ENOSPC') {
        return limits(state, kinds);
    }
    if (errno === 'EPERM') {
        const admin = () => state.needsOwn('CAP_SYS_ADMIN');
        if (!kinds) {
            const fact = admin();
            return [{ ...fact, why: `${fact.why} ${words().exceptUser}` }, ...newUser(state)];
        }
        // The other kinds are made in the new user namespace, where the caller has all capabilities.
        return kinds.includes('user') ? newUser(state) : [admin()];
    }
    return call === 'clone' && (errno === 'EAGAIN' || errno === 'ENOMEM') ? fork(state, before) : [];
}

/** @type {Rule} */
const nesting = ({ process: { namespaces, forChildren } }) => [{ text: words().sameChildren, verdict: verdict(forChildren?.pid === namespaces.pid) }];

/** @type {Rule} */
function entering(state, { about }) {
    const found = about?.match(/^(?:\/proc\/(?<pid>\d+|self)\/)?ns\/(?<kind>[a-z]+)(?<children>_for_children)?/)?.groups;
    const kind = /** @type {Kind | undefined} */ (found?.kind);
    const process = found?.pid ? state.processOf(found.pid) : undefined;
    const namespace = kind && state.of((found?.children ? /** @type {Process['namespaces'] | undefined} */ (process?.forChildren) : process?.namespaces)?.[kind]);
    const chroot = kind === 'mnt' ? [state.needsOwn('CAP_SYS_CHROOT')] : [];
    const own = kind === 'user' ? [] : [state.needsOwn('CAP_SYS_ADMIN'), ...chroot];
    if (!namespace) {
        return [unknown(words().whichNamespace, words().notTold), ...own];
    }
    if (kind === 'user') {
        return [state.needs('CAP_SYS_ADMIN', namespace, words().inside(name(namespace)))];
    }
    return state.ownerOf(namespace) === state.user ? own : [state.needsOwnerOf('CAP_SYS_ADMIN', namespace), ...own];
}

/**
 * Writing to uid_map, gid_map or setgroups.
 *
 * @param {State} state
 * @param {string} pid
 * @param {string} file
 * @returns {Fact[]}
 */
function mapping(state, pid, file) {
    const process = state.processOf(pid);
    if (!process) {
        return [unknown(words().whichMap, words().notTold)];
    }
    const user = state.of(process.namespaces.user);
    const admin = state.needs('CAP_SYS_ADMIN', user, words().inside(name(user)));
    if (file === 'setgroups') {
        return [admin, { text: words().mapEmpty('gid_map', name(user)), verdict: verdict(user.gids?.length === 0) }];
    }
    if (!user.parent) {
        return [{ text: words().hasParent, verdict: 'not met' }];
    }
    const above = state.of(user.parent);
    const capability = file === 'uid_map' ? 'CAP_SETUID' : 'CAP_SETGID';
    const map = file === 'uid_map' ? user.uids : user.gids;
    return [
        { text: words().mapEmpty(file, name(user)), verdict: verdict(map?.length === 0) }, admin,
        { text: words().mapWriter(name(user)), verdict: verdict(state.user === user || state.user === above) },
        state.needs(capability, above, words().above(name(above), name(user)), words().mapsOthers),
        ...(file === 'gid_map' ? [{ text: words().mapsSelf(name(user)), verdict: verdict(!user.setgroups) }] : []),
    ];
}

/**
 * Reading what another process has in /proc (__ptrace_may_access).
 *
 * @param {State} state
 * @param {string} pid
 * @returns {Fact[]}
 */
function looking(state, pid) {
    const target = state.processOf(pid);
    const { process } = state;
    if (!target) {
        return [unknown(words().otherProcess, words().notTold)];
    }
    const user = state.of(target.namespaces.user);
    const [theirs, own] = [target.capabilities.permitted, process.capabilities.effective].map((set) => BigInt(`0x${set}`));
    const isSame = [target.ids.uid, target.ids.euid].every((uid) => uid === process.ids.euid)
        && [target.ids.gid, target.ids.egid].every((gid) => gid === process.ids.egid);
    const fact = state.needs('CAP_SYS_PTRACE', user, words().inside(name(user)), (_, where) => words().ptrace(`${target.comm} ${target.pid}`, where));
    const isEnough = isSame && user === state.user && (theirs & ~own) === 0n;
    return [{ ...fact, verdict: verdict(isEnough || fact.verdict === 'met') }, ...(fact.verdict === 'met' ? [] : [unknown(words().dumpable)])];
}

/** @type {Rule} */
function file(state, { about = '' }) {
    const { pid, map, ns, clocks } = about.match(/^\/proc\/(?<pid>\d+|self)\/(?:(?<map>uid_map|gid_map|setgroups)$|(?<ns>ns)\b|(?<clocks>timens_offsets))/)?.groups ?? {};
    if (map) {
        return mapping(state, pid, map);
    }
    if (clocks) {
        const time = state.of(state.processOf(pid)?.forChildren?.time);
        return time ? [state.needsOwnerOf('CAP_SYS_TIME', time)] : [];
    }
    if (ns) {
        return looking(state, pid);
    }
    if (about.startsWith('/proc/sys/user/')) {
        return [state.needsOwn('CAP_SYS_RESOURCE')];
    }
    return about.startsWith('/sys/fs/cgroup') ? [state.needsOwn('CAP_DAC_OVERRIDE'), unknown(words().modes)] : [];
}

/** @type {Rule} */
const privileges = (state, { about = '' }) => {
    const raised = about.match(/^PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (CAP_\w+)/)?.[1];
    if (raised) {
        return [{ text: words().ambient(raised), verdict: verdict(state.hasIn('permitted', raised) && state.hasIn('inheritable', raised)) }];
    }
    return about.startsWith('PR_CAPBSET_DROP') ? [state.needsOwn('CAP_SETPCAP')] : [];
};

/** @type {Rule} */
function filtering(state) {
    const fact = state.needs('CAP_SYS_ADMIN', state.user, words().own(name(state.user)), (_, where) => words().noPrivs(where));
    return [{ ...fact, verdict: verdict(Boolean(state.process.noNewPrivs) || fact.verdict === 'met') }];
}

/** @type {Rule} */
const groups = (state) => [
    state.needsOwn('CAP_SETGID'),
    { text: words().mapWritten(name(state.user)), verdict: verdict((state.user.gids?.length ?? 0) > 0) },
    { text: words().setgroupsAllowed(name(state.user)), verdict: verdict(state.user.setgroups) },
];

/** Files whose writers the kernel judges by more than their modes. */
const FILES = { rule: file, errnos: /** @type {Errno[]} */ (['EPERM', 'EACCES']), about: /^\/(?:proc\/(?:\d+|self)\/(?:uid_map|gid_map|setgroups|ns|timens_offsets)|proc\/sys\/user\/|sys\/fs\/cgroup)/ };

/**
 * What decides, by the name of the call, for some errnos and arguments: another errno has other reasons, mostly
 * in the call's arguments.
 *
 * @type {Record<string, { rule: Rule, errnos?: Errno[], about?: RegExp, einval?: { rule: Rule, about: RegExp } }>}
 */
const RULES = {
    unshare: { rule: creation, errnos: ['EPERM', 'ENOSPC'], einval: { rule: nesting, about: /CLONE_NEWPID/ } },
    clone: { rule: creation, errnos: ['EPERM', 'ENOSPC', 'EAGAIN', 'ENOMEM'], einval: { rule: nesting, about: /CLONE_NEWPID/ } },
    fork: { rule: (state, _, before) => fork(state, before), errnos: ['EAGAIN', 'ENOMEM'] },
    setns: { rule: entering },
    sethostname: { rule: (state) => [state.needsOwnerOf('CAP_SYS_ADMIN', state.own('uts'))] },
    setdomainname: { rule: (state) => [state.needsOwnerOf('CAP_SYS_ADMIN', state.own('uts'))] },
    mount: { rule: mounting },
    umount: { rule: inMountNamespace, einval: { rule: unmounting, about: /^\// } },
    pivot_root: { rule: inMountNamespace },
    mount_setattr: { rule: (state, refused, before) => [...inMountNamespace(state, refused, before), unknown(words().locked)] },
    move_mount: { rule: inMountNamespace },
    chroot: { rule: (state) => [state.needsOwn('CAP_SYS_CHROOT')] },
    setgroups: { rule: groups },
    setresuid: { rule: (state) => [state.needsOwn('CAP_SETUID')] },
    setresgid: { rule: (state) => [state.needsOwn('CAP_SETGID')] },
    write: FILES,
    open: FILES,
    mkdir: FILES,
    rtnetlink: { rule: (state) => [state.needsOwnerOf('CAP_NET_ADMIN', state.own('net'))] },
    prctl: { rule: privileges, about: /^PR_CAP(?:BSET_DROP|_AMBIENT, PR_CAP_AMBIENT_RAISE), / },
    execve: { rule: ({ process }) => [{ text: words().setUserId, verdict: verdict(!process.noNewPrivs) }, unknown(words().nosuid)] },
    seccomp: { rule: filtering, errnos: ['EACCES'] },
};

/** Refused for want of a privilege, unless a rule says otherwise. @type {Errno[]} */
const PRIVILEGE = ['EPERM'];

/** @param {Refused} refused */
function ruleOf({ call, errno, about = '' }) {
    const { rule, errnos = PRIVILEGE, about: of, einval } = Object.hasOwn(RULES, call) ? RULES[call] : {};
    if (errno === 'EINVAL') {
        return einval?.about.test(about) ? einval.rule : undefined;
    }
    return (!errno || errnos.includes(errno)) && (of ?? /^/).test(about) ? rule : undefined;
}

/**
 * Whether the page knows what decides.
 *
 * @param {Refused} refused
 */
export const isKnown = (refused) => ruleOf(refused) !== undefined;

/**
 * What decided that a process was refused a call.
 *
 * @param {Refused} refused
 * @param {import('../kernel/history.js').Picture} picture
 * @param {import('../kernel/processes.js').Process} process one of its processes
 * @param {import('../kernel/history.js').Picture} [before] the picture when the line was entered
 * @returns {Fact[]}
 */
export function factsOf(refused, picture, process, before) {
    const state = new State(picture, process);
    const facts = ruleOf(refused)?.(state, refused, before) ?? [];
    const filters = process.seccomp?.filters;
    return filters && facts.length > 0 ? [...facts, unknown(words().seccomp(filters))] : facts;
}
