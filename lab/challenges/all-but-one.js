// A shell in new namespaces of five kinds, on the network of boot.

import { isSame } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Scene} Scene */

/** @type {import('../judge/scene.js').Kind[]} */
const KINDS = ['user', 'mnt', 'uts', 'ipc', 'pid'];

/** The shells that are in new namespaces of all these kinds. @param {Scene} scene */
const isolated = ({ shells, boot }) => shells.filter(({ ns }) => KINDS.every((kind) => !isSame(ns[kind], boot[kind])));

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'all-but-one',
    chapter: 'step05-unshare',
    minutes: 4,
    title: { en: 'All new but the network', ko: '네트워크만 그대로' },
    task: {
        en: `Some containers are to be isolated in everything but the network: \`docker run --network host\` starts one.

Start a shell in a new user, mount, UTS, IPC and PID namespace. It is to be in these namespaces itself, not only its children. The network namespace is to stay the one of boot.`,
        ko: `네트워크만 빼고 모두 격리해야 하는 컨테이너도 있습니다. \`docker run --network host\`가 그런 컨테이너를 띄웁니다.

새 user, 마운트, UTS, IPC, PID namespace에 셸을 시작하세요. 셸의 자식만이 아니라 셸 자신이 그 안에 있어야 합니다. 네트워크 namespace는 부팅 때의 것이어야 합니다.`,
    },
    goal: [
        {
            says: { en: 'a shell is in a new user, mount, UTS, IPC and PID namespace', ko: '어떤 셸이 새 user, 마운트, UTS, IPC, PID namespace에 있다' },
            now: (scene) => isolated(scene).length > 0,
        },
        {
            says: { en: 'this shell is in the network namespace of boot', ko: '그 셸이 부팅 때의 네트워크 namespace에 있다' },
            now: (scene) => {
                const found = isolated(scene);
                return (found.length > 0 ? found : scene.shells).some(({ ns }) => isSame(ns.net, scene.boot.net));
            },
        },
    ],
    hints: [
        {
            en: 'Each kind has a letter of its own in `unshare --help`. Leave out the one for the network.',
            ko: '`unshare --help`를 보면 종류마다 옵션 글자가 하나씩 있습니다. 네트워크의 글자만 빼면 됩니다.',
        },
        {
            en: 'The process that asks for a new PID namespace is never in it. Its child is, which `-f` starts.',
            ko: '새 PID namespace를 요청한 프로세스는 그 안에 들어가지 않습니다. 그 안에 있는 것은 `-f`가 만드는 자식입니다.',
        },
    ],
    solution: [
        ['1$ unshare -Urmuipf bash', {
            en: '`-U`, `-m`, `-u`, `-i` and `-p` ask for the five kinds, and `-r` makes you root in there. With `-f` the shell is a child of `unshare`, born in the PID namespace. There is no `-n`.',
            ko: '`-U`, `-m`, `-u`, `-i`, `-p`가 다섯 종류를 요청하고, `-r`는 여러분을 그 안의 root로 만듭니다. `-f`가 있으므로 셸은 `unshare`의 자식으로, 새 PID namespace 안에서 태어납니다. `-n`은 없습니다.',
        }],
    ],
    others: [
        '2$ step05-unshare -Urmuipf --mount-proc sh',
        `
            1$ sudo unshare --map-root-user --mount --uts --ipc sh
            1# unshare --pid --fork sh
        `,
    ],
    wrong: [
        // The shell is outside of the new PID namespace.
        { fails: 1, script: '1$ unshare -Urmuip sh' },
        // An IPC namespace is missing.
        { fails: 1, script: '1$ unshare -Urmupf sh' },
        { fails: 2, script: '1$ unshare -Urmuipnf sh' },
        // All is right, but the shell has ended.
        { script: '1$ unshare -Urmuipf sh -c true' },
    ],
};
