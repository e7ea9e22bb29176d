// Three shells, one inside the other, that see three hostnames.

/** The hostnames of a shell and of the shells that it was started from. @param {import('../judge/scene.js').Process | undefined} process */
function namesAbove(process) {
    const names = new Set();
    for (let at = process; at; at = at.parent) {
        // A shell that is about to end has no UTS namespace any more.
        if (at.isShell && at.ns.uts) {
            names.add(at.ns.uts.nodename);
        }
    }
    return names;
}

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'three-hostnames',
    chapter: 'step03-uts',
    minutes: 5,
    title: { en: 'Three hostnames, one inside the other', ko: '겹겹이 다른 호스트 이름 셋' },
    task: {
        en: `Make three shells, the second started from the first and the third from the second, that see three different hostnames at the same time. The shell of a terminal may be the first of them.

The hostname that the machine booted with is to stay what it is.`,
        ko: `첫째 셸에서 둘째 셸을, 둘째 셸에서 셋째 셸을 시작해서, 같은 순간에 세 셸이 서로 다른 호스트 이름을 보게 하세요. 터미널의 셸이 첫째여도 됩니다.

컴퓨터가 부팅할 때 받은 호스트 이름은 그대로 두어야 합니다.`,
    },
    goal: [
        {
            says: {
                en: 'three shells, each started from the one before, see three different hostnames',
                ko: '앞의 셸에서 차례로 시작된 세 셸이 서로 다른 호스트 이름 셋을 본다',
            },
            now: ({ shells }) => shells.some((shell) => namesAbove(shell).size >= 3),
        },
        {
            says: { en: 'the hostname of boot never changes', ko: '부팅할 때의 호스트 이름은 한 번도 바뀌지 않는다' },
            never: ({ boot }, start) => boot.uts.nodename !== start.boot.uts.nodename,
        },
    ],
    hints: [
        {
            en: 'The shell of the terminal sees the hostname of boot, so two more UTS namespaces are enough.',
            ko: '터미널의 셸은 부팅할 때의 호스트 이름을 봅니다. 그러니 UTS namespace가 둘만 더 있으면 됩니다.',
        },
        {
            en: 'In a shell that `unshare -ru bash` has started you are root, so `unshare -u bash` works there without a further user namespace.',
            ko: '`unshare -ru bash`로 시작한 셸에서는 root입니다. 그래서 그 안에서는 user namespace를 더 만들지 않고도 `unshare -u bash`를 쓸 수 있습니다.',
        },
    ],
    solution: [
        ['1$ unshare -ru bash', { en: 'The second shell is in a UTS namespace of its own.', ko: '둘째 셸은 자기만의 UTS namespace에 있습니다.' }],
        ['1# hostname middle', { en: 'It sets the hostname there; the terminal\'s shell still sees the one of boot.', ko: '그 안의 호스트 이름만 바뀝니다. 터미널의 셸은 여전히 부팅할 때의 이름을 봅니다.' }],
        ['1# unshare -u bash', { en: 'The third shell gets a UTS namespace that starts as a copy, so it sees `middle` at first.', ko: '셋째 셸의 UTS namespace는 복사본으로 시작합니다. 그래서 처음에는 `middle`이 보입니다.' }],
        ['1# hostname inner', { en: 'Now it has a third name. The second shell, which waits, still has its own.', ko: '이제 셋째 이름이 생겼습니다. 기다리고 있는 둘째 셸의 이름은 그대로입니다.' }],
    ],
    others: [`
        2$ sudo unshare --uts sh
        2# hostname one
        2# unshare --uts sh
        2# hostname two
    `, `
        1$ unshare -ru sh -c 'hostname one; unshare -u sh -c "hostname two; read line"; true'
    `],
    wrong: [
        // There are three hostnames, but the two new shells are side by side.
        { fails: 1, script: `
            1$ unshare -ru bash
            1# hostname one
            2$ unshare -ru bash
            2# hostname two
        ` },
        // The third shell shares the UTS namespace of the second, so both are renamed.
        { fails: 1, script: `
            1$ unshare -ru bash
            1# hostname one
            1# bash
            1# hostname two
        ` },
        { fails: 2, script: `
            1$ unshare -ru bash
            1# unshare -u bash
            1# hostname inner
            2$ sudo hostname outer
        ` },
    ],
};
