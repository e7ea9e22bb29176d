// The hostname of boot, which was changed by mistake, made what a process elsewhere still sees.

import { isSame } from '../judge/scene.js';

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'lost-name',
    chapter: 'step04-setns',
    minutes: 4,
    title: { en: 'The name that was lost', ko: '잃어버린 이름' },
    task: {
        en: `Somebody has renamed this machine by mistake: it is called \`broken\` now, and \`/etc/hostname\` says so, too. Nobody remembers the right name.

But a process called \`backup\` runs in a UTS namespace of its own, which still has it. Give the machine this name back. \`backup\` and its namespace are to stay as they are.`,
        ko: `누군가 실수로 이 컴퓨터의 이름을 바꾸었습니다. 지금 이름은 \`broken\`이고, \`/etc/hostname\`에도 그렇게 적혀 있습니다. 원래 이름을 기억하는 사람은 없습니다.

다행히 \`backup\`이라는 프로세스의 UTS namespace에는 원래 이름이 남아 있습니다. 컴퓨터에 그 이름을 되찾아 주세요. \`backup\`과 그 namespace는 그대로 두어야 합니다.`,
    },
    isHidden: true,
    prepare: [
        'ln -s /usr/bin/sleep /run/backup',
        '(unshare --uts sh -c "hostname quiet-harbor; exec setsid /run/backup 100000" &)',
        'hostname broken; echo broken >/etc/hostname; until pidof backup; do :; done',
    ],
    goal: [
        {
            says: { en: 'the hostname of boot is the one that `backup` had at the beginning', ko: '부팅 때의 UTS namespace에 있는 호스트 이름이 처음에 `backup`이 보던 이름과 같다' },
            now: ({ boot }, start) => start.named('backup').some(({ ns }) => ns.uts.nodename === boot.uts.nodename),
        },
        {
            says: {
                en: '`backup` goes on, in its own UTS namespace, whose hostname never changes',
                ko: '`backup`은 끝나지 않고 자기 UTS namespace에 그대로 있으며, 그 호스트 이름은 한 번도 바뀌지 않는다',
            },
            never: ({ processes }, start) => start.named('backup').some(({ pid, ns }) => !processes.some((process) =>
                process.pid === pid && isSame(process.ns.uts, ns.uts) && process.ns.uts.nodename === ns.uts.nodename)),
        },
    ],
    hints: [
        {
            en: '`hostname` prints the name in the UTS namespace that it runs in. So run it in the one of `backup`.',
            ko: '`hostname`은 자기가 실행되는 UTS namespace의 이름을 출력합니다. 그러니 `backup`의 UTS namespace에서 실행해 보세요.',
        },
        {
            en: '`pidof backup` prints its PID, and `sudo nsenter --target PID --uts` enters its UTS namespace.',
            ko: '`pidof backup`은 그 PID를 출력하고, `sudo nsenter --target PID --uts`는 그 UTS namespace에 들어갑니다.',
        },
    ],
    solution: [
        ['1$ sudo nsenter --target $(pidof backup) --uts hostname', {
            en: '`hostname` runs in the UTS namespace of `backup`, and prints the name there: `quiet-harbor`. Root may enter, as the namespace is owned by the user namespace of boot.',
            ko: '`hostname`이 `backup`의 UTS namespace에서 실행되어 그곳의 이름 `quiet-harbor`를 출력합니다. 이 namespace는 부팅 때의 user namespace가 소유하므로 root가 들어갈 수 있습니다.',
        }],
        ['1$ sudo hostname quiet-harbor', {
            en: 'This one runs in the UTS namespace of boot, so it gives the machine its name back.',
            ko: '이번에는 부팅 때의 UTS namespace에서 실행되므로 컴퓨터의 이름이 돌아옵니다.',
        }],
    ],
    others: [`
        2$ sudo sh
        2# hostname $(step04-setns --target $(pidof backup) -- hostname | tail -1)
    `, `
        1$ sudo nsenter --target $(pidof backup) --uts sh
        1# name=$(hostname)
        1# nsenter --target 1 --uts hostname $name
    `],
    wrong: [
        // The name that the book's machine has on other pages.
        { fails: 1, script: '1$ sudo hostname goldilocks-web' },
        // Now both names are wrong.
        { script: '1$ sudo nsenter --target $(pidof backup) --uts hostname broken' },
        { fails: 2, script: `
            1$ sudo sh -c 'pid=$(pidof backup); hostname $(nsenter --target $pid --uts hostname); kill $pid'
        ` },
        { script: '1$ sudo kill $(pidof backup)' },
    ],
};
