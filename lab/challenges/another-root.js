// A process with another root, from which no path leads to the old one.

import { ofOneProcess } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Namespace} Namespace */

/** The mounts of a namespace above the one that it begins with, which no path leads to. @param {Namespace} namespace */
const mountsOf = ({ list = [] }) => list.slice(1);

/** The machine's own root file system is the only one of its type. */
const MACHINE = 'rootfs';

/** @param {Namespace} namespace */
export const hasAnotherRoot = (namespace) => mountsOf(namespace).some(({ point, type }) => point === '/' && type !== MACHINE);

/** @param {Namespace} namespace */
export const hasProc = (namespace) => mountsOf(namespace).some(({ point, type }) => point === '/proc' && type === 'proc');

/** @param {Namespace} namespace */
export const hasLeftTheMachine = (namespace) => mountsOf(namespace).every(({ type }) => type !== MACHINE);

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'another-root',
    chapter: 'step10-image',
    minutes: 8,
    title: { en: 'Another root', ko: '또 다른 루트' },
    task: {
        en: 'A small file system, a tmpfs, is mounted at `/srv/image`. It has a shell `/bin/sh`, a few programs, and empty directories such as `/proc` and `/mnt`.\n\nRun a process whose root is this file system (or another one that you make), with proc mounted at its `/proc`. The machine\'s root file system is to be gone from the mount namespace of this process, but everybody else keeps what is mounted now.',
        ko: '`/srv/image`에 작은 파일 시스템(tmpfs)이 마운트되어 있습니다. 셸 `/bin/sh`와 프로그램 몇 개, 그리고 `/proc`과 `/mnt` 같은 빈 디렉터리가 들어 있습니다.\n\n이 파일 시스템(또는 여러분이 만든 다른 파일 시스템)이 루트이고 `/proc`에 proc이 마운트된 프로세스를 실행하세요. 그 프로세스의 마운트 namespace에는 컴퓨터의 루트 파일 시스템이 남아 있지 않아야 합니다. 다른 프로세스가 보는 마운트는 지금 그대로여야 합니다.',
    },
    prepare: [
        'mkdir -p /srv/image && mount -t tmpfs image /srv/image',
        '(cd /srv/image && mkdir bin dev lib mnt proc tmp && cp /usr/lib/ld-linux.so.2 /usr/lib/libc.so.6 lib && cp /usr/bin/dash bin/sh && cp /usr/bin/busybox bin)',
        'for name in cat hostname id ls mount ps sleep umount; do ln -s busybox /srv/image/bin/$name; done',
    ],
    goal: [
        ...ofOneProcess([
            {
                says: { en: 'a process is in a mount namespace that is not the initial one, and there another file system is mounted at `/`, and proc at `/proc`', ko: '어떤 프로세스가 초기 namespace가 아닌 마운트 namespace에 있고, 거기서 `/`에는 다른 파일 시스템이, `/proc`에는 proc이 마운트되어 있다' },
                of: ({ ns }, { boot }) => ns.mnt !== boot.mnt && hasAnotherRoot(ns.mnt) && hasProc(ns.mnt),
            },
            {
                says: { en: 'the machine\'s root file system is not mounted there any more, not even a directory of it', ko: '거기에는 컴퓨터의 루트 파일 시스템이 더는 마운트되어 있지 않다. 그 안의 디렉터리 하나도 마찬가지이다' },
                of: ({ ns }, { boot }) => ns.mnt !== boot.mnt && hasLeftTheMachine(ns.mnt),
            },
        ]),
        {
            says: { en: 'the initial mount namespace has the mounts that it had', ko: '초기 마운트 namespace의 마운트는 처음 그대로이다' },
            now: ({ boot }, start) => JSON.stringify(boot.mnt.list) === JSON.stringify(start.boot.mnt.list),
        },
    ],
    hints: [
        { en: '`chroot` only changes where paths begin: the old mounts stay. `pivot_root` replaces the root of the mount namespace that you are in, so be in a new one.', ko: '`chroot`는 경로가 시작하는 곳만 바꾸고, 원래의 마운트는 그대로 남습니다. `pivot_root`는 자기가 있는 마운트 namespace의 루트를 바꿉니다. 그러니 먼저 새 namespace로 옮겨 가세요.' },
        { en: '`pivot_root . mnt`, called in `/srv/image`, puts the old root on `/mnt` of the new one. Only then can it be unmounted, with all below it: `umount -l`.', ko: '`/srv/image`에서 `pivot_root . mnt`를 실행하면 원래의 루트는 새 루트의 `/mnt`에 놓입니다. 그다음에야 그 아래의 것까지 한꺼번에 해제할 수 있습니다(`umount -l`).' },
        { en: 'An ordinary user needs a new PID namespace, too, to mount proc. And the copied mount at `/srv/image` is locked for such a user: bind it to itself first.', ko: '일반 사용자가 proc을 마운트하려면 새 PID namespace도 필요합니다. 또 복사된 `/srv/image`의 마운트는 일반 사용자에게 잠겨 있으므로, 먼저 자기 자신 위에 바인드 마운트하세요.' },
    ],
    solution: [
        ['1$ sudo unshare --mount bash', { en: 'A mount namespace of its own, so that the machine keeps its root.', ko: '컴퓨터의 루트를 건드리지 않도록, 새 마운트 namespace에서 셸을 시작합니다.' }],
        ['1# mount -t proc proc /srv/image/proc', { en: 'The new root gets a `/proc` while the old one can still be seen.', ko: '원래의 루트가 아직 보이는 동안, 새 루트에 `/proc`을 만들어 줍니다.' }],
        ['1# cd /srv/image && pivot_root . mnt', { en: 'The tmpfs becomes the root of this namespace, and the old root is mounted at `/mnt`.', ko: 'tmpfs가 이 namespace의 루트가 되고, 원래의 루트는 `/mnt`에 마운트됩니다.' }],
        ['1# umount -l /mnt', { en: 'This removes the old root, with all mounts below it. It works although `bash` still runs from there.', ko: '원래의 루트를 그 아래의 마운트와 함께 없앱니다. `bash`가 아직 거기에 있는 파일로 실행되고 있어도 됩니다.' }],
    ],
    others: [
        `
            1$ unshare --map-root-user --mount --pid --fork bash
            1# mount --bind /srv/image /srv/image && cd /srv/image && mount -t proc proc proc
            1# pivot_root . mnt && umount -l /mnt && exec sh
        `,
        `
            2$ sudo unshare --mount --pid --fork sh
            2# mount -t tmpfs new /tmp && cp -a /srv/image/. /tmp && mount -t proc proc /tmp/proc
            2# cd /tmp && pivot_root . mnt && umount -l /mnt
        `,
    ],
    wrong: [
        {
            fails: 1,
            script: `
                1$ sudo unshare --mount bash
                1# cd /srv/image && pivot_root . mnt && umount -l /mnt
            `,
        },
        {
            fails: 2,
            script: `
                1$ sudo unshare --mount bash
                1# cd /srv/image && mount -t proc proc proc && pivot_root . mnt
            `,
        },
        {
            fails: 3,
            script: `
                1$ sudo mount -t proc proc /srv/image/proc
                1$ sudo unshare --mount bash
                1# cd /srv/image && pivot_root . mnt && umount -l /mnt
            `,
        },
        // The old mounts are out of sight, but still there.
        { script: '1$ sudo unshare --mount sh -c "mount -t proc proc /srv/image/proc; exec chroot /srv/image /bin/sh"' },
    ],
};
