// A UTS namespace that outlives its last process, and is entered again.

import { isSame } from '../judge/scene.js';

/** @typedef {import('../judge/scene.js').Scene} Scene */

/** The new UTS namespaces that processes are in. A letter is no key: one that was out of sight gets another. @param {Scene} scene */
const inhabited = ({ processes, boot }) => new Map(processes.map(({ ns: { uts } }) => uts).filter((uts) => !isSame(uts, boot.uts))
    .map((uts) => [`${uts.address} ${uts.inode}`, uts]));

/**
 * Whether somebody is back in a namespace that nobody was in. Another one may have got its address
 * and number, but begins with the hostname of boot, and nothing but its processes refers to it.
 *
 * @param {Scene} scene
 * @param {Map<string, boolean>} known whether somebody is in the namespaces that have been seen
 */
function isBack(scene, known) {
    const now = inhabited(scene);
    const back = [...now].some(([key, uts]) => known.get(key) === false && uts.nodename !== scene.boot.uts.nodename
        && uts.count > scene.processes.filter(({ ns }) => isSame(ns.uts, uts)).length);
    for (const key of [...known.keys(), ...now.keys()]) {
        known.set(key, now.has(key));
    }
    return back;
}

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'outlive-it',
    chapter: 'step04-setns',
    minutes: 6,
    title: { en: 'A namespace with nobody in it', ko: '아무도 없는 namespace' },
    task: {
        en: `Create a UTS namespace, set a hostname in it, and let every process in it end. The namespace is to outlive them: start a process that enters it, and finds the hostname that was set before.

The hostname that the machine booted with is to stay what it is.`,
        ko: `UTS namespace를 만들어 그 안에서 호스트 이름을 정하고, 그 안의 프로세스를 모두 끝내세요. namespace는 그 뒤에도 남아 있어야 합니다. 다시 프로세스 하나를 그 namespace에 들여보내, 앞에서 정한 이름이 남아 있음을 확인하세요.

컴퓨터가 부팅할 때 받은 호스트 이름은 그대로 두어야 합니다.`,
    },
    goal: [
        {
            says: {
                en: 'a process is in a UTS namespace in which there was no process before, and sees the hostname that was set there',
                ko: '한동안 아무 프로세스도 없던 UTS namespace에 다시 프로세스가 들어가, 전에 정한 호스트 이름을 본다',
            },
            inOrder: [() => new Map(), (scene, [known]) => isBack(scene, known)],
        },
        {
            says: { en: 'the hostname of boot never changes', ko: '부팅할 때의 호스트 이름은 한 번도 바뀌지 않는다' },
            never: ({ boot }, start) => boot.uts.nodename !== start.boot.uts.nodename,
        },
    ],
    hints: [
        {
            en: 'A namespace lives as long as something refers to it. What does, if no process is in it?',
            ko: 'namespace는 무언가가 가리키는 동안 살아 있습니다. 안에 프로세스가 없을 때는 무엇이 가리킬 수 있을까요?',
        },
        {
            en: 'A bind mount of its namespace file keeps it, and so does an open file. `unshare --uts=FILE` makes such a mount on a file that exists.',
            ko: 'namespace 파일을 바인드 마운트하거나 열어 두면 namespace가 남습니다. `unshare --uts=파일`은 이미 있는 파일에 그런 마운트를 만듭니다.',
        },
        { en: '`nsenter --uts=FILE` enters the namespace that is mounted on the file.', ko: '`nsenter --uts=파일`은 그 파일에 마운트된 namespace에 들어갑니다.' },
    ],
    solution: [
        ['1$ touch /tmp/kept', { en: 'A bind mount needs a file that it can cover.', ko: '바인드 마운트에는 덮을 파일이 있어야 합니다.' }],
        ['1$ sudo unshare --uts=/tmp/kept hostname kept', {
            en: '`hostname` is the only process in the new UTS namespace, and ends at once. The mount on `/tmp/kept` still refers to the namespace.',
            ko: '새 UTS namespace에는 `hostname`뿐이고, 곧바로 끝납니다. 하지만 `/tmp/kept`의 마운트가 여전히 그 namespace를 가리킵니다.',
        }],
        ['1$ sudo nsenter --uts=/tmp/kept sh', { en: 'A shell enters through the mount. `hostname` prints `kept` there.', ko: '셸이 마운트를 통해 들어갑니다. 그 안에서 `hostname`은 `kept`를 출력합니다.' }],
    ],
    others: [`
        1$ unshare -ru sh
        1# hostname kept; echo $$ >/tmp/pid
        2$ exec 8</proc/$(cat /tmp/pid)/ns/user 9</proc/$(cat /tmp/pid)/ns/uts
        1# exit
        2$ step04-setns /proc/self/fd/8 /proc/self/fd/9 -- hostname
    `, `
        1$ sudo unshare --uts bash
        1# hostname kept; touch /tmp/kept; mount --bind /proc/self/ns/uts /tmp/kept
        1# exit
        1$ sudo nsenter --uts=/tmp/kept hostname
    `],
    wrong: [
        // The second namespace may have the address, the number and the name of the first.
        { fails: 1, script: `
            1$ sudo unshare --uts hostname kept
            1$ sudo unshare --uts hostname kept
            1$ sudo unshare --uts sh -c 'hostname kept; read line'
        ` },
        // A process is in it all the time.
        { fails: 1, script: `
            1$ sudo unshare --uts sh
            1# hostname kept; sleep 1000 & echo $! >/tmp/pid
            1# exit
            1$ sudo nsenter --target $(cat /tmp/pid) --uts hostname
        ` },
        { fails: 2, script: `
            1$ touch /tmp/kept; sudo unshare --uts=/tmp/kept hostname kept
            1$ sudo sh -c 'nsenter --uts=/tmp/kept hostname; hostname kept'
        ` },
    ],
};
