// A process that sees the cgroup that it is in as the root, although it is not.

import { ofOneProcess } from '../judge/scene.js';

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'its-own-root',
    chapter: 'step12-ipc-time-cgroup',
    minutes: 4,
    title: { en: 'A cgroup that looks like the root', ko: '루트처럼 보이는 cgroup' },
    task: {
        en: 'Run a process that is in a cgroup below the root cgroup, but does not see it: in there, `/proc/self/cgroup` says `0::/`.',
        ko: '루트 cgroup 아래의 다른 cgroup에 있지만 그것을 알 수 없는 프로세스를 실행하세요. 그 안에서 `/proc/self/cgroup`을 읽으면 `0::/`이라고 나와야 합니다.',
    },
    goal: ofOneProcess([
        {
            says: { en: 'a process is in a cgroup other than the root cgroup', ko: '어떤 프로세스가 루트 cgroup이 아닌 cgroup에 있다' },
            of: ({ cgroup }) => cgroup.path !== '/',
        },
        {
            says: { en: 'the cgroup that it is in is the root of its cgroup namespace', ko: '그 프로세스가 있는 cgroup이 그 프로세스의 cgroup namespace의 루트이다' },
            of: ({ cgroup, ns }) => cgroup.path === ns.cgroup.root,
        },
    ]),
    hints: [
        { en: 'A new cgroup namespace shows as `/` the cgroup that its creator is in at this moment.', ko: '새 cgroup namespace는 그것을 만든 프로세스가 그 순간에 있던 cgroup을 `/`로 보여 줍니다.' },
        { en: 'A cgroup is a directory of `/sys/fs/cgroup`. Root moves a process there by writing its PID to the file `cgroup.procs`. Only then: `unshare --cgroup`.', ko: 'cgroup은 `/sys/fs/cgroup`의 디렉터리입니다. root가 그 안의 파일 `cgroup.procs`에 PID를 쓰면 프로세스가 옮겨 갑니다. `unshare --cgroup`은 그다음입니다.' },
    ],
    solution: [
        ['1$ sudo bash', { en: 'Only root may create a cgroup and move processes there.', ko: 'cgroup을 만들고 거기로 프로세스를 옮기는 것은 root만 할 수 있습니다.' }],
        ['1# mkdir /sys/fs/cgroup/box', { en: 'A new cgroup. Nobody is in it yet.', ko: '새 cgroup입니다. 아직 아무도 없습니다.' }],
        ['1# echo $$ >/sys/fs/cgroup/box/cgroup.procs', { en: 'The shell moves there. It sees the path `/box`.', ko: '셸이 거기로 옮겨 갑니다. 경로는 `/box`로 보입니다.' }],
        ['1# unshare --cgroup bash', { en: 'The new cgroup namespace begins at the cgroup that `unshare` is in. For this shell, `/box` is `/`.', ko: '새 cgroup namespace는 `unshare`가 있는 cgroup에서 시작합니다. 이 셸에게는 `/box`가 `/`입니다.' }],
    ],
    others: [
        '1$ sudo env PATH="$PATH" step06-cgroup --pids 9 -- unshare -C sleep 1000',
        // As an ordinary user, once root has moved the shell.
        `
            1$ sudo sh -c "mkdir /sys/fs/cgroup/box; echo $$ >/sys/fs/cgroup/box/cgroup.procs"
            1$ unshare --map-root-user --cgroup bash
        `,
    ],
    wrong: [
        { fails: 1, script: '1$ unshare --map-root-user --cgroup bash' },
        {
            fails: 2,
            script: `
                1$ sudo bash
                1# mkdir /sys/fs/cgroup/box && echo $$ >/sys/fs/cgroup/box/cgroup.procs
            `,
        },
        // The namespace came first, and its root is where the shell was then.
        {
            fails: 2,
            script: `
                1$ sudo unshare --cgroup bash
                1# mkdir /sys/fs/cgroup/box && echo $$ >/sys/fs/cgroup/box/cgroup.procs
            `,
        },
    ],
};
