// A shell of one terminal in the UTS namespace that the other terminal's shell has made.

import { isSame } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Scene} Scene */
/** @typedef {import('../judge/scene.js').Process} Process */

/** @type {(process: Process | undefined, other: Process) => boolean} */
const isBelow = (process, other) => process !== undefined && (process === other || isBelow(process.parent, other));

/** The shells of a terminal that are in a new UTS namespace. @param {Scene} scene @param {string} terminal */
const newcomers = ({ shells, boot }, terminal) => shells.filter((shell) => shell.terminal === terminal && !isSame(shell.ns.uts, boot.uts));

/** The shells of terminal 1 in whose new UTS namespace a shell of terminal 2 is. @param {Scene} scene */
const hosts = (scene) => newcomers(scene, 'ttyS0').filter((one) => newcomers(scene, 'ttyS1')
    .some((other) => isSame(one.ns.uts, other.ns.uts) && !isBelow(one, other) && !isBelow(other, one)));

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'come-in',
    chapter: 'step04-setns',
    minutes: 5,
    title: { en: 'Two terminals, one new namespace', ko: '두 터미널, 새 namespace 하나' },
    task: {
        en: `In terminal 1, start a shell in a new UTS namespace, and set a hostname there. Then bring a shell of terminal 2 into that same namespace, so that both see the hostname.

The hostname that the machine booted with is to stay what it is.`,
        ko: `터미널 1에서 새 UTS namespace에 셸을 시작하고, 그 안에서 호스트 이름을 정하세요. 그런 다음 터미널 2의 셸 하나를 바로 그 namespace에 들여보내, 두 셸이 같은 이름을 보게 하세요.

컴퓨터가 부팅할 때 받은 호스트 이름은 그대로 두어야 합니다.`,
    },
    goal: [
        {
            says: { en: 'a shell of terminal 1 and a shell of terminal 2 are in the same new UTS namespace', ko: '터미널 1의 셸과 터미널 2의 셸이 같은 새 UTS namespace에 있다' },
            now: (scene) => hosts(scene).length > 0,
        },
        {
            says: { en: 'the shell of terminal 1 sees another hostname there than that of boot', ko: '터미널 1의 셸이 그 안에서 보는 호스트 이름이 부팅할 때의 이름과 다르다' },
            now: (scene) => {
                const both = hosts(scene);
                return (both.length > 0 ? both : newcomers(scene, 'ttyS0')).some(({ ns }) => ns.uts.nodename !== scene.boot.uts.nodename);
            },
        },
        {
            says: { en: 'the hostname of boot never changes', ko: '부팅할 때의 호스트 이름은 한 번도 바뀌지 않는다' },
            never: ({ boot }, start) => boot.uts.nodename !== start.boot.uts.nodename,
        },
    ],
    hints: [
        {
            en: 'An equal hostname is not enough: compare `readlink /proc/$$/ns/uts` in both shells.',
            ko: '이름이 같다고 다 된 것은 아닙니다. 두 셸에서 `readlink /proc/$$/ns/uts`의 결과를 비교해 보세요.',
        },
        {
            en: 'The shell in terminal 1 prints its PID with `echo $$`. In terminal 2, `step04-setns --target PID -- bash` enters its namespaces.',
            ko: '터미널 1의 셸에서 `echo $$`를 입력하면 그 셸의 PID가 나옵니다. 터미널 2에서는 `step04-setns --target PID -- bash`로 그 셸의 namespace에 들어갈 수 있습니다.',
        },
    ],
    solution: [
        ['1$ unshare -ru bash', { en: 'A shell in a new UTS namespace, and in a new user namespace that owns it.', ko: '새 UTS namespace와, 그것을 소유한 새 user namespace에 있는 셸입니다.' }],
        ['1# hostname inside', { en: 'The hostname is set in there only.', ko: '그 안에서만 호스트 이름이 바뀝니다.' }],
        ['1# echo $$ >/tmp/pid', { en: 'The PID of this shell. You can also read it and type it in the other terminal.', ko: '이 셸의 PID입니다. 파일에 적는 대신, 화면에 출력해 다른 터미널에 입력해도 됩니다.' }],
        ['2$ step04-setns --target $(cat /tmp/pid) -- bash', {
            en: 'Another shell enters both namespaces, the user namespace first, and sees `inside` as well.',
            ko: '다른 셸이 user namespace에 먼저, 이어서 UTS namespace에 들어갑니다. 이제 이 셸도 `inside`라는 이름을 봅니다.',
        }],
    ],
    others: [`
        1$ sudo unshare --uts sh
        1# hostname inside; echo $$ >/tmp/pid
        2$ sudo nsenter --target $(cat /tmp/pid) --uts sh
    `, `
        1$ touch /tmp/uts; sudo unshare --uts=/tmp/uts bash
        2$ sudo nsenter --uts=/tmp/uts bash
        2# hostname inside
    `],
    wrong: [
        // The names are equal, the namespaces are two.
        { fails: 1, script: `
            1$ unshare -ru bash
            1# hostname inside
            2$ unshare -ru bash
            2# hostname inside
        ` },
        { fails: 2, script: `
            1$ sudo unshare --uts sh
            1# echo $$ >/tmp/pid
            2$ sudo nsenter --target $(cat /tmp/pid) --uts sh
        ` },
        { fails: 3, script: `
            1$ sudo unshare --uts sh
            1# echo $$ >/tmp/pid
            2$ sudo nsenter --target $(cat /tmp/pid) --uts sh
            2# nsenter --target 1 --uts hostname outside
        ` },
    ],
};
