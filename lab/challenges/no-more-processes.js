// A group that has as many processes as it may, and has been refused another one.

import { isLogin, isWithin } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Scene} Scene */

const limited = (/** @type {Scene} */ { cgroups }) => cgroups.filter(({ pids }) => pids?.limit !== undefined);

/** Those in which a process was refused: the kernel counts that where the one is that asked for it, which may be below. */
const refusing = (/** @type {Scene} */ scene) => limited(scene).filter((group) =>
    scene.cgroups.some((cgroup) => cgroup.pids && cgroup.pids.refused > 0 && isWithin(cgroup, group)));

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'no-more-processes',
    chapter: 'step06-cgroup',
    minutes: 5,
    title: { en: 'Full', ko: '가득 찬 그룹' },
    task: {
        en: `Limit how many processes a group may have, and fill it. In the end it is to have as many processes as it may, and the kernel is to have refused it one more.

The shells that the terminals began with stay out of the group, so that you can still start programs there.`,
        ko: `그룹 하나의 프로세스 수에 한도를 걸고 그 그룹을 가득 채우세요. 마지막에는 그룹 안의 프로세스가 한도만큼 있어야 하고, 거기에 하나를 더 만들려다 커널에 거부당한 적이 있어야 합니다.

두 터미널에 처음부터 있던 셸은 그룹 밖에 남겨 두세요. 그래야 거기서 프로그램을 계속 시작할 수 있습니다.`,
    },
    goal: [
        {
            says: { en: 'the kernel has refused a process in a cgroup with a limit', ko: '한도가 있는 cgroup에서 커널이 프로세스를 거부한 적이 있다' },
            now: (scene) => refusing(scene).length > 0,
        },
        {
            says: { en: 'that cgroup is full: it has as many processes as `pids.max` allows', ko: '그 cgroup에는 `pids.max`가 허용하는 만큼 프로세스가 있다' },
            now: (scene) => {
                const groups = refusing(scene);
                return (groups.length > 0 ? groups : limited(scene))
                    .some(({ pids }) => pids?.limit !== undefined && pids.current > 0 && pids.current === pids.limit);
            },
        },
        {
            says: { en: 'the shells that the terminals began with are in no cgroup with such a limit', ko: '두 터미널에 처음부터 있던 셸은 그런 한도가 있는 cgroup에 들어 있지 않다' },
            now: (scene) => !scene.processes.some((process) =>
                isLogin(process) && limited(scene).some((group) => isWithin(process.cgroup, group))),
        },
    ],
    hints: [
        {
            en: '`pids.max` in the directory of a cgroup is the limit. Moving processes in is never refused, only creating them is: so a shell in the group has to try.',
            ko: 'cgroup 디렉터리의 `pids.max`가 한도입니다. 있던 프로세스를 옮겨 넣는 것은 거부되지 않고, 새로 만드는 것만 거부됩니다. 그러니 그룹 안의 셸이 직접 새 프로세스를 만들려고 해야 합니다.',
        },
        {
            en: 'In a root shell that has written `$$` into `cgroup.procs`, start `sleep 1000 &` until the shell says that it cannot.',
            ko: 'root 셸에서 `$$`를 `cgroup.procs`에 쓴 다음, 셸이 더는 안 된다고 할 때까지 `sleep 1000 &`를 입력하세요.',
        },
    ],
    solution: [
        ['1$ sudo sh', { en: 'A root shell, which will be in the group. The login shell will not.', ko: 'root 셸입니다. 이 셸은 그룹에 들어가고, 로그인 셸은 들어가지 않습니다.' }],
        ['1# mkdir /sys/fs/cgroup/three', { en: 'A new cgroup.', ko: '새 cgroup입니다.' }],
        ['1# echo 3 > /sys/fs/cgroup/three/pids.max', { en: 'It may have three processes.', ko: '프로세스를 세 개까지 가질 수 있습니다.' }],
        ['1# echo $$ > /sys/fs/cgroup/three/cgroup.procs', { en: 'The shell itself is the first.', ko: '이 셸이 첫째입니다.' }],
        ['1# sleep 1000 & sleep 1000 &', { en: 'Two more, and the group is full.', ko: '두 개를 더 만들면 그룹이 가득 찹니다.' }],
        ['1# sleep 1000', { en: '`fork` fails, because the group would have a fourth process.', ko: '그룹의 넷째 프로세스가 되므로 `fork`가 실패합니다.' }],
    ],
    others: [
        // This bash tries again and again.
        `
            2$ sudo step06-cgroup --pids 2 -- bash
            2# sleep 1000 & sleep 1000 &
        `,
        // The limit is that of the cgroup above.
        `
            1$ sudo sh
            1# mkdir -p /sys/fs/cgroup/two/below
            1# echo 2 > /sys/fs/cgroup/two/pids.max
            1# echo +pids > /sys/fs/cgroup/two/cgroup.subtree_control
            1# echo $$ > /sys/fs/cgroup/two/below/cgroup.procs
            1# sleep 1000 & sleep 1000
        `,
    ],
    wrong: [
        // It was moved there: nobody has asked for one more.
        { fails: 1, script: `
            1$ sudo sh
            1# mkdir /sys/fs/cgroup/one
            1# echo 1 > /sys/fs/cgroup/one/pids.max
            1# sleep 1000 & echo $! > /sys/fs/cgroup/one/cgroup.procs
        ` },
        // There are more than the limit, which came later, allows.
        { fails: 2, script: `
            1$ sudo sh
            1# mkdir /sys/fs/cgroup/two
            1# echo $$ > /sys/fs/cgroup/two/cgroup.procs
            1# sleep 1000 & sleep 1000 &
            1# echo 2 > /sys/fs/cgroup/two/pids.max
            1# sleep 1000 &
        ` },
        // The shell that was refused gives up, and leaves room.
        { fails: 2, script: `
            1$ sudo sh
            1# mkdir /sys/fs/cgroup/two
            1# echo 2 > /sys/fs/cgroup/two/pids.max
            1# sh -c 'echo $$ > /sys/fs/cgroup/two/cgroup.procs; sleep 1000 & sleep 1000 &'
        ` },
        { fails: 3, script: `
            1$ sudo mkdir /sys/fs/cgroup/two
            1$ sudo sh -c "echo 2 > /sys/fs/cgroup/two/pids.max; echo $$ > /sys/fs/cgroup/two/cgroup.procs"
            1$ sleep 1000 & sleep 1000 &
        ` },
        { script: '1$ sudo step06-cgroup --pids 5 -- sh -c "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait"' },
    ],
};
