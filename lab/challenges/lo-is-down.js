// A repair: a server in a network namespace of its own cannot reach itself.

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'lo-is-down',
    chapter: 'step11-net',
    minutes: 4,
    title: { en: 'No localhost', ko: 'localhost가 없다' },
    task: {
        en: 'The program `server` listens on port 80, in a network namespace of its own. But in there, not even 127.0.0.1 can be reached: `Network is unreachable`.\n\nRepair the network of `server` so that it can. `server` must go on running all the time.',
        ko: '프로그램 `server`는 자기만의 네트워크 namespace에서 80번 포트를 열고 연결을 기다립니다. 그런데 그 안에서는 127.0.0.1에도 연결되지 않습니다. `Network is unreachable`이라는 오류가 납니다.\n\n연결되도록 `server`의 네트워크를 고치세요. `server`는 그동안 계속 실행되고 있어야 합니다.',
    },
    prepare: [
        "printf '#!/bin/sh\\nwhile :; do echo hello | nc -l -p 80; done\\n' >/run/server && chmod +x /run/server",
        '(setsid unshare --net /run/server &)',
    ],
    ready: ({ named, boot }) => named('server').some(({ ns }) => ns.net !== boot.net),
    goal: [
        {
            says: { en: '`lo` is up in the network namespace of `server`', ko: '`server`의 네트워크 namespace에서 `lo`가 켜져 있다' },
            now: ({ named }) => named('server').every(({ ns }) => ns.net.up?.includes('lo')),
        },
        {
            says: { en: '`server` has not ended', ko: '`server`가 끝나지 않았다' },
            never: ({ named }, start) => !named('server').some(({ pid }) => start.named('server').some((before) => before.pid === pid)),
        },
    ],
    hints: [
        { en: 'Press the badge of `server` in the column `net`: which devices does it have, and which of them are up?', ko: '`net` 열에서 `server`의 배지를 눌러 보세요. 어떤 장치가 있고, 그 가운데 켜진 것은 무엇인가요?' },
        { en: '`ip` acts in the network namespace that it runs in. `nsenter --net --target PID` runs it in that of another process, and `pidof server` tells the PID.', ko: '`ip`는 자기가 실행되는 네트워크 namespace에서 일합니다. `nsenter --net --target PID`로 다른 프로세스의 네트워크 namespace에서 실행할 수 있고, PID는 `pidof server`가 알려 줍니다.' },
    ],
    solution: [
        ['1$ sudo nsenter --net --target $(pidof server) ip link set lo up', { en: '`ip` runs in the network namespace of `server`, and switches on the loopback device there. With it comes the address 127.0.0.1.', ko: '`ip`를 `server`의 네트워크 namespace에서 실행해, 그곳의 루프백 장치를 켭니다. 그러면 127.0.0.1이라는 주소도 생깁니다.' }],
    ],
    others: [
        `
            1$ sudo nsenter -n -t $(pidof server) sh
            1# ifconfig lo 127.0.0.1 up
        `,
        '2$ sudo env PATH="$PATH" step04-setns --target $(pidof server) -- ip link set dev lo up',
    ],
    wrong: [
        // This is the machine's own loopback device.
        { fails: 1, script: '1$ sudo ip link set lo up' },
        { fails: 2, script: '1$ sudo kill $(pidof server)' },
        {
            script: `
                1$ sudo kill $(pidof server)
                1$ sudo unshare --net sh -c "ip link set lo up; exec /run/server"
            `,
        },
        // One more server, beside the old one.
        { fails: 1, script: '1$ sudo unshare --net sh -c "ip link set lo up; exec /run/server"' },
    ],
};
