// A PID 1 that starts nothing, and has a child.

import { stillIn } from '../judge/scene.js';

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'the-orphan',
    chapter: 'step08-pid',
    minutes: 4,
    title: { en: 'A child that it never had', ko: '낳은 적 없는 자식' },
    task: {
        en: `\`keeper\` is PID 1 of a PID namespace, and alone there. It sleeps, and never starts a process.

All the same, give it a child: a process whose parent is \`keeper\`, and that goes on running.`,
        ko: `\`keeper\`는 어떤 PID namespace의 PID 1이고, 그곳에 혼자 있습니다. 잠만 잘 뿐 프로세스를 시작하는 일이 없습니다.

그래도 \`keeper\`에게 자식이 생기게 하세요. 부모가 \`keeper\`이고 계속 실행되는 프로세스가 있어야 합니다.`,
    },
    prepare: ['ln -s /usr/bin/sleep /run/keeper', '(setsid unshare --pid --fork /run/keeper 100000 &)'],
    ready: ({ named }) => named('keeper').length === 1,
    goal: [
        {
            says: { en: '`keeper` is the parent of a process that has not ended', ko: '`keeper`가 아직 끝나지 않은 프로세스의 부모다' },
            now: (scene, start) => {
                const [keeper] = start.named('keeper');
                return keeper && stillIn(scene, keeper)?.children.some(({ state }) => state !== 'Z');
            },
        },
    ],
    hints: [
        { en: 'PID 1 adopts orphans: the children of a process that ends in its PID namespace.', ko: 'PID 1은 고아 프로세스를 맡습니다. 같은 PID namespace의 프로세스가 끝나면 그 자식이 고아가 됩니다.' },
        { en: '`nsenter` starts a process in the PID namespace, whose parent is `nsenter` itself, outside. What this process starts has its parent inside.', ko: '`nsenter`는 그 PID namespace 안에 프로세스를 시작합니다. 이 프로세스의 부모는 바깥에 있는 `nsenter`이지만, 이 프로세스가 시작하는 프로세스의 부모는 안에 있습니다.' },
        { en: 'Enter with a shell, let it start `sleep 1000` in the background, and leave.', ko: '셸로 들어가서 `sleep 1000`을 백그라운드로 시작하고 나오세요.' },
    ],
    solution: [
        ['1$ sudo nsenter --target $(pidof keeper) --pid sh', { en: 'A shell in the PID namespace. Its parent, `nsenter`, is outside, so `keeper` has no part in it yet.', ko: 'PID namespace 안의 셸입니다. 부모인 `nsenter`가 바깥에 있으므로 `keeper`와는 아직 관계가 없습니다.' }],
        ['1# sleep 1000 &', { en: 'A child of this shell.', ko: '이 셸의 자식입니다.' }],
        ['1# exit', { en: 'The shell ends, and `keeper` adopts the orphan.', ko: '셸이 끝나고, 고아가 된 자식을 `keeper`가 맡습니다.' }],
    ],
    others: [
        '2$ sudo nsenter --target $(pidof keeper) --pid sh -c "sleep 1000 &"',
        // The shell goes on, but the one that it has started in between has ended.
        `
            1$ sudo nsenter --pid=/proc/$(pidof keeper)/ns/pid bash
            1# (sleep 1000 &)
        `,
    ],
    wrong: [
        { script: '1$ sudo nsenter --target $(pidof keeper) --pid sleep 1000' },
        // The parent was outside, so the PID 1 that adopts is the machine's.
        { script: `
            1$ sudo nsenter --target $(pidof keeper) --pid sleep 1000
            2$ sudo killall -9 nsenter
        ` },
        { script: '1$ (sleep 1000 &)' },
        // It has been adopted, and has ended: a zombie.
        { script: '1$ sudo nsenter --target $(pidof keeper) --pid sh -c "true &"' },
        { script: '1$ unshare --user --map-root-user --pid --fork sh -c "(sleep 1000 &); sleep 1000"' },
    ],
};
