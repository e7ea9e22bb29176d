// A user namespace with more users than one, and a process that is one of the others.

/** @typedef {import('../judge/scene.js').Process} Process */

/** The users that are lent to the learner, in /etc/subuid. */
const isLent = (/** @type {Process} */ { ids: { uid } }) => uid >= 100_000 && uid < 165_536;

/** Whether a process is in a user namespace of the learner's that maps several users. */
const hasOthers = (/** @type {Process} */ { ns: { user } }) =>
    user.creator?.uid === 1000 && (user.uids ?? []).reduce((sum, { count }) => sum + count, 0) > 1;

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'lent-users',
    chapter: 'step07-user',
    minutes: 6,
    title: { en: 'More users than one', ko: '사용자 하나로는 모자랄 때' },
    task: {
        en: `A container needs more users than its root. As user 1000, create a user namespace that maps several users.

Then run a program in it as one of the users that are lent to you: outside, it is to be neither you nor root. \`/etc/subuid\` says which users these are.`,
        ko: `컨테이너에는 root 말고 다른 사용자도 필요합니다. 사용자 1000으로서 여러 사용자를 매핑하는 user namespace를 만드세요.

그리고 그 안에서, 여러분이 빌린 사용자 가운데 하나로 프로그램을 실행하세요. 밖에서 볼 때 그 프로세스는 여러분도 root도 아니어야 합니다. 어떤 사용자를 빌렸는지는 \`/etc/subuid\`에 있습니다.`,
    },
    goal: [
        {
            says: { en: 'a process is in a user namespace that user 1000 created and that maps more than one user', ko: '사용자 1000이 만들었고 사용자를 둘 이상 매핑하는 user namespace에 프로세스가 있다' },
            now: ({ processes }) => processes.some(hasOthers),
        },
        {
            says: { en: 'a process there is a lent user: outside, its uid is between 100000 and 165535', ko: '그 안의 프로세스 하나는 빌린 사용자다. 곧 밖에서 본 UID가 100000에서 165535 사이다' },
            now: ({ processes }) => {
                const there = processes.filter(hasOthers);
                return (there.length > 0 ? there : processes).some(isLent);
            },
        },
    ],
    hints: [
        { en: 'You may map only yourself. `newuidmap` maps what `/etc/subuid` lends you, and `unshare` can call it: see `unshare --help`.', ko: '여러분이 직접 매핑할 수 있는 것은 자기 자신뿐입니다. `/etc/subuid`가 빌려준 사용자는 `newuidmap`이 매핑합니다. `unshare`가 이 프로그램을 부르게 할 수도 있습니다. `unshare --help`를 보세요.' },
        { en: '`unshare --map-root-user --map-auto` maps you to 0, and the lent users to 1, 2 and so on.', ko: '`unshare --map-root-user --map-auto`는 여러분을 0으로, 빌린 사용자를 1, 2, …로 매핑합니다.' },
        { en: 'Root of the user namespace may become any user that is mapped there: `setpriv --reuid 1` does, and runs a program.', ko: 'user namespace의 root는 그곳에 매핑된 어떤 사용자든 될 수 있습니다. `setpriv --reuid 1`이 그렇게 하고 프로그램을 실행합니다.' },
    ],
    solution: [
        ['1$ unshare --map-root-user --map-auto bash', { en: 'The map has two lines: you are 0, and the lent users follow. `unshare` has called `newuidmap` for it.', ko: '매핑이 두 줄입니다. 여러분이 0이고, 빌린 사용자가 그 뒤를 잇습니다. `unshare`가 `newuidmap`을 불러 이 매핑을 썼습니다.' }],
        ['1# setpriv --reuid 1 --regid 1 --clear-groups sleep 1000', { en: '`sleep` is user 1 in there. Outside, that is user 100000.', ko: '`sleep`은 그 안에서 사용자 1이고, 밖에서는 사용자 100000입니다.' }],
    ],
    others: [
        `
            1$ unshare --user bash
            2$ newuidmap $(lsns -t user -n -o PID | tail -n 1) 0 1000 1 1 100000 65536
            1$ setpriv --reuid 7 sleep 1000
        `,
        // No user but those that are lent: the first of them is root.
        `
            1$ unshare --user bash
            2$ p=$(lsns -t user -n -o PID | tail -n 1); newuidmap $p 0 100000 10; newgidmap $p 0 100000 10; nsenter --target $p --user --setuid 0 --setgid 0 sleep 1000
        `,
    ],
    wrong: [
        // The user is the right one, but root of the machine has made it so, in the user namespace of boot.
        { fails: 1, script: '1$ sudo setpriv --reuid 100001 --regid 100001 --clear-groups sleep 1000' },
        { fails: 2, script: '1$ unshare --map-root-user --map-auto bash' },
        { script: `
            1$ unshare --map-root-user bash
            1# setpriv --reuid 1 --clear-groups sleep 1000
        ` },
        { script: '1$ step07-user range' },
    ],
};
