// Two shells that see different hostnames, on one kernel.

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'two-hostnames',
    chapter: 'step03-uts',
    minutes: 3,
    title: { en: 'Two shells, two hostnames', ko: '셸 둘, 호스트 이름 둘' },
    task: {
        en: 'Make two shells see different hostnames at the same time. The hostname that the machine booted with is to stay what it is.',
        ko: '같은 순간에 서로 다른 호스트 이름을 보는 셸 두 개를 만드세요. 컴퓨터가 부팅할 때 받은 호스트 이름은 그대로 두어야 합니다.',
    },
    goal: [
        {
            says: { en: 'two shells see different hostnames', ko: '두 셸이 보는 호스트 이름이 서로 다르다' },
            now: ({ shells }) => new Set(shells.map(({ ns }) => ns.uts.nodename)).size > 1,
        },
        {
            says: { en: 'the hostname of boot never changes', ko: '부팅할 때의 호스트 이름은 한 번도 바뀌지 않는다' },
            never: ({ boot }, start) => boot.uts.nodename !== start.boot.uts.nodename,
        },
    ],
    hints: [
        { en: '`unshare` can start a shell in a new UTS namespace.', ko: '`unshare`는 새 UTS namespace에서 셸을 시작할 수 있습니다.' },
    ],
    solution: [
        ['1$ unshare --map-root-user --uts bash', { en: 'A shell in a UTS namespace of its own.', ko: '자기만의 UTS namespace에 있는 셸입니다.' }],
        ['1# hostname inside', { en: 'It may change the hostname there.', ko: '그 안에서는 호스트 이름을 바꿀 수 있습니다.' }],
    ],
    others: [`
        2$ sudo unshare --uts sh
        2# hostname other
    `],
    wrong: [
        // The shell that has changed its hostname has gone on in the namespace of boot.
        { fails: 1, script: '1$ unshare --map-root-user --uts hostname inside' },
        { fails: 2, script: `
            1$ sudo unshare --uts sh
            2$ sudo hostname outside
        ` },
        { script: '1$ sudo hostname outside' },
    ],
};
