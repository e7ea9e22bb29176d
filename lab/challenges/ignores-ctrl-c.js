// A PID 1 that Ctrl-C does not end, and whose shell is to stay.

import { isLogin, isSame, stillIn } from '../judge/scene.js';

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'ignores-ctrl-c',
    chapter: 'step08-pid',
    minutes: 3,
    title: { en: 'It ignores Ctrl-C', ko: 'Ctrl-C로 끝나지 않는 프로그램' },
    task: {
        en: `In terminal 1, \`server\` is running, as PID 1 of a PID namespace. It has no handler for any signal, and yet Ctrl-C does not end it: try.

End it, so that its PID namespace has no process left. The shell of terminal 1 must survive.`,
        ko: `터미널 1에서 \`server\`가 어떤 PID namespace의 PID 1로 실행되고 있습니다. 시그널 핸들러가 하나도 없는데도 Ctrl-C로 끝나지 않습니다. 한번 눌러 보세요.

\`server\`를 끝내서 그 PID namespace에 프로세스가 하나도 남지 않게 하세요. 터미널 1의 셸은 끝나면 안 됩니다.`,
    },
    prepare: ['ln -s /usr/bin/sleep /run/server'],
    begin: '1$ unshare --user --map-root-user --pid --fork /run/server 100000',
    ready: ({ named }) => named('server').length === 1,
    goal: [
        {
            says: { en: 'no process is left in the PID namespace of `server`', ko: '`server`의 PID namespace에 프로세스가 남아 있지 않다' },
            now: ({ processes }, start) => {
                const [server] = start.named('server');
                return server && !processes.some(({ ns }) => isSame(ns.pid, server.ns.pid));
            },
        },
        {
            says: { en: 'the shell of terminal 1 never ends', ko: '터미널 1의 셸은 한 번도 끝나지 않는다' },
            never: (scene, start) => start.shells.some((shell) => isLogin(shell) && shell.terminal === 'ttyS0' && !stillIn(scene, shell)),
        },
    ],
    hints: [
        { en: 'The kernel drops signals that PID 1 does not handle, with one exception that ends it, and that has to come from outside.', ko: '커널은 PID 1이 처리하지 않는 시그널을 버립니다. PID 1을 끝낼 수 있는 예외가 하나 있는데, 밖에서 보내야 합니다.' },
        { en: 'In terminal 2, find out which PID `server` has there (`pidof`, or the picture), and send it `SIGKILL`. `unshare` is only its parent.', ko: '터미널 2에서 `server`의 바깥 PID를 찾아(`pidof`나 그림으로) `SIGKILL`을 보내세요. `unshare`는 그 부모일 뿐입니다.' },
    ],
    solution: [
        ['1 ^C', { en: '`SIGINT` comes from the terminal. `server` does not handle it, and PID 1 gets no signal that it does not handle.', ko: '터미널이 `SIGINT`를 보냅니다. `server`는 이 시그널을 처리하지 않고, PID 1에게는 처리하지 않는 시그널이 전해지지 않습니다.' }],
        ['2$ kill -KILL $(pidof server)', { en: '`SIGKILL` from an outer PID namespace does end PID 1. It has another PID there than 1.', ko: '바깥 PID namespace에서 보낸 `SIGKILL`은 PID 1을 끝냅니다. 그곳에서 `server`의 PID는 1이 아닙니다.' }],
    ],
    others: [
        '2$ sudo killall -9 server',
        // Its parent can be stopped, and both are one job.
        `
            1 ^Z
            1$ kill -9 %1
        `,
    ],
    wrong: [
        // Its parent is not PID 1, so the kernel ends only the parent.
        { fails: 1, script: '2$ killall -9 unshare' },
        { fails: 1, script: `
            1 ^C
            2$ sudo killall server
        ` },
        { fails: 2, script: '2$ p=$(cut -d " " -f 4 /proc/$(pidof server)/stat); s=$(cut -d " " -f 4 /proc/$p/stat); killall -9 server; sudo kill -9 $s' },
        // From inside, not even this signal gets through.
        { fails: 1, script: '2$ nsenter --target $(pidof server) --user --preserve-credentials --pid sh -c "kill -9 1"' },
    ],
};
