// A shell with a /tmp of its own, and a file there that nobody else sees.

/** What is mounted at /tmp. @param {import('../judge/scene.js').Namespace} namespace */
const atTmp = ({ list = [] }) => list.filter(({ point }) => point === '/tmp');

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'private-tmp',
    chapter: 'step09-mount',
    minutes: 4,
    title: { en: 'A private /tmp', ko: '나만의 /tmp' },
    task: {
        en: 'Give a shell a `/tmp` of its own: a tmpfs that is mounted in the mount namespace of this shell, and not for the rest of the machine.\n\nThen write a file `/tmp/secret` there. Outside, there is to be no such file.',
        ko: '셸 하나에 전용 `/tmp`를 만들어 주세요. 그 셸의 마운트 namespace에만 마운트된 tmpfs여야 하고, 초기 마운트 namespace에는 없어야 합니다.\n\n그런 다음 거기에 파일 `/tmp/secret`을 만드세요. 바깥에서는 그런 파일이 보이지 않아야 합니다.',
    },
    goal: [
        {
            says: { en: 'a shell is in a mount namespace that is not the initial one, and there a tmpfs is mounted at `/tmp`', ko: '어떤 셸이 초기 namespace가 아닌 마운트 namespace에 있고, 거기서 `/tmp`에 tmpfs가 마운트되어 있다' },
            now: ({ shells, boot }) => shells.some(({ ns }) => ns.mnt !== boot.mnt && atTmp(ns.mnt).some(({ type }) => type === 'tmpfs')),
        },
        {
            says: { en: 'in the initial mount namespace, nothing is mounted at `/tmp`', ko: '초기 마운트 namespace에서는 `/tmp`에 아무것도 마운트되어 있지 않다' },
            now: ({ boot }) => atTmp(boot.mnt).length === 0,
        },
        {
            says: { en: 'the file `secret` is on that tmpfs, and not in the `/tmp` of the machine', ko: '파일 `secret`이 그 tmpfs에 있고, 컴퓨터의 `/tmp`에는 없다' },
            answer: {
                to: '[ -e /tmp/secret ] || for list in $(grep -ls " /tmp .* - tmpfs " /proc/[0-9]*/mountinfo); do [ -f "${list%mountinfo}root/tmp/secret" ] && echo there; done',
                is: /there/,
            },
        },
    ],
    hints: [
        { en: 'Whoever creates a mount namespace begins with a copy of all mounts. What is mounted there afterwards is in that namespace alone.', ko: '새 마운트 namespace는 모든 마운트를 복사한 것으로 시작합니다. 그 뒤에 거기서 마운트한 것은 그 namespace에만 있습니다.' },
        { en: 'A file system that is only memory, a tmpfs, can be mounted over a directory that is in use. Who is root of a user namespace may mount in a mount namespace that it owns: `unshare` can create both at once.', ko: '메모리에만 있는 파일 시스템인 tmpfs는 쓰고 있는 디렉터리 위에도 마운트할 수 있습니다. user namespace의 root는 그 user namespace가 소유한 마운트 namespace에서 마운트할 수 있고, `unshare`는 이 둘을 한 번에 만들 수 있습니다.' },
    ],
    solution: [
        ['1$ unshare --map-root-user --mount bash', { en: 'This shell is in a new mount namespace. As root of a new user namespace, it may mount there.', ko: '이 셸은 새 마운트 namespace에 있습니다. 새 user namespace의 root이므로 거기서 마운트할 수 있습니다.' }],
        ['1# mount -t tmpfs tmpfs /tmp', { en: 'The tmpfs covers `/tmp`, but only in the list of mounts of this namespace.', ko: 'tmpfs가 `/tmp`를 덮습니다. 이 namespace의 마운트 목록에서만 그렇습니다.' }],
        ['1# touch /tmp/secret', { en: 'The path leads to the tmpfs, so the file is there. For all others, the path leads to the old directory.', ko: '경로가 tmpfs로 이어지므로 파일은 거기에 생깁니다. 다른 프로세스의 경로는 원래의 디렉터리로 이어집니다.' }],
    ],
    others: [
        `
            2$ sudo unshare --mount sh
            2# mount -t tmpfs none /tmp && echo hello >/tmp/secret
        `,
        // The shell enters the mount namespace that the program of the chapter has made.
        `
            1$ step09-mount
            2$ step04-setns --target $(pidof step09-mount | tr " " "\\n" | sort -n | tail -n 1) -- sh
            2# touch /tmp/secret
        `,
    ],
    wrong: [
        // What is left is no shell.
        { fails: 1, script: '1$ unshare -rm sh -c "mount -t tmpfs tmpfs /tmp; touch /tmp/secret; exec sleep 1000"' },
        {
            fails: 2,
            script: `
                2$ sudo mount -t tmpfs tmpfs /tmp
                1$ unshare -rm bash
                1# mount -t tmpfs tmpfs /tmp && touch /tmp/secret
            `,
        },
        // A directory is no file.
        { fails: 3, script: `
            1$ unshare -rm bash
            1# mount -t tmpfs tmpfs /tmp && mkdir /tmp/secret
        ` },
        // The file was written before the mount covered it.
        {
            fails: 3,
            script: `
                1$ unshare -rm bash
                1# touch /tmp/secret && mount -t tmpfs tmpfs /tmp
            `,
        },
        { script: '1$ sudo mount -t tmpfs tmpfs /tmp && touch /tmp/secret' },
        // Another directory, but of the machine's file system.
        {
            script: `
                1$ unshare -rm bash
                1# mount --rbind /home/learner /tmp && touch /tmp/secret
            `,
        },
    ],
};
