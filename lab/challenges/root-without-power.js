// A process of user 0 that has no capability, and can get none.

import { ofOneProcess } from '../judge/scene.js';

/** User 0, and not only of a user namespace. @param {import('../judge/scene.js').Process} process @param {import('../judge/scene.js').Scene} scene */
const isRoot = ({ ids, ns }, { boot }) => ids.uid === 0 && ids.euid === 0 && ns.user === boot.user;

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'root-without-power',
    chapter: 'step13-privilege',
    minutes: 5,
    title: { en: 'Root without power', ko: '힘없는 root' },
    task: {
        en: 'Run a process that is root, user 0 of the machine in the initial user namespace, and yet has no capability. It is not to get one by starting a program, either: its bounding set is empty, and `no_new_privs` is set.',
        ko: '초기 user namespace에서 컴퓨터의 사용자 0, 곧 root이면서도 capability가 하나도 없는 프로세스를 실행하세요. 프로그램을 시작해도 얻을 수 없어야 합니다. 곧 한계 집합이 비어 있고, `no_new_privs`가 설정되어 있어야 합니다.',
    },
    goal: ofOneProcess([
        {
            says: { en: 'a process of user 0, in the initial user namespace, has no capability in its effective and permitted sets', ko: '초기 user namespace에서 사용자 0인 어떤 프로세스의 유효 집합과 허용 집합이 비어 있다' },
            of: (process, scene) => isRoot(process, scene) && process.capabilities.effective === '0' && process.capabilities.permitted === '0',
        },
        {
            says: { en: 'its bounding set is empty', ko: '그 프로세스의 한계 집합도 비어 있다' },
            of: (process, scene) => isRoot(process, scene) && process.capabilities.bset === '0',
        },
        {
            says: { en: 'it has `no_new_privs`', ko: '그 프로세스에 `no_new_privs`가 설정되어 있다' },
            of: (process, scene) => isRoot(process, scene) && process.noNewPrivs,
        },
    ]),
    hints: [
        { en: 'When root starts a program, the kernel computes its permitted set anew. From which sets?', ko: 'root가 프로그램을 시작하면 커널은 허용 집합을 새로 계산합니다. 어떤 집합에서 계산할까요?' },
        { en: '`setpriv` has the options `--bounding-set` and `--no-new-privs`. `-all` stands for taking all capabilities away.', ko: '`setpriv`에는 `--bounding-set`과 `--no-new-privs` 옵션이 있습니다. `-all`은 capability를 모두 뺀다는 뜻입니다.' },
    ],
    solution: [
        ['1$ sudo setpriv --bounding-set -all --no-new-privs sleep 1000', { en: 'The bounding set is emptied, and then `execve` computes the sets of `sleep` from it: nothing is left, although the user is 0.', ko: '한계 집합을 비우고 나면, `execve`가 그것으로 `sleep`의 집합을 계산합니다. 사용자가 0이어도 남는 것이 없습니다.' }],
    ],
    others: [
        '2$ sudo capsh --no-new-privs --drop=all -- -c "sleep 1000"',
        `
            1$ sudo setpriv --no-new-privs bash
            1# setpriv --bounding-set=-all sh
        `,
    ],
    wrong: [
        // What is in the inheritable set stays.
        { fails: 1, script: '1$ sudo setpriv --inh-caps +all setpriv --bounding-set -all --no-new-privs sleep 1000' },
        // no_new_privs keeps the sets empty, as long as the process has it, but the bounding set is full.
        { fails: 2, script: '1$ sudo capsh --no-new-privs --caps== -- -c "sleep 1000"' },
        { fails: 3, script: '1$ sudo setpriv --bounding-set -all sleep 1000' },
        // Root of a user namespace only.
        { script: '1$ unshare --map-root-user setpriv --bounding-set -all --no-new-privs sleep 1000' },
        // All but one.
        { script: '1$ sudo setpriv --bounding-set -all,+chown --no-new-privs sleep 1000' },
    ],
};
