// A group that may use 16 MiB, in which the kernel has killed one process, and another lives on.

import { isLogin, isWithin, stillIn } from '../judge/scene.js';

const MOST = 16 * 2 ** 20;

/** The cgroups in which the kernel has killed: those that are small enough, or else the others. */
function struck(/** @type {import('../judge/scene.js').Scene} */ { cgroups }) {
    const all = cgroups.filter(({ memory }) => memory && memory.killed > 0);
    const small = all.filter(({ memory }) => memory?.limit !== undefined && memory.limit <= MOST);
    return { small, groups: small.length > 0 ? small : all };
}

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'sixteen-mebibytes',
    chapter: 'step06-cgroup',
    minutes: 5,
    title: { en: '16 MiB for all of them', ko: '모두 합쳐 16 MiB' },
    task: {
        en: `Give a group of processes at most 16 MiB of memory, and use more: the kernel is to kill one process of the group, while another process of the same group lives on.

The shells that the terminals began with must survive.`,
        ko: `프로세스 그룹 하나에 메모리를 많아야 16 MiB만 주고, 그보다 더 쓰게 하세요. 커널이 그 그룹의 프로세스 하나를 강제로 끝내고, 같은 그룹의 다른 프로세스는 살아남아야 합니다.

두 터미널에 처음부터 있던 셸은 끝나면 안 됩니다.`,
    },
    goal: [
        {
            says: {
                en: 'in a cgroup whose `memory.max` is at most 16 MiB, the kernel has killed a process for want of memory',
                ko: '`memory.max`가 16 MiB 이하인 cgroup에서, 메모리가 모자라 커널이 프로세스를 강제로 끝냈다',
            },
            now: (scene) => struck(scene).small.length > 0,
        },
        {
            says: { en: 'another process of that cgroup is alive', ko: '그 cgroup의 다른 프로세스가 살아 있다' },
            now: (scene) => struck(scene).groups.some((group) => scene.processes.some(({ cgroup }) => isWithin(cgroup, group))),
        },
        {
            says: { en: 'the shells that the terminals began with never end', ko: '두 터미널에 처음부터 있던 셸은 한 번도 끝나지 않는다' },
            never: (scene, start) => start.shells.some((shell) => isLogin(shell) && !stillIn(scene, shell)),
        },
    ],
    hints: [
        {
            en: 'A cgroup is a directory in `/sys/fs/cgroup`, and `memory.max` in it is the limit. Whatever a process in the group starts is in the group, too.',
            ko: 'cgroup은 `/sys/fs/cgroup` 안의 디렉터리이고, 그 안의 `memory.max`가 한도입니다. 그룹 안의 프로세스가 시작한 것은 모두 그 그룹 안에 있습니다.',
        },
        {
            en: '`tail /dev/zero` uses more and more memory. Let a shell in the group start it: the kernel kills the one that uses most.',
            ko: '`tail /dev/zero`는 메모리를 점점 더 씁니다. 그룹 안의 셸이 이 명령을 시작하게 하세요. 커널은 메모리를 가장 많이 쓰는 프로세스를 끝냅니다.',
        },
    ],
    solution: [
        ['1$ sudo sh', { en: 'Only root may create cgroups here. This shell will be in the group, and the login shell will not.', ko: '이 컴퓨터에서는 root만 cgroup을 만들 수 있습니다. 그룹에는 이 셸이 들어가고, 로그인 셸은 밖에 남습니다.' }],
        ['1# mkdir /sys/fs/cgroup/small', { en: 'A new cgroup.', ko: '새 cgroup입니다.' }],
        ['1# echo 16M > /sys/fs/cgroup/small/memory.max', { en: 'All of its processes together may use 16 MiB.', ko: '이 그룹의 모든 프로세스가 합쳐서 16 MiB까지 쓸 수 있습니다.' }],
        ['1# echo $$ > /sys/fs/cgroup/small/cgroup.procs', { en: 'The shell moves into it, so what it starts will be in there, too.', ko: '셸이 그 안으로 들어갑니다. 이제 이 셸이 시작하는 것도 그 안에 있게 됩니다.' }],
        ['1# tail /dev/zero', { en: '`tail` reaches the limit. The kernel kills `tail`, which uses most, and the shell lives on.', ko: '`tail`이 한도에 이릅니다. 커널은 메모리를 가장 많이 쓰는 `tail`을 끝내고, 셸은 살아남습니다.' }],
        ['1# cat /sys/fs/cgroup/small/memory.events', { en: 'The kernel has counted: `oom_kill 1`.', ko: '커널이 이 일을 세어 두었습니다. `oom_kill 1`입니다.' }],
    ],
    others: [
        `
            2$ sudo step06-cgroup --memory 16M -- sh -c "tail /dev/zero; sleep 1000"
            1$ until grep -q "oom_kill 1" /sys/fs/cgroup/*/memory.events; do sleep 0.1; done
            1$ true
        `,
        // The limit is that of the cgroup above.
        `
            1$ sudo sh
            1# mkdir -p /sys/fs/cgroup/small/below
            1# echo 8M > /sys/fs/cgroup/small/memory.max
            1# sleep 1000 & echo $! > /sys/fs/cgroup/small/cgroup.procs
            1# sh -c 'echo $$ > /sys/fs/cgroup/small/below/cgroup.procs; exec tail /dev/zero'
            1# true
        `,
    ],
    wrong: [
        { fails: 1, script: `
            1$ sudo step06-cgroup --memory 32M -- sh -c "tail /dev/zero; sleep 1000"
            2$ until grep -q "oom_kill 1" /sys/fs/cgroup/*/memory.events; do sleep 0.1; done
            2$ true
        ` },
        // It was alone in its group.
        { fails: 2, script: `
            1$ sudo sh
            1# mkdir /sys/fs/cgroup/small
            1# echo 16M > /sys/fs/cgroup/small/memory.max
            1# sh -c 'echo $$ > /sys/fs/cgroup/small/cgroup.procs; exec tail /dev/zero'
            1# true
        ` },
        // The login shell is in the group, and becomes the program that uses most.
        { fails: 3, script: `
            2$ sudo mkdir /sys/fs/cgroup/small
            2$ sudo sh -c "echo 16M > /sys/fs/cgroup/small/memory.max; echo $$ > /sys/fs/cgroup/small/cgroup.procs"
            2$ sleep 1000 &
            2$ exec tail /dev/zero
            2$ true
        ` },
        { script: `
            1$ sudo step06-cgroup --memory 16M -- tail /dev/zero
            1$ true
        ` },
        { script: '1$ sudo step06-cgroup --memory 16M -- sleep 1000' },
    ],
};
