// A process for which the machine was booted a year ago.

import { ofOneProcess } from '../judge/scene.js';

/** In seconds. */
const YEAR = 365 * 24 * 60 * 60;

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'booted-a-year-ago',
    chapter: 'step12-ipc-time-cgroup',
    minutes: 4,
    title: { en: 'Booted a year ago', ko: '1년 전에 켠 컴퓨터' },
    task: {
        en: 'Run a process for which the machine was booted at least a year (365 days) ago: in there, `/proc/uptime` begins with a number that is that large.\n\nIts `CLOCK_MONOTONIC` is to be that of the machine. The process has to stay, so let it wait.',
        ko: '컴퓨터를 켠 지 1년(365일) 이상 지난 줄 아는 프로세스를 실행하세요. 그 프로세스가 읽는 `/proc/uptime`의 첫 번째 수가 그만큼 커야 합니다.\n\n`CLOCK_MONOTONIC`은 컴퓨터의 것과 같아야 합니다. 프로세스가 바로 끝나지 않고 남아 있게 하세요.',
    },
    goal: ofOneProcess([
        {
            says: { en: 'a process is in a time namespace whose `boottime` is at least 31536000 s (365 days) ahead', ko: '어떤 프로세스가 `boottime`이 31536000초(365일) 이상 앞선 time namespace에 있다' },
            of: ({ ns }) => (ns.time.offsets?.boottime ?? 0) >= YEAR,
        },
        {
            says: { en: '`monotonic` has no offset there', ko: '거기서 `monotonic`의 오프셋은 0이다' },
            of: ({ ns }) => ns.time.offsets?.monotonic === 0,
        },
    ]),
    hints: [
        { en: 'Setting the date does not help: it changes the time of day, for everybody. A time namespace adds an offset to each of two other clocks.', ko: '날짜를 바꾸는 것은 도움이 되지 않습니다. 모두가 보는 현재 시각이 바뀔 뿐입니다. time namespace는 다른 두 시계에 오프셋을 하나씩 더합니다.' },
        { en: '`unshare --time --boottime SECONDS` sets one of the offsets. Only a child is in the new time namespace, so `--fork`, too.', ko: '`unshare --time --boottime 초`로 두 오프셋 가운데 하나를 정합니다. 새 time namespace에는 자식만 들어가므로 `--fork`도 필요합니다.' },
    ],
    solution: [
        ['1$ unshare --map-root-user --time --fork --boottime 31536000 sleep 1000', { en: '`unshare` creates a time namespace, and sets its offset before anybody is in there. Then its child enters and becomes `sleep`.', ko: '`unshare`는 time namespace를 만들고, 아직 아무도 없을 때 오프셋을 정합니다. 그다음 자식이 거기로 들어가 `sleep`이 됩니다.' }],
    ],
    others: [
        // The shell's next child is the first process in there.
        `
            1$ unshare --map-root-user --time bash
            1# echo boottime 40000000 0 >/proc/self/timens_offsets
            1# sleep 1000
        `,
        '2$ sudo unshare -Tf --boottime 315360000 sh',
    ],
    wrong: [
        // Without --fork, nobody is in the time namespace.
        { fails: 1, script: '1$ unshare -rT --boottime 31536000 sleep 1000' },
        // Days instead of seconds.
        { fails: 1, script: '1$ unshare -rTf --boottime 365 sleep 1000' },
        { fails: 2, script: '1$ unshare -rTf --monotonic 31536000 --boottime 31536000 sleep 1000' },
        // It has ended.
        { fails: 1, script: '1$ unshare -rTf --boottime 31536000 cat /proc/uptime' },
        { fails: 1, script: '1$ sudo date -s @1700000000' },
    ],
};
