// Finding the process that shares a network namespace with another one, and ending it alone.

import { isSame } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Scene} Scene */

/** The process that is to be found, as the challenge begins with it. @param {Scene} start */
function twinIn({ processes, named }) {
    const watcher = named('watcher').at(0);
    return watcher && processes.find((process) => process !== watcher && isSame(process.ns.net, watcher.ns.net));
}

const COLORS = ['amber', 'coral', 'ivory', 'violet'];

const NAMES = ['watcher', ...COLORS].join(' ');

/** Whether a process of the beginning is gone. @type {(scene: Scene, known: { pid: number }) => boolean} */
const isGone = ({ processes }, known) => !processes.some(({ pid }) => pid === known.pid);

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'the-twin',
    chapter: 'step01-proc-ns',
    minutes: 4,
    title: { en: 'Who shares its network?', ko: '네트워크를 함께 쓰는 프로세스' },
    task: {
        en: `Five processes of root are running that only sleep: \`watcher\`, and \`${COLORS.join('`, `')}\`. Each was to have a network namespace of its own.

But one of the four is in the network namespace of \`watcher\`. Find out which, and end it. All the others, and \`watcher\`, are to go on.`,
        ko: `잠만 자는 root의 프로세스 다섯 개가 실행 중입니다. \`watcher\`와 \`${COLORS.join('`, `')}\`입니다. 저마다 자기만의 네트워크 namespace가 있어야 합니다.

그런데 넷 가운데 하나는 \`watcher\`의 네트워크 namespace에 들어 있습니다. 어느 것인지 찾아서 끝내세요. \`watcher\`와 나머지 프로세스는 그대로 두어야 합니다.`,
    },
    isHidden: true,
    prepare: [
        `for name in ${NAMES}; do ln -s /usr/bin/sleep /run/$name; done`,
        // All come from the network namespace of watcher. (Busybox's setsid would take its own unshare.)
        'setsid /usr/bin/unshare --net sh -c "cd /run; ./watcher 100000 & unshare --net ./amber 100000 & unshare --net ./coral 100000 &'
            + ' ./ivory 100000 & unshare --net ./violet 100000 &"',
        `until [ $(pidof ${NAMES} | wc -w) = 5 ]; do :; done`,
    ],
    goal: [
        {
            says: { en: 'the process that shared the network namespace of `watcher` has ended', ko: '`watcher`의 네트워크 namespace를 함께 쓰던 프로세스가 끝났다' },
            now: (scene, start) => {
                const twin = twinIn(start);
                return twin && isGone(scene, twin);
            },
        },
        {
            says: { en: '`watcher` and the other three never end', ko: '`watcher`와 나머지 세 프로세스는 한 번도 끝나지 않는다' },
            never: (scene, start) => ['watcher', ...COLORS].flatMap((name) => start.named(name))
                .some((known) => known !== twinIn(start) && isGone(scene, known)),
        },
    ],
    hints: [
        {
            en: 'Equal numbers mean the same namespace. `pidof watcher` prints the PID that you need to look in `/proc`.',
            ko: '번호가 같으면 같은 namespace입니다. `/proc`에서 찾아볼 PID는 `pidof watcher`로 알 수 있습니다.',
        },
        {
            en: 'These processes belong to root, so `readlink` prints nothing for them unless you use `sudo`.',
            ko: '모두 root의 프로세스라서, `sudo` 없이는 `readlink`가 아무것도 출력하지 않습니다.',
        },
        {
            en: '`sudo lsns NUMBER` lists the processes in the namespace with this number.',
            ko: '`sudo lsns 번호`는 그 번호의 namespace에 있는 프로세스를 모두 보여 줍니다.',
        },
    ],
    solution: [
        [`1$ sudo step01-proc-ns $(pidof ${NAMES}) | grep net`, {
            en: 'The network namespaces of all five, in the order of these names; root may look at any process. The first number, that of `watcher`, appears again as the fourth: that of `ivory`.',
            ko: '다섯 프로세스의 네트워크 namespace를 이름을 적은 순서대로 출력합니다. root는 어떤 프로세스든 볼 수 있습니다. 첫째인 `watcher`의 번호가 넷째인 `ivory`에서 다시 나옵니다.',
        }],
        ['1$ sudo kill $(pidof ivory)', { en: 'This ends `ivory` and no other process.', ko: '`ivory`만 끝냅니다.' }],
    ],
    others: [`
        2$ sudo sh
        2# for name in ${NAMES}; do readlink /proc/$(pidof $name)/ns/net; done
        2# kill -KILL $(pidof ivory)
    `, `
        1$ sudo sh
        1# lsns $(stat -L -c %i /proc/$(pidof watcher)/ns/net)
        1# kill $(pidof ivory)
    `],
    wrong: [
        // It stands still, but it is there.
        { fails: 1, script: '1$ sudo kill -STOP $(pidof ivory)' },
        { fails: 2, script: '1$ sudo sh -c "kill $(pidof ivory); kill $(pidof violet)"' },
        { script: '1$ sudo kill $(pidof amber)' },
        { script: '1$ sudo kill $(pidof watcher)' },
    ],
};
