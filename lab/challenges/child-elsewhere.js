// A child that is PID 1, and that is in other namespaces than its parent in three kinds.

import { isSame } from '../judge/scene.js';

/** In how many kinds a process is in another namespace than its parent. @param {import('../judge/scene.js').Process} process */
function differs({ ns, parent }) {
    // A parent that is about to end has no namespaces any more.
    const of = parent?.ns.uts ? parent.ns : ns;
    return Object.values(ns).filter((namespace) => !isSame(namespace, of[namespace.kind])).length;
}

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'child-elsewhere',
    chapter: 'step02-clone',
    minutes: 6,
    title: { en: 'Three kinds apart', ko: '부모와 namespace 세 가지가 다른 자식' },
    task: {
        en: `Start a process that is PID 1 in its PID namespace, and leave it running. It is to be in other namespaces than its own parent in at least three kinds, PID among them.

Compare it with its parent alone. \`unshare -f\` is a process, too: what it runs is its child.`,
        ko: `자기 PID namespace에서 PID 1인 프로세스를 시작하고, 끝내지 말고 그대로 두세요. 이 프로세스와 그 부모는 PID를 포함해 적어도 세 종류에서 서로 다른 namespace에 있어야 합니다.

바로 위의 부모하고만 비교합니다. \`unshare -f\`도 하나의 프로세스이고, 실행되는 명령은 그 자식입니다.`,
    },
    goal: [
        {
            says: {
                en: 'a process has PID 1 in its PID namespace, and differs from its parent in the namespaces of three kinds or more',
                ko: '어떤 프로세스가 자기 PID namespace에서 PID 1이고, 세 종류 이상에서 부모와 다른 namespace에 있다',
            },
            now: ({ processes }) => processes.some((process) => process.own === 1 && differs(process) >= 3),
        },
    ],
    hints: [
        {
            en: 'In the picture, look at the row of the process and at that of its parent: where do their letters differ?',
            ko: '그림에서 그 프로세스의 줄과 부모의 줄을 견주어 보세요. 어느 열의 글자가 다른가요?',
        },
        {
            en: '`unshare` itself moves into what it creates, and its child is born there. A new PID namespace is the exception: `unshare` stays outside. So the child has to create the other kinds.',
            ko: '`unshare`는 자기가 만든 namespace로 스스로 옮겨 가고, 자식은 거기서 태어납니다. 다만 새 PID namespace에는 들어가지 않습니다. 그러니 나머지 종류는 자식이 만들어야 합니다.',
        },
        {
            en: 'The command that `unshare -Urpf` runs can be another `unshare`, without `-f`.',
            ko: '`unshare -Urpf`가 실행하는 명령도 `unshare`일 수 있습니다. 이번에는 `-f` 없이 씁니다.',
        },
    ],
    solution: [
        ['1$ unshare -Urpf unshare -un sh', {
            en: 'The first `unshare` creates a user and a PID namespace. Its child is PID 1, moves itself into a new UTS and a new network namespace, and becomes `sh`. So parent and child differ in PID, UTS and network; the user namespace they share.',
            ko: '첫 `unshare`는 user namespace와 PID namespace를 만듭니다. 그 자식은 PID 1이고, 스스로 새 UTS namespace와 새 네트워크 namespace로 옮겨 간 다음 `sh`가 됩니다. 그래서 부모와 자식은 PID, UTS, 네트워크가 다르고, user namespace는 함께 씁니다.',
        }],
    ],
    others: [`
        1$ sudo unshare --pid --fork bash
        1# exec unshare --uts --ipc --net sh
    `, `
        2$ sudo unshare --pid --fork unshare --mount --uts --ipc sleep 1000
    `],
    wrong: [
        // The parent is in the new user, UTS and network namespaces as well.
        { script: '1$ unshare -Uunpf sleep 1000' },
        // It differs in three kinds, and is not PID 1.
        { script: '1$ unshare -Uun sleep 1000' },
        // The process that differs from PID 1 is the child of PID 1.
        { script: `
            1$ unshare -Urpf sh
            1# unshare -un sleep 1000
        ` },
        // Its parent is in none of the new namespaces, but the child of its child is PID 1.
        { script: '1$ sudo unshare --uts --ipc --net unshare --pid --fork sleep 1000' },
    ],
};
