// A shell outside of the PID namespace in which its children are born.

/** @typedef {import('../judge/scene.js').Process} Process */

/** Whether the children of a process are born in another PID namespace than its own. @param {Process} process */
const isOutside = ({ forChildren, ns }) => forChildren !== undefined && forChildren.pid !== ns.pid.address;

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'for-its-children',
    chapter: 'step05-unshare',
    minutes: 4,
    title: { en: 'For its children only', ko: '자식에게만' },
    task: {
        en: `Start a shell that has asked for a new PID namespace but is not in it, as only its children will be. Then let a child of this shell be PID 1 there, and stay.

The shell itself is to be outside: a process such as \`unshare\`, which waits for a shell inside, does not count.`,
        ko: `새 PID namespace를 요청했지만 자신은 그 안에 있지 않고 앞으로 만들 자식만 들어가게 되는 셸을 시작하세요. 그런 다음 그 셸의 자식 하나를 그 안의 PID 1로 만들어 그대로 두세요.

밖에 있는 것이 바로 셸이어야 합니다. 안에 있는 셸을 밖에서 기다리는 \`unshare\` 같은 프로세스는 해당하지 않습니다.`,
    },
    goal: [
        {
            says: { en: 'the children of a shell are born in another PID namespace than its own', ko: '어떤 셸의 자식은 그 셸과 다른 PID namespace에서 태어난다' },
            now: ({ shells }) => shells.some(isOutside),
        },
        {
            says: { en: 'a child, whose parent is outside, is PID 1 in that namespace', ko: '부모를 밖에 둔 자식이 그 namespace 안에서 PID 1이다' },
            now: ({ processes, shells }) => {
                const outside = shells.some(isOutside) ? shells.filter(isOutside) : processes.filter(isOutside);
                return processes.some(({ own, ns, parent }) =>
                    own === 1 && parent && outside.includes(parent) && parent.forChildren?.pid === ns.pid.address);
            },
        },
    ],
    hints: [
        {
            en: 'Without `-f`, `unshare` becomes the command itself, and that keeps its PID.',
            ko: '`-f`가 없으면 `unshare` 자신이 명령으로 바뀌고, PID는 그대로입니다.',
        },
        {
            en: 'The first child of the shell is PID 1. When it ends, no other can be born there. So let the first command be one that stays, such as `sleep 1000 &`.',
            ko: '셸의 첫 자식이 PID 1입니다. 그것이 끝나면 그 안에서는 프로세스를 더 만들 수 없습니다. 그러니 첫 명령으로는 `sleep 1000 &`처럼 끝나지 않는 것을 실행하세요.',
        },
    ],
    solution: [
        ['1$ unshare -Urp sh', {
            en: '`unshare` asks for the PID namespace and becomes `sh`, which is still in the old one: the picture shows ↳ in its row.',
            ko: '`unshare`가 PID namespace를 요청하고 `sh`로 바뀝니다. `sh`는 여전히 원래 PID namespace에 있고, 그림의 그 줄에는 ↳가 보입니다.',
        }],
        ['1# sleep 1000 &', {
            en: 'The first child is born in the new PID namespace, and is PID 1 there.',
            ko: '첫 자식은 새 PID namespace에서 태어나고, 그 안에서 PID 1입니다.',
        }],
    ],
    others: [`
        2$ sudo unshare --pid bash
        2# sleep 1000
    `, `
        1$ step05-unshare -rp sh -c 'sh -c "read line"; true'
    `],
    wrong: [
        // It is unshare that is outside.
        { fails: 1, script: '1$ unshare -Urpf sh' },
        // PID 1 has ended, so there is no other.
        { fails: 2, script: `
            1$ unshare -Urp sh
            1# ls -d /etc
            1# sleep 1000 &
        ` },
        // PID 1 of one namespace does not do for another.
        { fails: 2, script: `
            1$ unshare -Urp sh
            2$ unshare -Urpf sleep 1000
        ` },
    ],
};
