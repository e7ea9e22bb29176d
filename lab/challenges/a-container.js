// A container, out of unshare, mount, pivot_root and a cgroup.

import { ofOneProcess } from '../judge/scene.js';
import anotherRoot, { hasAnotherRoot, hasLeftTheMachine, hasProc } from './another-root.js';

/** @typedef {import('../judge/scene.js').Process} Process */
/** @typedef {import('../judge/scene.js').Scene} Scene */
/** @typedef {'pid' | 'uts' | 'ipc' | 'net' | 'cgroup' | 'name' | 'limit' | 'proc' | 'umount'} Part */

/** Whether a cgroup, or one above it, limits its processes. @param {Process} process @param {Scene} scene */
const isLimited = ({ cgroup: { path } }, { cgroups }) =>
    cgroups.some((it) => it.pids?.limit !== undefined && `${path}/`.startsWith(`${it.path}/`));

/** The lines of the solution, without some of its parts. @param {Part[]} without */
function lines(...without) {
    const only = (/** @type {Part} */ part, /** @type {string} */ text) => (without.includes(part) ? '' : text);
    const kinds = /** @type {const} */ (['pid', 'uts', 'ipc', 'net', 'cgroup']).map((kind) => only(kind, ` --${kind}`)).join('');
    return [
        '1$ sudo bash',
        `1# cd /sys/fs/cgroup && mkdir box${only('limit', ' && echo 20 >box/pids.max')} && echo $$ >box/cgroup.procs`,
        `1# unshare --mount --fork${kinds} bash`,
        `1# ${only('name', 'hostname box && ')}cd /srv/image${only('proc', ' && mount -t proc proc proc')}`,
        `1# pivot_root . mnt${only('umount', ' && umount -l /mnt')} && exec sh`,
    ];
}

