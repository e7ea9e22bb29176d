// Two network namespaces that are connected by a veth pair.

/** Makes two network namespaces without a process, and connects them. */
const CABLE = 'ip netns add a; ip netns add b; ip link add veth up netns a type veth peer name veth netns b; '
    + 'ip -n b link set veth up; ip -n a address add 10.1.0.1/16 dev veth; ip -n b address add 10.1.0.2/16 dev veth';

/** The network namespaces of processes, but for the initial one. @param {import('../judge/scene.js').Scene} scene */
const others = ({ processes, boot }) => [...new Set(processes.map(({ ns }) => ns.net))].filter((it) => it !== boot.net);

/** @type {import('../judge/judge.js').Challenge} */
export default {
    name: 'two-ends',
    chapter: 'step11-net',
    minutes: 10,
    title: { en: 'A cable with two ends', ko: '케이블의 양쪽 끝' },
    task: {
        en: 'Run two processes, each in a network namespace of its own, so that neither is in the initial one. Connect the two namespaces by a veth pair, and switch both ends on.\n\nGive the ends addresses of your choice, such as 10.0.0.1/24 and 10.0.0.2/24, and let `ping` in one namespace reach the other end. The network of the machine is to have no devices but those that it has.',
        ko: '두 프로세스를 저마다 다른 네트워크 namespace에서 실행하세요. 둘 다 초기 namespace가 아니어야 합니다. 두 namespace를 veth 쌍으로 잇고, 양쪽 끝을 모두 켜세요.\n\n양쪽 끝에 10.0.0.1/24와 10.0.0.2/24 같은 주소를 붙이고, 한쪽 namespace에서 `ping`으로 다른 쪽 끝의 응답을 받으세요. 컴퓨터의 네트워크에 새 장치가 남아 있으면 안 됩니다.',
    },
    goal: [
        {
            says: { en: 'two processes are in two network namespaces, neither of them initial, that each have a device besides `lo`, which is up', ko: '두 프로세스가 초기 namespace가 아닌 서로 다른 네트워크 namespace에 있고, 양쪽 모두 `lo` 말고도 켜진 장치가 있다' },
            now: (scene) => others(scene).filter(({ up = [] }) => up.some((name) => name !== 'lo')).length > 1,
        },
        {
            says: { en: 'through such a device, an IPv4 address at the other end has answered', ko: '그런 장치를 통해, 다른 쪽 끝의 IPv4 주소가 응답했다' },
            answer: {
                // A neighbor of whom the kernel has learned the hardware address has the flag 2.
                to: '(set -- /dev/null; for it in /proc/[0-9]*; do [ $it/ns/net -ef /proc/1/ns/net ] || set -- "$@" $it/net/arp; done; grep -hs " 0x2 " "$@")',
                is: / 0x2 /,
            },
        },
        {
            says: { en: 'the initial network namespace has the devices that it had', ko: '초기 네트워크 namespace의 장치는 처음 그대로이다' },
            now: ({ boot }, start) => boot.net.devices?.join() === start.boot.net.devices?.join(),
        },
    ],
    hints: [
        { en: '`ip link add NAME type veth peer name OTHER netns PID` makes a veth pair, and puts the other end into the network namespace of the process with that PID.', ko: '`ip link add 이름 type veth peer name 다른_이름 netns PID`는 veth 쌍을 만들고, 다른 쪽 끝을 그 PID의 프로세스가 있는 네트워크 namespace에 넣습니다.' },
        { en: '`ip` acts in the network namespace that it runs in. `nsenter --net --target PID` runs a command in that of another process.', ko: '`ip`는 자기가 실행되는 네트워크 namespace에서 일합니다. 다른 프로세스의 네트워크 namespace에서 명령을 실행하려면 `nsenter --net --target PID`를 쓰세요.' },
        { en: 'Each end takes `ip address add ADDRESS/24 dev NAME` and `ip link set NAME up`.', ko: '양쪽 끝에서 저마다 `ip address add 주소/24 dev 이름`과 `ip link set 이름 up`을 실행해야 합니다.' },
    ],
    solution: [
        ['1$ sudo unshare --net bash', { en: 'The first network namespace.', ko: '첫 번째 네트워크 namespace입니다.' }],
        ['1# unshare --net sleep 1000 &', { en: 'The second one, kept alive by `sleep`.', ko: '두 번째 네트워크 namespace입니다. `sleep`이 실행되는 동안 유지됩니다.' }],
        ['1# ip link add left up type veth peer name right netns $! && ip address add 10.0.0.1/24 dev left', { en: 'One end of the pair stays here: it is up, and gets an address. The other one goes to the network namespace of `sleep`.', ko: '한쪽 끝은 여기 남습니다. 이것을 켜고 주소를 붙입니다. 다른 쪽 끝은 `sleep`의 네트워크 namespace로 갑니다.' }],
        ['1# nsenter --net --target $! sh -c "ip link set right up; ip address add 10.0.0.2/24 dev right"', { en: 'The same for the other end, in its own network namespace.', ko: '다른 쪽 끝에도 그쪽 네트워크 namespace에서 똑같이 합니다.' }],
        ['1# ping -c 1 10.0.0.2', { en: 'The kernel asks through the cable who has this address. The other end answers.', ko: '커널은 누가 이 주소를 가졌는지 케이블 너머에 묻고, 다른 쪽 끝이 대답합니다.' }],
    ],
    others: [
        `
            1$ sudo sh -c "${CABLE}; ip netns exec b sleep 1000 & ip netns exec a sh"
            1# ping -c 1 10.1.0.2
        `,
        `
            1$ unshare --map-root-user --net bash
            1# unshare --net sleep 1000 &
            1# ip link add eth0 type veth peer name eth0 netns $!
            1# ip address add 10.0.0.1/24 dev eth0; ip link set eth0 up
            1# nsenter --net --target $! sh -c "ifconfig eth0 10.0.0.2; ping -c 1 10.0.0.1"
        `,
    ],
    wrong: [
        // In the second network namespace there is no process.
        {
            fails: 1,
            script: `
                1$ sudo sh -c "${CABLE}; ip netns exec a sh"
                1# ping -c 1 10.1.0.2
            `,
        },
        {
            fails: 2,
            script: `
                1$ sudo unshare --net bash
                1# unshare --net sleep 1000 &
                1# ip link add left up type veth peer name right netns $!
                1# nsenter --net --target $! ip link set right up
            `,
        },
        // Two cables, and a bridge between them in the machine's network.
        {
            fails: 3,
            script: `
                1$ sudo sh -c 'ip link add name br up type bridge; for n in 1 2; do ip netns add $n; ip link add v$n up master br type veth peer name eth netns $n; ip -n $n link set eth up; ip -n $n address add 10.0.0.$n/24 dev eth; done'
                2$ sudo ip netns exec 2 sh
                1$ sudo ip netns exec 1 sh
                1# ping -c 1 10.0.0.2
            `,
        },
        // One end is in the machine's network.
        {
            script: `
                1$ unshare -rn sleep 1000 &
                1$ sudo ip link add left type veth peer name right netns $!
                1$ sudo ifconfig left 10.0.0.1; sudo nsenter -n -t $! ifconfig right 10.0.0.2; sudo ping -c 1 10.0.0.2
            `,
        },
    ],
};
