// A root that may write where its user may not, and is that user for everybody outside.

import { uidInside } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Scene} Scene */

/** The shells in user namespaces other than that of boot. */
const inside = (/** @type {Scene} */ { shells, boot }) => shells.filter(({ ns }) => ns.user !== boot.user);

/** Those of them that are root there. PID 1 of the machine has all capabilities that there are. */
const roots = (/** @type {Scene} */ scene) => inside(scene).filter((shell) =>
    uidInside(shell) === 0 && shell.capabilities.effective === scene.processes[0].capabilities.effective);

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'root-and-not',
    chapter: 'step07-user',
    minutes: 4,
    title: { en: 'Root, and not root', ko: 'root이면서 root가 아닌 사용자' },
    task: {
        en: `Become root without help from the real one: have a shell that is user 0, with all capabilities, in a user namespace that you created as user 1000.

Then let this root leave a proof. The directory \`/home/learner/closed\` is yours, but its mode, 555, lets nobody write there, except root. Create the file \`proof\` in it, and leave the mode of the directory as it is. Outside, the file belongs to whoever its creator really is.`,
        ko: `진짜 root의 도움 없이 root가 되세요. 사용자 1000으로서 만든 user namespace 안에, 사용자 0이고 capability를 모두 가진 셸이 있어야 합니다.

이어서 그 root의 증거를 남기세요. 디렉터리 \`/home/learner/closed\`는 여러분의 것이지만, 모드가 555라서 root 말고는 아무도 거기에 쓸 수 없습니다. 디렉터리의 모드는 그대로 두고 그 안에 파일 \`proof\`를 만드세요. 그 root가 사실은 누구인지는 밖에서 본 파일의 소유자가 알려 줍니다.`,
    },
    prepare: ['mkdir -m 555 /home/learner/closed; chown 1000:1000 /home/learner/closed'],
    goal: [
        {
            says: { en: 'a shell is user 0 of a user namespace other than that of boot, and has all capabilities there', ko: '부팅할 때의 것이 아닌 user namespace에서 셸이 사용자 0이고 capability를 모두 가지고 있다' },
            now: (scene) => roots(scene).length > 0,
        },
        {
            says: { en: 'outside, this shell is user 1000, who also created the user namespace', ko: '그 셸은 밖에서 사용자 1000이고, user namespace를 만든 것도 사용자 1000이다' },
            now: (scene) => {
                const shells = roots(scene);
                return (shells.length > 0 ? shells : inside(scene))
                    .some(({ ids, ns }) => ids.uid === 1000 && ids.euid === 1000 && ns.user.creator?.uid === 1000);
            },
        },
        {
            says: { en: 'the file `proof` in `/home/learner/closed` belongs to user 1000, and the mode of the directory has been 555 since before it was created', ko: '`/home/learner/closed` 안의 파일 `proof`는 사용자 1000의 것이고, 디렉터리의 모드는 파일이 만들어지기 전부터 줄곧 555이다' },
            // Whoever changes the mode changes the status later than the contents.
            answer: { to: 'stat -c "%u %a %y|%z" /home/learner/closed; stat -c %u /home/learner/closed/proof 2>/dev/null', is: /^1000 555 (.+)\|\1\n1000\n$/ },
        },
    ],
    hints: [
        { en: 'Any user may create a user namespace. The shell there is user 0 only if you are mapped to 0.', ko: 'user namespace는 누구나 만들 수 있습니다. 다만 여러분이 0으로 매핑되어야 그 안의 셸이 사용자 0이 됩니다.' },
        {
            en: '`unshare --map-root-user` maps user and group. Then the capability to ignore modes works for files that belong to you.',
            ko: '`unshare --map-root-user`는 사용자와 그룹을 모두 매핑합니다. 그러면 여러분의 파일에는 모드를 무시하는 capability가 통합니다.',
        },
    ],
    solution: [
        ['1$ unshare --user --map-root-user bash', { en: 'A shell that is user 0 in its own user namespace, and user 1000 outside.', ko: '자기 user namespace에서는 사용자 0이고 밖에서는 사용자 1000인 셸입니다.' }],
        ['1# touch closed/proof', { en: 'Its capabilities override the mode, because the directory\'s user and group are both mapped. Outside, the new file is user 1000\'s.', ko: '디렉터리의 사용자와 그룹이 모두 매핑되어 있으므로 capability가 모드보다 앞섭니다. 새 파일은 밖에서 보면 사용자 1000의 것입니다.' }],
    ],
    others: [
        `
            2$ unshare -Ur sh
            2# echo it was root > closed/proof
        `,
        // The map, by hand.
        `
            1$ unshare --user bash
            2$ cd /proc/$(lsns -t user -n -o PID | tail -n 1); echo deny > setgroups; echo 0 1000 1 > gid_map; echo 0 1000 1 > uid_map
            1$ exec bash
            1# touch closed/proof
        `,
    ],
    wrong: [
        // Nobody is mapped, so bash has lost its capabilities.
        { fails: 1, script: `
            1$ unshare --user --map-root-user touch closed/proof
            1$ unshare --user bash
        ` },
        { fails: 2, script: `
            1$ unshare --user --map-root-user touch closed/proof
            2$ sudo unshare --user --map-root-user sh
        ` },
        { fails: 3, script: `
            1$ unshare --user --map-root-user bash
            2$ sudo touch closed/proof
        ` },
        { fails: 3, script: `
            1$ unshare --user --map-root-user bash
            1# chmod 755 closed
            1# touch closed/proof
        ` },
        { fails: 3, script: `
            1$ unshare --user --map-root-user bash
            1# chmod 755 closed; touch closed/proof; chmod 555 closed
        ` },
        { script: '1$ sudo touch closed/proof' },
    ],
};
