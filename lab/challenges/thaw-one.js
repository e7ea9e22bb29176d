// A repair: two processes are frozen together, and one of them is to go on.

import { stillIn } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Scene} Scene */

/** A process of the beginning, as it is now. */
const since = (/** @type {Scene} */ scene, /** @type {Scene} */ start, /** @type {string} */ name) => {
    const [process] = start.named(name);
    return process && stillIn(scene, process);
};

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'thaw-one',
    chapter: 'step14-resources',
    minutes: 6,
    title: { en: 'Thaw one of two', ko: '둘 가운데 하나만 녹이기' },
    task: {
        en: `\`worker\` and \`backup\` have plenty to compute, but both stand still. Find out what holds them.

Make \`worker\` run again: the same process, not a new one. \`backup\` is to go on standing still, in the cgroup where it is.`,
        ko: `\`worker\`와 \`backup\`은 계산할 것이 잔뜩 남았는데도 둘 다 멈춰 있습니다. 무엇이 이들을 붙들고 있는지 알아내세요.

새로 시작하지 말고, 있던 \`worker\`가 다시 실행되게 하세요. \`backup\`은 지금 있는 cgroup에서 계속 멈춰 있어야 합니다.`,
    },
    prepare: [
        'ln -s /usr/bin/dash /run/worker; ln -s /usr/bin/dash /run/backup',
        'mkdir -p /sys/fs/cgroup/jobs/worker /sys/fs/cgroup/jobs/backup',
        'for name in worker backup; do (setsid sh -c "echo \\$\\$ >/sys/fs/cgroup/jobs/$name/cgroup.procs; exec /run/$name -c \\"while :; do :; done\\"" &); done',
        'until pidof worker && pidof backup; do :; done',
        'echo 1 >/sys/fs/cgroup/jobs/cgroup.freeze',
    ],
    ready: ({ named }) => ['worker', 'backup'].every((name) => named(name)[0]?.state !== 'R'),
    goal: [
        {
            says: { en: 'the `worker` of the beginning runs', ko: '처음부터 있던 `worker`가 실행되고 있다' },
            now: (scene, start) => since(scene, start, 'worker')?.state === 'R',
        },
        {
            says: { en: '`backup` is still there, and does not run', ko: '`backup`이 그대로 있고, 실행되고 있지 않다' },
            now: (scene, start) => ['S', 'T'].includes(since(scene, start, 'backup')?.state ?? ''),
        },
        {
            says: { en: '`backup` is in the cgroup where it was', ko: '`backup`이 원래 있던 cgroup에 있다' },
            now: (scene, start) => since(scene, start, 'backup')?.cgroup.path === start.named('backup')[0]?.cgroup.path,
        },
    ],
    hints: [
        { en: 'A frozen cgroup freezes all cgroups below it, too. `/proc/PID/cgroup` says where a process is, and the file `cgroup.freeze` of a cgroup whether somebody has frozen it.', ko: '얼어 있는 cgroup 아래의 cgroup도 모두 함께 업니다. 프로세스가 있는 cgroup은 `/proc/PID/cgroup`에 나오고, 누군가 그 cgroup을 얼렸는지는 `cgroup.freeze`에 나옵니다.' },
        { en: 'The cgroup of both, `jobs`, is frozen. If it thaws, so do both, unless one has a reason of its own to stay frozen. Or one of them leaves.', ko: '얼어 있는 것은 둘 위에 있는 `jobs`입니다. `jobs`를 녹이면 둘 다 녹습니다. 한쪽에 얼어 있을 이유가 따로 있거나, 한쪽이 그곳을 떠난다면 다릅니다.' },
    ],
    solution: [
        ['1$ cat /proc/$(pidof worker)/cgroup', { en: '`worker` is in `/jobs/worker`.', ko: '`worker`는 `/jobs/worker`에 있습니다.' }],
        ['1$ cd /sys/fs/cgroup/jobs; grep . cgroup.freeze */cgroup.freeze', { en: 'There the file says 0. The 1 is one level up, for everything below.', ko: '그곳의 파일에는 0이 들어 있습니다. 1은 한 단계 위에 있고, 아래 전부를 얼립니다.' }],
        ['1$ sudo sh -c "echo 1 > backup/cgroup.freeze"', { en: '`backup` gets a reason of its own to be frozen.', ko: '`backup`이 얼어 있을 이유를 따로 만들어 둡니다.' }],
        ['1$ sudo sh -c "echo 0 > cgroup.freeze"', { en: '`jobs` thaws, and `worker` with it.', ko: '`jobs`가 녹고, `worker`도 함께 녹습니다.' }],
    ],
    others: [
        // It leaves the frozen cgroup.
        '2$ sudo sh -c "pidof worker > /sys/fs/cgroup/cgroup.procs"',
        '1$ sudo sh -c "cd /sys/fs/cgroup/jobs; echo 0 > cgroup.freeze; echo 1 > backup/cgroup.freeze"',
    ],
    wrong: [
        { fails: 1, script: '1$ sudo killall -CONT worker' },
        { fails: 1, script: '1$ sudo sh -c "echo 0 > /sys/fs/cgroup/jobs/worker/cgroup.freeze"' },
        { fails: 2, script: '1$ sudo sh -c "echo 0 > /sys/fs/cgroup/jobs/cgroup.freeze"' },
        { fails: 3, script: `
            1$ sudo sh
            1# mkdir /sys/fs/cgroup/held; echo 1 > /sys/fs/cgroup/held/cgroup.freeze
            1# pidof backup > /sys/fs/cgroup/held/cgroup.procs
            1# echo 0 > /sys/fs/cgroup/jobs/cgroup.freeze
        ` },
    ],
};
