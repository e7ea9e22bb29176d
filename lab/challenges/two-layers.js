// A file of an overlay is changed, and its layers keep what they have.

const MOUNT = 'sudo mount -t overlay overlay -o';

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'two-layers',
    chapter: 'step10-image',
    minutes: 5,
    title: { en: 'Two layers that nobody changes', ko: '아무도 바꾸지 않는 두 레이어' },
    task: {
        en: 'An image has two layers: `/srv/base` has the file `motd`, and `/srv/app` the file `issue`. Mount an overlay at `/srv/merged` that shows the files of both. `/srv/upper` and `/srv/work` are empty directories for it.\n\nThen change `motd` in `/srv/merged`, so that it says `hello`. The layers are to stay as they are.',
        ko: '어떤 이미지에 레이어가 두 개 있습니다. `/srv/base`에는 파일 `motd`가, `/srv/app`에는 파일 `issue`가 있습니다. 둘의 파일을 모두 보여 주는 오버레이를 `/srv/merged`에 마운트하세요. `/srv/upper`와 `/srv/work`는 거기에 쓸 빈 디렉터리입니다.\n\n그런 다음 `/srv/merged`의 `motd`에 `hello`라고 쓰세요. 두 레이어는 그대로 있어야 합니다.',
    },
    prepare: [
        'mkdir -p /srv/base /srv/app /srv/upper /srv/work /srv/merged',
        'echo welcome >/srv/base/motd; echo Linux >/srv/app/issue',
        'chown -R learner:learner /srv',
    ],
    goal: [
        {
            says: { en: 'an overlay is mounted at `/srv/merged`', ko: '`/srv/merged`에 오버레이가 마운트되어 있다' },
            now: ({ processes }) => processes.some(({ ns }) => ns.mnt.list?.some(({ point, type }) => point === '/srv/merged' && type === 'overlay')),
        },
        {
            says: { en: '`/srv/merged` shows both files, and its `motd` says `hello`', ko: '`/srv/merged`에 두 파일이 모두 보이고, 그 `motd`에 `hello`라고 적혀 있다' },
            answer: {
                to: 'grep -s "" /proc/[0-9]*/root/srv/merged/*',
                is: /^(\/proc\/\d+\/)root\/srv\/merged\/issue:Linux\n[^]*^\1root\/srv\/merged\/motd:.*hello/m,
            },
        },
        {
            says: { en: 'the layers `/srv/base` and `/srv/app` are as they were', ko: '레이어 `/srv/base`와 `/srv/app`이 처음 그대로이다' },
            answer: { to: 'grep -rs "" /srv/base; grep -rs "" /srv/app', is: /^\/srv\/base\/motd:welcome\n\/srv\/app\/issue:Linux\n$/ },
        },
        {
            says: { en: 'the changed `motd` is in `/srv/upper`', ko: '바뀐 `motd`가 `/srv/upper`에 있다' },
            answer: { to: 'grep -s hello /srv/upper/motd', is: /hello/ },
        },
    ],
    hints: [
        { en: 'The options of an overlay name its directories: `lowerdir=A:B` those that are only read, the highest first, `upperdir=` the one for changes, and `workdir=`.', ko: '오버레이의 옵션에 디렉터리를 적습니다. `lowerdir=A:B`에는 읽기만 할 디렉터리를 위에서 아래의 순서로, `upperdir=`에는 바뀐 것을 둘 디렉터리를 적고, `workdir=`도 적습니다.' },
        { en: '`sudo mount -t overlay overlay -o lowerdir=/srv/app:/srv/base,upperdir=…,workdir=… /srv/merged`', ko: '`sudo mount -t overlay overlay -o lowerdir=/srv/app:/srv/base,upperdir=…,workdir=… /srv/merged`' },
    ],
    solution: [
        [`1$ ${MOUNT} lowerdir=/srv/app:/srv/base,upperdir=/srv/upper,workdir=/srv/work /srv/merged`, { en: 'The overlay shows `upper` above `app` above `base`.', ko: '오버레이는 `upper`, `app`, `base`를 이 순서로 겹쳐서 보여 줍니다.' }],
        ['1$ echo hello >/srv/merged/motd', { en: '`motd` is in a lower directory, so the kernel first makes a file of this name in `upper`, and the text goes there.', ko: '`motd`는 아래 디렉터리에 있습니다. 그래서 커널은 먼저 `upper`에 같은 이름의 파일을 만들고, 글은 거기에 적힙니다.' }],
    ],
    others: [`
        1$ unshare --map-root-user --mount bash
        1# mount -t overlay none -o lowerdir=/srv/base:/srv/app,upperdir=/srv/upper,workdir=/srv/work,userxattr /srv/merged
        1# echo hello >>/srv/merged/motd
    `],
    wrong: [
        // Copies by hand.
        { fails: 1, script: '1$ cp /srv/app/issue /srv/merged; echo hello >/srv/merged/motd; echo hello >/srv/upper/motd' },
        {
            fails: 2,
            script: `
                1$ ${MOUNT} lowerdir=/srv/base,upperdir=/srv/upper,workdir=/srv/work /srv/merged
                1$ echo hello >/srv/merged/motd
            `,
        },
        {
            fails: 3,
            script: `
                1$ ${MOUNT} lowerdir=/srv/app:/srv/base,upperdir=/srv/upper,workdir=/srv/work /srv/merged
                1$ echo hello | tee /srv/merged/motd >/srv/base/motd
            `,
        },
        {
            fails: 4,
            script: `
                1$ mkdir /tmp/upper /tmp/work
                1$ ${MOUNT} lowerdir=/srv/app:/srv/base,upperdir=/tmp/upper,workdir=/tmp/work /srv/merged
                1$ echo hello >/srv/merged/motd
            `,
        },
        // Nothing can be written to an overlay without an upper directory.
        {
            script: `
                1$ ${MOUNT} lowerdir=/srv/app:/srv/base /srv/merged
                1$ echo hello >/srv/merged/motd
            `,
        },
    ],
};
