// A repair: zombies whose parent never asks, and a service beside them that has to go on.

import { stillIn } from '../judge/scene.js';

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'zombies',
    chapter: 'step08-pid',
    minutes: 5,
    title: { en: 'Five zombies', ko: '좀비 다섯' },
    task: {
        en: `In a PID namespace, \`first\` is PID 1, and reaps every child of its own that ends. And yet there are five zombies, named \`order\`.

Get rid of them. The service \`web\`, in the same PID namespace, must go on without a break.`,
        ko: `어떤 PID namespace에서 \`first\`가 PID 1이고, 끝난 자식은 빠짐없이 거둡니다. 그런데도 그곳에 \`order\`라는 좀비가 다섯 있습니다.

좀비를 모두 없애세요. 같은 PID namespace에 있는 서비스 \`web\`은 중단되면 안 됩니다.`,
    },
    prepare: [
        'cd /run; ln -s /usr/bin/sleep web; ln -s /usr/bin/sleep manager; ln -s /usr/bin/cat order',
        'printf "%s\\n" "#!/bin/sh" "for i in 1 2 3 4 5; do /run/order & done" "exec /run/manager 100000" >/run/orders',
        'printf "%s\\n" "#!/bin/sh" "/run/web 100000 &" "/run/orders &" "wait" >/run/first',
        'chmod +x /run/orders /run/first',
        '(setsid unshare --pid --fork /run/first &)',
    ],
    ready: ({ zombies, named }) => zombies.length === 5 && named('manager').length === 1,
    goal: [
        {
            says: { en: 'none of the zombies is left', ko: '좀비가 하나도 남아 있지 않다' },
            now: ({ zombies }, start) => !zombies.some(({ pid, address }) =>
                start.zombies.some((zombie) => zombie.pid === pid && zombie.address === address)),
        },
        {
            says: { en: '`web` never ends', ko: '`web`은 한 번도 끝나지 않는다' },
            never: (scene, start) => start.named('web').some((web) => !stillIn(scene, web)),
        },
    ],
    hints: [
        { en: 'A zombie has ended already, so no signal removes it. It waits for its parent to reap it: who is that?', ko: '좀비는 이미 끝났으므로 어떤 시그널로도 없앨 수 없습니다. 부모가 거두기를 기다릴 뿐입니다. 부모가 누구일까요?' },
        { en: 'If that parent ends, `first` adopts the zombies, and reaps them. If `first` ends, so does `web`.', ko: '그 부모가 끝나면 `first`가 좀비를 맡아서 거둡니다. `first`가 끝나면 `web`도 끝납니다.' },
    ],
    solution: [
        ['1$ p=$(pidof order | xargs -n 1 | head -n 1); p=$(grep PPid /proc/$p/status | cut -f 2)', { en: 'The parent of one of the zombies.', ko: '좀비 하나의 부모를 찾습니다.' }],
        ['1$ grep Name /proc/$p/status', { en: 'It is not `first` but `manager`, which only sleeps and never asks how its children ended.', ko: '부모는 `first`가 아니라 `manager`입니다. 잠만 자면서 자식이 어떻게 끝났는지 묻지 않습니다.' }],
        ['1$ sudo kill $p', { en: '`manager` ends. PID 1 of its PID namespace, `first`, adopts its children, and reaps them at once.', ko: '`manager`가 끝납니다. 그러면 그 PID namespace의 PID 1인 `first`가 자식들을 맡아 바로 거둡니다.' }],
    ],
    others: [
        '2$ sudo killall manager',
        '2$ sudo nsenter --target $(pidof first) --pid --mount sh -c "mount -t proc proc /proc; killall -9 manager; umount /proc"',
    ],
    wrong: [
        { fails: 1, script: '1$ sudo killall -9 order' },
        { fails: 2, script: '1$ sudo sh -c "killall manager; killall web"' },
        { script: '1$ sudo killall -9 first' },
        // PID 1 does not handle it.
        { fails: 1, script: '1$ sudo killall first' },
    ],
};
