// A process that computes, and gets half of a processor.

import { isWithin } from '../judge/scene.js';

/**
 * The cgroups with a limit in which something computes. How often they were throttled is not asked: where the
 * emulator is slow, the kernel may count no wait for seconds.
 */
const limited = (/** @type {import('../judge/scene.js').Scene} */ { cgroups, processes }) => cgroups.filter((group) =>
    group.cpu?.quota !== undefined && processes.some(({ state, cgroup }) => state === 'R' && isWithin(cgroup, group)));

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'half-a-processor',
    chapter: 'step14-resources',
    minutes: 4,
    title: { en: 'Half a processor', ko: 'CPU는 절반만' },
    task: {
        en: 'Let a process compute without end, in a group that gets at most half of a processor, even when nobody else wants it.',
        ko: '끝없이 계산하는 프로세스를 하나 실행하되, CPU를 쓰려는 프로세스가 달리 없어도 CPU 하나의 절반까지만 받는 그룹에 있게 하세요.',
    },
    goal: [
        {
            says: { en: 'a process computes in a cgroup that has a limit in `cpu.max`', ko: '`cpu.max`에 한도가 있는 cgroup에서 프로세스가 계산하고 있다' },
            now: (scene) => limited(scene).length > 0,
        },
        {
            says: { en: 'that limit is at most half of a processor', ko: '그 한도는 CPU 하나의 절반 이하다' },
            now: (scene) => {
                const groups = limited(scene);
                return (groups.length > 0 ? groups : scene.cgroups).some(({ cpu }) => cpu?.quota !== undefined && cpu.quota * 2 <= cpu.period);
            },
        },
    ],
    hints: [
        { en: 'A weight limits nobody who is alone. A limit does: `cpu.max`.', ko: '가중치는 혼자 쓰는 그룹을 제한하지 않습니다. 한도인 `cpu.max`는 제한합니다.' },
        { en: '`cpu.max` has two numbers: how long the group may run, and in which time, both in microseconds. `while :; do :; done` computes.', ko: '`cpu.max`에는 수가 둘 있습니다. 얼마 동안에 얼마나 실행될 수 있는지를 마이크로초로 나타내며, 실행 시간이 먼저입니다. `while :; do :; done`은 계산을 멈추지 않습니다.' },
    ],
    solution: [
        ['1$ sudo sh', { en: 'A root shell, which will compute itself.', ko: 'root 셸입니다. 이 셸이 직접 계산할 것입니다.' }],
        ['1# mkdir /sys/fs/cgroup/half', { en: 'A new cgroup, without a limit yet.', ko: '아직 한도가 없는 새 cgroup입니다.' }],
        ['1# echo 50000 100000 > /sys/fs/cgroup/half/cpu.max', { en: 'Within 100 milliseconds it may run for 50.', ko: '100밀리초마다 50밀리초 동안 실행될 수 있습니다.' }],
        ['1# echo $$ > /sys/fs/cgroup/half/cgroup.procs', { en: 'The shell moves into it.', ko: '셸이 그 안으로 들어갑니다.' }],
        ['1# while :; do :; done', { en: 'It has run for its 50 milliseconds soon. Then it has to wait until the next 100 begin: it is throttled. (Ctrl-C ends it.)', ko: '50밀리초는 금방 지나갑니다. 그러면 다음 100밀리초가 시작될 때까지 기다려야 합니다(throttled). (Ctrl-C로 끝냅니다.)' }],
    ],
    others: [
        '1$ sudo step06-cgroup --cpu 50 -- sh -c "while :; do :; done"',
        // The limit is that of the cgroup above.
        `
            2$ sudo sh
            2# mkdir -p /sys/fs/cgroup/shop/web
            2# echo 20000 100000 > /sys/fs/cgroup/shop/cpu.max
            2# sh -c 'echo $$ > /sys/fs/cgroup/shop/web/cgroup.procs; exec yes' > /dev/null
        `,
    ],
    wrong: [
        // What computes is outside.
        { fails: 1, script: `
            1$ sudo sh
            1# mkdir /sys/fs/cgroup/half
            1# echo 50000 100000 > /sys/fs/cgroup/half/cpu.max
            1# sleep 1000 & echo $! > /sys/fs/cgroup/half/cgroup.procs
            1# while :; do :; done
        ` },
        { fails: 2, script: '1$ sudo step06-cgroup --cpu 80 -- sh -c "while :; do :; done"' },
        // Alone, half of the usual weight is everything.
        { script: `
            1$ sudo sh
            1# mkdir /sys/fs/cgroup/half
            1# echo 50 > /sys/fs/cgroup/half/cpu.weight
            1# echo $$ > /sys/fs/cgroup/half/cgroup.procs
            1# while :; do :; done
        ` },
    ],
};
