// A mount that is made in one mount namespace and appears in another.

import { isSame } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Namespace} Namespace */

/** @param {Namespace} namespace */
const isEmpty = ({ list = [] }) => !list.some(({ point }) => point === '/mnt');

/** The mount namespaces that processes are in, but for the initial one. @param {import('../judge/scene.js').Scene} scene */
const others = ({ processes, boot }) => [...new Set(processes.map(({ ns }) => ns.mnt))].filter((it) => it !== boot.mnt);

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'it-comes-through',
    chapter: 'step09-mount',
    minutes: 8,
    title: { en: 'It comes through', ko: '건너오는 마운트' },
    task: {
        en: 'Run two processes, each in a mount namespace of its own, so that neither is in the initial one. Then mount a tmpfs at `/mnt` in one of the two namespaces, once: the kernel is to make it appear in the other one, too.\n\nIn the initial mount namespace, `/mnt` is to stay as it is.',
        ko: '두 프로세스를 저마다 다른 마운트 namespace에서 실행하세요. 둘 다 초기 namespace가 아니어야 합니다. 그런 다음 한쪽 namespace에서 `/mnt`에 tmpfs를 한 번만 마운트하세요. 커널이 그 마운트를 다른 쪽에도 나타나게 해야 합니다.\n\n초기 마운트 namespace의 `/mnt`는 그대로 두어야 합니다.',
    },
    goal: [
        {
            says: { en: 'two mount namespaces in which nothing was mounted at `/mnt` now both have a mount there', ko: '`/mnt`에 아무것도 없던 두 마운트 namespace에 이제 모두 마운트가 있다' },
            inOrder: [
                (scene) => ({ empty: others(scene).filter(isEmpty) }),
                (scene, [seen]) => {
                    // A copy of the list has the mount from its beginning, and was never seen without.
                    const wasEmpty = (/** @type {Namespace} */ it) => seen.empty.some((/** @type {Namespace} */ before) => isSame(before, it));
                    const now = others(scene);
                    seen.empty.push(...now.filter((it) => isEmpty(it) && !wasEmpty(it)));
                    return now.filter((it) => !isEmpty(it) && wasEmpty(it)).length > 1;
                },
            ],
        },
        {
            says: { en: 'the two mounts at `/mnt` belong together: they are peers, or one is the slave of the other', ko: '`/mnt`의 두 마운트가 서로 이어져 있다. 곧 peer이거나, 하나가 다른 하나의 slave이다' },
            answer: {
                to: 'grep -hs " /mnt " /proc/[0-9]*/mountinfo',
                // Two mounts have two numbers, and name the same group.
                is: /^(\d+) \S+ \S+ \S+ \/mnt .*(?:shared|master):(\d+) [^]*^(?!\1 )\d+ \S+ \S+ \S+ \/mnt .*(?:shared|master):\2 /m,
            },
        },
        {
            says: { en: 'in the initial mount namespace, nothing is mounted at `/mnt`', ko: '초기 마운트 namespace에서는 `/mnt`에 아무것도 마운트되어 있지 않다' },
            now: ({ boot }) => isEmpty(boot.mnt),
        },
    ],
    hints: [
        { en: 'A mount is passed on only if the mount that it is made on is shared, and the other namespace has a peer or a slave of that.', ko: '마운트가 전파되려면 그 아래의 마운트가 shared여야 하고, 다른 namespace에 그것의 peer나 slave가 있어야 합니다.' },
        { en: '`unshare` makes all mounts private. In the first namespace you can make `/` shared again, before you create the second one from there.', ko: '`unshare`는 모든 마운트를 private으로 바꿉니다. 첫 번째 namespace에서 `/`를 다시 shared로 바꾼 다음, 거기서 두 번째 namespace를 만드세요.' },
        { en: '`mount --make-shared /` does the former. `unshare --mount --propagation unchanged COMMAND` creates a namespace whose mounts are peers of the old ones.', ko: '앞의 것은 `mount --make-shared /`로 합니다. `unshare --mount --propagation unchanged 명령`은 원래 마운트의 peer로 이루어진 namespace를 만듭니다.' },
    ],
    solution: [
        ['1$ sudo unshare --mount bash', { en: 'The first mount namespace. All its mounts are private, so the machine will not notice what follows.', ko: '첫 번째 마운트 namespace입니다. 모든 마운트가 private이므로, 이제부터 하는 일은 바깥에 전해지지 않습니다.' }],
        ['1# mount --make-shared /', { en: 'What is mounted below `/` will now be passed on to peers. There are none yet.', ko: '이제 `/` 아래에 마운트하는 것은 peer에게 전파됩니다. peer는 아직 없습니다.' }],
        ['1# unshare --mount --propagation unchanged sleep 1000 &', { en: 'The second mount namespace. A copy of a shared mount is its peer, unless `unshare` changes that.', ko: '두 번째 마운트 namespace입니다. `unshare`가 바꾸지 않는다면, shared 마운트의 복사본은 원본의 peer가 됩니다.' }],
        ['1# mount -t tmpfs tmpfs /mnt', { en: 'The kernel makes this mount in the namespace of the shell, and a copy of it in that of `sleep`.', ko: '커널은 이것을 셸의 namespace에 마운트하면서, `sleep`의 namespace에도 복사본을 마운트합니다.' }],
    ],
    others: [`
        1$ unshare --map-root-user --mount --propagation shared bash
        1# echo $$ >/tmp/pid
        2$ nsenter --preserve-credentials -U -m -t $(cat /tmp/pid) unshare --mount --propagation slave sleep 1000
        1# mount -t tmpfs tmpfs /mnt
    `],
    wrong: [
        // The second namespace has begun with a copy of the mount.
        {
            fails: 1,
            script: `
                1$ sudo unshare --mount bash
                1# mount --make-shared / && mount -t tmpfs tmpfs /mnt
                1# unshare --mount --propagation unchanged sleep 1000 &
            `,
        },
        // Each has mounted a tmpfs of its own.
        {
            fails: 2,
            script: `
                1$ sudo unshare --mount bash
                2$ sudo unshare --mount bash
                1# mount -t tmpfs tmpfs /mnt
                2# mount -t tmpfs tmpfs /mnt
            `,
        },
        {
            fails: 3,
            script: `
                1$ sudo mount --make-shared /
                1$ sudo unshare --mount --propagation unchanged bash
                1# unshare --mount --propagation unchanged sleep 1000 &
                1# mount -t tmpfs tmpfs /mnt
            `,
        },
        // unshare has made the second namespace private.
        {
            script: `
                1$ sudo unshare --mount bash
                1# mount --make-shared /
                1# unshare --mount sleep 1000 &
                1# mount -t tmpfs tmpfs /mnt
            `,
        },
    ],
};