const [first, cgroup, unshare, fill, enter] = lines();

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'a-container',
    chapter: 'step16-container',
    minutes: 15,
    title: { en: 'A container by hand', ko: '손으로 만든 컨테이너' },
    task: {
        en: 'Build a container without `step16-container`: a shell that is PID 1 in a PID namespace of its own, with a hostname that only it has, and with IPC, network, mount and cgroup namespaces of its own. It is in a cgroup with a limit on the number of processes, and sees that cgroup as `/`.\n\nIts root is another file system, with proc at `/proc`. You may take the tmpfs at `/srv/image`, which has a shell, a few programs, and empty directories such as `/proc` and `/mnt`. The machine\'s root file system is no longer mounted in there.',
        ko: '`step16-container`를 쓰지 않고 컨테이너를 만드세요. 컨테이너는 자기만의 PID namespace에서 PID 1인 셸입니다. 호스트 이름이 따로 있고, IPC, 네트워크, 마운트, cgroup namespace도 자기만의 것입니다. 프로세스 수가 제한된 cgroup에 있으며, 그 cgroup을 `/`로 봅니다.\n\n루트는 다른 파일 시스템이고, `/proc`에는 proc이 마운트되어 있습니다. `/srv/image`에 마운트된 tmpfs를 써도 됩니다. 셸과 프로그램 몇 개, `/proc`과 `/mnt` 같은 빈 디렉터리가 들어 있습니다. 그 안에는 컴퓨터의 루트 파일 시스템이 더는 마운트되어 있지 않아야 합니다.',
    },
    prepare: anotherRoot.prepare,
    goal: ofOneProcess([
        {
            says: { en: 'a shell has PID 1 in a PID namespace that is not the initial one', ko: '어떤 셸이 초기 namespace가 아닌 PID namespace에서 PID 1이다' },
            of: ({ own, ns, isShell }, { boot }) => isShell && own === 1 && ns.pid !== boot.pid,
        },
        {
            says: { en: 'its UTS namespace is not the initial one, and has another hostname', ko: '그 셸의 UTS namespace는 초기 namespace가 아니고, 호스트 이름도 다르다' },
            of: ({ ns }, { boot }) => ns.uts !== boot.uts && ns.uts.nodename !== boot.uts.nodename,
        },
        {
            says: { en: 'its IPC namespace is not the initial one', ko: 'IPC namespace가 초기 namespace가 아니다' },
            of: ({ ns }, { boot }) => ns.ipc !== boot.ipc,
        },
        {
            says: { en: 'its network namespace is not the initial one', ko: '네트워크 namespace가 초기 namespace가 아니다' },
            of: ({ ns }, { boot }) => ns.net !== boot.net,
        },
        {
            says: { en: 'it is in a cgroup with a limit on the number of processes', ko: '프로세스 수가 제한된 cgroup에 있다' },
            of: isLimited,
        },
        {
            says: { en: 'that cgroup is the root of its cgroup namespace, which is not the initial one', ko: '그 cgroup이 cgroup namespace의 루트이고, 이 namespace는 초기 namespace가 아니다' },
            of: ({ ns, cgroup: { path } }, { boot }) => ns.cgroup !== boot.cgroup && ns.cgroup.root === path,
        },
        {
            says: { en: 'in its mount namespace, another file system is mounted at `/` (`chroot` does not do that), and proc at `/proc`', ko: '마운트 namespace의 `/`에 다른 파일 시스템이 마운트되어 있고(`chroot`로는 그렇게 되지 않는다), `/proc`에 proc이 마운트되어 있다' },
            of: ({ ns }, { boot }) => ns.mnt !== boot.mnt && hasAnotherRoot(ns.mnt) && hasProc(ns.mnt),
        },
        {
            says: { en: 'the machine\'s root file system is not mounted there any more', ko: '거기에는 컴퓨터의 루트 파일 시스템이 더는 마운트되어 있지 않다' },
            of: ({ ns }, { boot }) => ns.mnt !== boot.mnt && hasLeftTheMachine(ns.mnt),
        },
    ]),
    hints: [
        { en: 'The order matters: the cgroup first, then the namespaces, then what they contain, and at last the root.', ko: '순서가 중요합니다. cgroup이 먼저이고, 그다음이 namespace, 그다음이 그 안의 내용, 마지막이 루트입니다.' },
        { en: 'Move root\'s shell into a new cgroup, and write its `pids.max`. Then one `unshare` with `--fork` creates all namespaces.', ko: 'root의 셸을 새 cgroup으로 옮기고 `pids.max`에 한도를 쓰세요. 그다음 `--fork`를 붙인 `unshare` 한 번으로 모든 namespace를 만들 수 있습니다.' },
        { en: 'Inside: `hostname`, and `mount -t proc` on the new root\'s `/proc`. Then `pivot_root . mnt` in `/srv/image`, and `umount -l /mnt`.', ko: '안에서는 `hostname`으로 이름을 바꾸고, 새 루트의 `/proc`에 `mount -t proc`을 합니다. 그다음 `/srv/image`에서 `pivot_root . mnt`, 그리고 `umount -l /mnt`를 실행합니다.' },
    ],
    solution: [
        [first, { en: 'Only root may create a cgroup here.', ko: '여기서는 root만 cgroup을 만들 수 있습니다.' }],
        [cgroup, { en: 'The shell moves into a cgroup for at most 20 processes. What it starts will be there, too.', ko: '셸이 프로세스를 20개까지만 허용하는 cgroup으로 옮겨 갑니다. 셸이 시작하는 것도 모두 거기에 있게 됩니다.' }],
        [unshare, { en: 'All namespaces at once. The cgroup namespace begins at the cgroup of this moment, and with `--fork` the new `bash` is PID 1.', ko: '모든 namespace를 한꺼번에 만듭니다. cgroup namespace는 이 순간의 cgroup에서 시작하고, `--fork` 덕분에 새 `bash`가 PID 1입니다.' }],
        [fill, { en: 'The container gets a name, and its root a `/proc` that shows the new PID namespace.', ko: '컨테이너에 이름을 붙이고, 새 루트에 새 PID namespace를 보여 주는 `/proc`을 만들어 줍니다.' }],
        [enter, { en: 'The tmpfs becomes the root, the old root is unmounted, and the shell becomes that of the image.', ko: 'tmpfs가 루트가 되고, 원래의 루트는 해제됩니다. 셸도 이미지의 셸로 바뀝니다.' }],
    ],
    others: [
        // An ordinary user's, but for the cgroup.
        `
            1$ sudo sh -c "cd /sys/fs/cgroup; mkdir box; echo 20 >box/pids.max; echo $$ >box/cgroup.procs"
            1$ unshare --map-root-user --mount --fork --pid --uts --ipc --net --cgroup bash
            1# hostname box; mount --bind /srv/image /srv/image; cd /srv/image; mount -t proc proc proc
            1# pivot_root . mnt && umount -l /mnt && exec sh
        `,
    ],
    wrong: [
        { fails: 1, script: lines('pid').join('\n') },
        // What is left is no shell.
        { fails: 1, script: [first, cgroup, unshare, fill, '1# pivot_root . mnt && umount -l /mnt && exec sleep 1000'].join('\n') },
        { fails: 2, script: lines('name').join('\n') },
        { fails: 3, script: lines('ipc').join('\n') },
        { fails: 4, script: lines('net').join('\n') },
        { fails: 5, script: lines('limit').join('\n') },
        { fails: 6, script: lines('cgroup').join('\n') },
        { fails: 7, script: lines('proc').join('\n') },
        { fails: 8, script: lines('umount').join('\n') },
        // The hostname is then the machine's.
        { script: lines('uts').join('\n') },
        { script: '1$ step16-container' },
    ],
};
