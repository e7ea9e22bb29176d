// What unshare(2) changes of a process itself, and what only of its children: predicted.

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'the-next-child',
    chapter: 'step05-unshare',
    minutes: 3,
    title: { en: 'Without --fork: predict', ko: '--fork 없이: 예측' },
    task: {
        en: '`unshare` calls unshare(2) and then becomes the program that it is to run. Here it has no `--fork`. Mark on the picture what will be different once this command has run: the processes that are there, the new ones, and for each new one the kinds of namespaces in which it differs from its parent.',
        ko: '`unshare`는 unshare(2)를 호출한 다음, 같은 프로세스에서 그대로 실행할 프로그램으로 바뀝니다. 여기에는 `--fork`가 없습니다. 이 명령이 실행되고 나면 무엇이 달라질지 그림에 표시하세요. 이미 있는 프로세스와 새 프로세스, 그리고 새 프로세스가 부모와 다른 namespace에 있게 되는 종류까지 표시합니다.',
    },
    predicted: '1$ unshare --user --pid sleep 1000',
    goal: [
        {
            says: { en: 'what you have marked is what the command changes, and nothing else', ko: '표시한 것이 명령이 바꾼 것과 빠짐없이 일치한다' },
            marked: true,
        },
    ],
    hints: [
        { en: 'How many processes does `unshare` start without `--fork`?', ko: '`--fork`가 없으면 `unshare`는 프로세스를 몇 개나 시작하나요?' },
        { en: 'One of the two flags moves the caller itself. The other one leaves the caller where it is, and its next child is born elsewhere.', ko: '두 플래그 중 하나는 호출한 프로세스를 바로 옮깁니다. 다른 하나는 호출한 프로세스는 그대로 두고, 다음에 생길 자식만 다른 곳에서 태어나게 합니다.' },
    ],
    solution: [
        ['new 0', { en: 'There is one new process: the shell forks, its child becomes `unshare`, and that becomes `sleep`.', ko: '새 프로세스는 하나입니다. 셸이 만든 자식이 `unshare`가 되고, 그것이 다시 `sleep`이 됩니다.' }],
        ['new 0 user', { en: 'CLONE_NEWUSER moves the caller. CLONE_NEWPID does not: `sleep` stays in the PID namespace of its parent, and only a child of `sleep` would be in the new one.', ko: 'CLONE_NEWUSER는 호출한 프로세스를 옮깁니다. CLONE_NEWPID는 옮기지 않습니다. `sleep`은 부모와 같은 PID namespace에 남고, `sleep`에 자식이 생긴다면 그 자식만 새 namespace에 들어갑니다.' }],
    ],
    others: [],
    wrong: [
        { script: `
            new 0
            new 0 user
            new 0 pid
        ` },
        { script: 'new 0' },
        { script: `
            new 0
            new 0 user
            new 1
            new 1 pid
        ` },
        { script: 'nothing' },
    ],
};
