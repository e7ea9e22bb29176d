// In which mount namespaces a mount appears: predicted.

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'who-sees-it',
    chapter: 'step09-mount',
    minutes: 5,
    title: { en: 'Who sees the mount: predict', ko: '누구에게 마운트가 보이나: 예측' },
    task: {
        en: 'All mounts of the initial mount namespace are shared here. `slave` runs in a mount namespace that `unshare --mount --propagation slave` has created, and `private` in one created with `--propagation private`. Mark in the row “contents” which mount namespaces will have a different list of mounts once this command has run.',
        ko: '여기서는 초기 마운트 namespace의 모든 마운트가 shared입니다. `slave`는 `unshare --mount --propagation slave`로 만든 마운트 namespace에서, `private`은 `--propagation private`으로 만든 마운트 namespace에서 실행됩니다. 이 명령이 실행되고 나면 마운트 목록이 달라질 마운트 namespace를 “내용” 줄에서 모두 표시하세요.',
    },
    prepare: [
        'mount --make-rshared /',
        'for name in slave private; do ln -s /usr/bin/sleep /run/$name; done',
        '(setsid unshare --mount --propagation slave /run/slave 100000 &)',
        // The letter of a mount namespace is that of its place in the list of processes.
        'until pidof slave; do :; done; (setsid unshare --mount --propagation private /run/private 100000 &)',
    ],
    ready: ({ named }) => ['slave', 'private'].every((name) => named(name).length === 1),
    predicted: '1$ sudo mount -t tmpfs tmpfs /mnt',
    goal: [
        {
            says: { en: 'what you have marked is what the command changes, and nothing else', ko: '표시한 것이 명령이 바꾼 것과 빠짐없이 일치한다' },
            marked: true,
        },
    ],
    hints: [
        { en: 'The command runs in the initial mount namespace. What is mounted there is passed on to all peers and slaves.', ko: '명령은 초기 마운트 namespace에서 실행됩니다. 거기에 마운트한 것은 모든 peer와 slave에 전파됩니다.' },
        { en: 'In the picture, find the letters of the two mount namespaces by the rows of `slave` and `private`.', ko: '그림의 `slave` 줄과 `private` 줄에서 두 마운트 namespace의 글자를 찾아보세요.' },
    ],
    solution: [
        ['holds mnt 0', { en: 'The shell is in the initial mount namespace: there the tmpfs is mounted.', ko: '셸은 초기 마운트 namespace에 있으므로 tmpfs는 그곳에 마운트됩니다.' }],
        ['holds mnt 1', { en: 'A slave gets what is mounted on its master, and passes nothing back.', ko: 'slave는 master에 마운트되는 것을 받고, 거꾸로 돌려주지는 않습니다.' }],
    ],
    others: [],
    wrong: [
        { script: 'holds mnt 0' },
        { script: `
            holds mnt 0
            holds mnt 1
            holds mnt 2
        ` },
        { script: `
            holds mnt 0
            holds mnt 2
        ` },
        { script: 'nothing' },
    ],
};
