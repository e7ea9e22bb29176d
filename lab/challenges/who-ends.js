// Which processes end with a PID 1: predicted.

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'who-ends',
    chapter: 'step08-pid',
    minutes: 5,
    title: { en: 'Who ends with it: predict', ko: '함께 끝나는 것은: 예측' },
    task: {
        en: '`front` is PID 1 of a PID namespace, and `keeper` of another one inside it. All of them sleep; none waits for a child but `unshare`. Now `keeper` is killed. Mark each process that will have ended by that, or that will be a zombie.',
        ko: '`front`는 어떤 PID namespace의 PID 1이고, `keeper`는 그 안에 있는 또 다른 PID namespace의 PID 1입니다. 모두 잠만 자고, 자식을 기다리는 것은 `unshare`뿐입니다. 이제 `keeper`를 강제로 끝냅니다. 그 때문에 끝나거나 좀비가 될 프로세스를 모두 표시하세요.',
    },
    prepare: [
        'for name in front web keeper database; do ln -s /usr/bin/sleep /run/$name; done',
        `(setsid unshare --pid --fork sh -c '${[
            '/run/web 100000 &',
            'unshare --pid --fork sh -c "/run/database 100000 & exec /run/keeper 100000" &',
            'exec /run/front 100000',
        ].join(' ')}' &)`,
    ],
    ready: ({ named }) => ['front', 'web', 'keeper', 'database'].every((name) => named(name).length === 1),
    predicted: '1$ sudo kill -KILL $(pidof keeper)',
    goal: [
        {
            says: { en: 'what you have marked is what the command changes, and nothing else', ko: '표시한 것이 명령이 바꾼 것과 빠짐없이 일치한다' },
            marked: true,
        },
    ],
    hints: [
        { en: 'When PID 1 of a namespace ends, the kernel kills all processes of that namespace.', ko: '어떤 PID namespace의 PID 1이 끝나면, 커널은 그 namespace의 프로세스를 모두 강제로 끝냅니다.' },
        { en: 'One process waits for `keeper`, and ends when `keeper` has ended. Does anything wait for that process?', ko: '`keeper`를 기다리던 프로세스도 `keeper`가 끝나면 끝납니다. 그런데 그 프로세스는 누가 기다리나요?' },
    ],
    solution: [
        ['row /init/unshare/front/unshare/keeper', { en: '`keeper` ends: PID 1 survives a SIGKILL from inside its own namespace, but not one from a namespace above.', ko: '`keeper`가 끝납니다. PID 1은 자기 namespace 안에서 보낸 SIGKILL에는 끝나지 않지만, 위쪽 namespace에서 보낸 SIGKILL은 막지 못합니다.' }],
        ['row /init/unshare/front/unshare/keeper/database', { en: 'The kernel kills what else is in the namespace.', ko: '같은 namespace의 나머지 프로세스는 커널이 강제로 끝냅니다.' }],
        ['row /init/unshare/front/unshare', { en: 'It has waited for `keeper`, and exits. Its parent, `front`, does not wait for it, so it stays as a zombie. `front` and `web` are in the namespace above, and go on.', ko: '`keeper`를 기다리다가 함께 종료합니다. 부모인 `front`가 기다려 주지 않으므로 좀비로 남습니다. `front`와 `web`은 바깥쪽 namespace에 있으므로 계속 실행됩니다.' }],
    ],
    others: [],
    wrong: [
        { script: 'row /init/unshare/front/unshare/keeper' },
        { script: `
            row /init/unshare/front/unshare/keeper
            row /init/unshare/front/unshare/keeper/database
        ` },
        { script: `
            row /init/unshare
            row /init/unshare/front
            row /init/unshare/front/web
            row /init/unshare/front/unshare
            row /init/unshare/front/unshare/keeper
            row /init/unshare/front/unshare/keeper/database
        ` },
        { script: 'nothing' },
    ],
};
