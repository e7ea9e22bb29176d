// What the page says of a refused call is what the kernel does: in processes with other privileges,
// namespaces, roots and limits, calls are made, and what the picture said of each before is compared.

import assert from 'node:assert/strict';
import { fingerprintOf } from '../kernel/fingerprint.js';
import { History, withoutPage } from '../kernel/history.js';
import { takePicture } from '../kernel/picture.js';
import { refusedIn } from '../view/refused-line.js';
import { findProcess } from '../view/refused-process.js';
import { factsOf, isKnown } from '../view/refusals.js';
import { ask, emulator, first, machine, test } from './harness.mjs';
import { until } from './kernel.mjs';

const fingerprint = fingerprintOf(machine.kernel);
const history = new History();

/** Keeps, as a page does, what has been seen while something goes on; returns its result. */
async function watched(work) {
    let [mark, goesOn] = [undefined, true];
    const look = () => {
        const { mem8 } = emulator.v86.cpu;
        const now = fingerprint(mem8);
        const taken = now !== mark && takePicture(mem8, machine.kernel);
        if (taken) {
            history.add(withoutPage(taken), Date.now());
            mark = now;
        }
    };
    const looking = (async () => {
        while (goesOn) {
            look();
            await new Promise((resolve) => setTimeout(resolve));
        }
    })();
    const result = await work();
    look();
    goesOn = false;
    await looking;
    return result;
}

/** Runs a command that is refused something; returns what the page would say of it. */
async function refusal(command, prompt = '$') {
    await watched(() => {});
    const since = history.entries.at(-1).number;
    const lines = await watched(() => first.run(command));
    const refused = lines.map(refusedIn).filter((it) => it && isKnown(it)).at(-1);
    assert.ok(refused, `nothing is refused: ${lines.join('\n')}`);
    const found = findProcess(history.entries, { program: refused.program, terminal: 0, since, command: `${prompt} ${command}` });
    const before = JSON.parse(history.entries.find(({ number }) => number === since).picture);
    return { refused, found, facts: found && factsOf(refused, found.picture, found.process, before), lines };
}

const failed = (facts) => facts.filter(({ verdict }) => verdict === 'not met');

await test('a line that says what was refused is known, whoever wrote it, and no other', () => {
    for (const [line, program, call, about, errno] of [
        ['step05-unshare: unshare(CLONE_NEWPID): EPERM: Operation not permitted', 'step05-unshare', 'unshare', 'CLONE_NEWPID', 'EPERM'],
        ['step16-container: outer: clone(CLONE_NEWUTS | CLONE_NEWUSER): ENOSPC: No space left on device', 'step16-container', 'clone', 'CLONE_NEWUTS | CLONE_NEWUSER', 'ENOSPC'],
        ['step03-uts: sethostname("a) <b>: EPERM"): EPERM: Operation not permitted', 'step03-uts', 'sethostname', '"a) <b>: EPERM"', 'EPERM'],
        ['unshare: unshare failed: No space left on device', 'unshare', 'unshare', undefined, 'ENOSPC'],
        ['unshare: unshare(0x4000000): Operation not permitted', 'unshare', 'unshare', '0x4000000', 'EPERM'],
        ['unshare: write failed /proc/self/uid_map: Operation not permitted', 'unshare', 'write', '/proc/self/uid_map', 'EPERM'],
        ["nsenter: reassociate to namespace 'ns/uts' failed: Operation not permitted", 'nsenter', 'setns', 'ns/uts', 'EPERM'],
        ['nsenter: cannot open /proc/1/ns/uts: Permission denied', 'nsenter', 'open', '/proc/1/ns/uts', 'EACCES'],
        ['bash: line 1: /proc/self/uid_map: Permission denied', 'bash', 'open', '/proc/self/uid_map', 'EACCES'],
        ['bash: fork: retry: Resource temporarily unavailable', 'bash', 'fork', undefined, 'EAGAIN'],
        ['sh: 0: Cannot fork', 'sh', 'fork', undefined, undefined],
        ['mount: /mnt: must be superuser to use mount.', 'mount', 'mount', undefined, 'EPERM'],
        ['umount: /proc: not mounted.', 'umount', 'umount', '/proc', 'EINVAL'],
        ['RTNETLINK answers: Operation not permitted', 'ip', 'rtnetlink', undefined, 'EPERM'],
    ]) {
        const refused = refusedIn(line);
        assert.deepEqual(refused, { program, call, ...(about ? { about } : {}), ...(errno ? { errno } : {}) }, line);
        assert.ok(isKnown(refused), line);
    }
    for (const line of ['below:    mount(proc, /proc): EPERM: Operation not permitted', '<b>x</b>: unshare(CLONE_NEWUTS): EPERM: Operation not permitted',
        'cat: /etc/shadow: Permission denied', 'step05-unshare: execve(/etc): EACCES: Permission denied', 'step04-setns: setns(/etc/passwd): EINVAL: Invalid argument',
        'step05-unshare: constructor(x): EPERM: Operation not permitted',
        'step12-ipc-time-cgroup: write(pipe): EPERM: Operation not permitted', 'step05-unshare: unshare(CLONE_NEWUTS): EINVAL: Invalid argument']) {
        const refused = refusedIn(line);
        assert.ok(!refused || !isKnown(refused), line);
    }
});

/** Commands, and the calls in them that may be refused. Each undoes what it has done. */
const COMMANDS = {
    'unshare -u true': [{ call: 'unshare', about: 'CLONE_NEWUTS', errno: 'EPERM' }],
    'unshare -U true': [{ call: 'unshare', about: 'CLONE_NEWUSER', errno: 'EPERM' }],
    'unshare -Uu true': [{ call: 'unshare', about: 'CLONE_NEWUSER | CLONE_NEWUTS', errno: 'EPERM' }],
    'busybox hostname "$(hostname)"': [{ call: 'sethostname', errno: 'EPERM' }],
    'mount -t tmpfs tmpfs /mnt && umount /mnt': [{ call: 'mount', about: 'tmpfs, /mnt', errno: 'EPERM' }],
    'mount -t proc proc /mnt && umount /mnt': [{ call: 'mount', about: 'proc, /mnt', errno: 'EPERM' }],
    'mount -t sysfs sysfs /mnt && umount /mnt': [{ call: 'mount', about: 'sysfs, /mnt', errno: 'EPERM' }],
    'busybox chroot / true': [{ call: 'chroot', errno: 'EPERM' }],
    'nsenter -t 1 -u true': [{ call: 'open', about: '/proc/1/ns/uts', errno: 'EACCES' }, { call: 'setns', about: '/proc/1/ns/uts', errno: 'EPERM' }],
    'setpriv --clear-groups true': [{ call: 'setgroups', errno: 'EPERM' }],
    'capsh --drop=cap_chown -- -c true': [{ call: 'prctl', about: 'PR_CAPBSET_DROP, CAP_CHOWN', errno: 'EPERM' }],
    'ip link add dummy9 type dummy && ip link del dummy9': [{ call: 'rtnetlink', errno: 'EPERM' }],
    'read now </proc/sys/user/max_time_namespaces; (echo $now >/proc/sys/user/max_time_namespaces)': [{ call: 'open', about: '/proc/sys/user/max_time_namespaces', errno: 'EACCES' }],
    'mkdir /sys/fs/cgroup/here && rmdir /sys/fs/cgroup/here': [{ call: 'mkdir', about: '/sys/fs/cgroup/here', errno: 'EACCES' }],
};

/** What starts a program in another state, and commands of which the page does not know, as it says. */
const STATES = {
    'an ordinary user': { start: '' },
    root: { start: 'sudo' },
    'root without CAP_SYS_ADMIN': { start: 'sudo setpriv --bounding-set -sys_admin' },
    'root of a user namespace': { start: 'unshare -Ur', unknown: ['mkdir /sys/fs/cgroup/here && rmdir /sys/fs/cgroup/here'] },
    'nobody in a user namespace': { start: 'unshare -U' },
    'root of a mount namespace': { start: 'unshare -Urm', unknown: ['mkdir /sys/fs/cgroup/here && rmdir /sys/fs/cgroup/here', 'nsenter -t 1 -u true'] },
    'root of PID and network namespaces': { start: 'unshare -Urmnpf', unknown: ['mkdir /sys/fs/cgroup/here && rmdir /sys/fs/cgroup/here', 'nsenter -t 1 -u true'] },
    'a chroot': { start: 'sudo unshare -m sh /run/chroot.sh' },
};

await test('calls are refused where the page says what is not met, and nowhere else', async () => {
    const script = ['echo begun; read go', ...Object.keys(COMMANDS).map((command) => `( ${command} ) >/dev/null 2>&1; echo status $?`)];
    await ask(`printf '%s\\n' ${script.map((line) => `'${line}'`).join(' ')} >/run/calls.sh`);
    await ask(`printf '%s\\n' 'mount --rbind / /mnt' 'exec busybox chroot /mnt /bin/sh /run/calls.sh' >/run/chroot.sh`);
    const seen = new Set();
    for (const [state, { start, unknown = [] }] of Object.entries(STATES)) {
        await first.start(`${start} sh /run/calls.sh`, /(begun)\r*\n/);
        const { picture, process } = await until((picture) => {
            const process = picture.processes.findLast(({ comm, terminal }) => comm === 'sh' && terminal === 'ttyS0');
            return process?.state === 'S' && { picture, process };
        });
        first.line.type('\r');
        const statuses = (await first.prompt()).filter((line) => line.startsWith('status')).map((line) => Number(line.split(' ')[1]));
        for (const [index, [command, calls]] of Object.entries(COMMANDS).entries()) {
            const facts = calls.flatMap((refused) => factsOf(refused, picture, process));
            const isRefused = statuses[index] !== 0;
            const isExplained = failed(facts).length > 0;
            const told = facts.map(({ text, why, verdict }) => `${verdict}: ${text} ${why ?? ''}`).join('\n');
            assert.equal(isExplained, isRefused && !unknown.includes(command), `${state}: ${command} ends with ${statuses[index]}\n${told}`);
            facts.forEach(({ text, verdict }) => seen.add(`${verdict}: ${text.replace(/\S+:\[\d+\]( [A-Z]+| \(initial\))|\d+/g, '…')}`));
        }
    }
    await ask('rm /run/calls.sh /run/chroot.sh');
    // Otherwise something that is always so would be taken for right.
    for (const fact of ['For a new user namespace, its effective uid (…, as the kernel holds it) must be mapped in ….',
        'For a new user namespace, its root directory must be that of its mount namespace (no chroot).',
        ...['ADMIN', 'CHROOT', 'RESOURCE'].map((name) => `It needs CAP_SYS_${name} in its own user namespace, ….`),
        ...['SETGID', 'SETPCAP', 'DAC_OVERRIDE'].map((name) => `It needs CAP_${name} in its own user namespace, ….`),
        ...['SYS', 'NET'].map((name) => `It needs CAP_${name}_ADMIN in …, the owner of ….`),
        'To look into init … it needs CAP_SYS_PTRACE in …, or the same user, group and user namespace, and no fewer capabilities.']) {
        assert.deepEqual(['met', 'not met'].filter((verdict) => !seen.has(`${verdict}: ${fact}`)), [], fact);
    }
});

await test('a step and util-linux that are refused are found alive, and what they lack is told', async () => {
    for (const command of ['step05-unshare -u true', 'unshare -u true']) {
        const { refused, found, facts } = await refusal(command);
        assert.deepEqual([found?.process.comm, found?.isShell, found?.several], [refused.program, false, 1]);
        assert.deepEqual(failed(facts).map(({ text, why }) => text + why.split('.')[0]),
            ['It needs CAP_SYS_ADMIN in its own user namespace, user:[4026531837] (initial).Effective there: none']);
    }
});

/** The process of a name that was started last, and its picture, when it waits. */
const waiting = (comm) => until((picture) => {
    const process = picture.processes.findLast((it) => it.comm === comm && it.terminal === 'ttyS0' && it.state === 'S');
    return process && { picture, process };
});

await test('a program that gets no privileges for no_new_privs is told so', async () => {
    const { found, facts } = await refusal('setpriv --no-new-privs sudo true');
    assert.equal(found.process.comm, 'su');
    assert.deepEqual(facts.map(({ verdict }) => verdict), ['not met', 'unknown']);
    // For who has not set it, sudo is root's.
    assert.deepEqual(await first.run('sudo id -u'), ['0']);
    const { picture, process } = await until((picture) => ({ picture, process: picture.processes.findLast(({ comm }) => comm === 'bash') }));
    assert.equal(factsOf({ call: 'execve', errno: 'EPERM' }, picture, process)[0].verdict, 'met');
});

await test('a limit of namespaces that is reached is told with its use, also where it is of a namespace above', async () => {
    const said = (await ask('cd /proc/sys/user && grep . max_*_namespaces')).split('\n').map((line) => line.match(/^max_(\w+)_namespaces:(\d+)$/).slice(1));
    const { namespaces } = await until((picture) => picture);
    assert.deepEqual(namespaces.find(({ kind, level }) => kind === 'user' && level === 0).limits, Object.fromEntries(said.map(([kind, limit]) => [kind, Number(limit)])));
    const { facts, found } = await refusal("unshare -r sh -c 'echo 0 >/proc/sys/user/max_uts_namespaces; step03-uts helo'");
    assert.equal(found.process.comm, 'step03-uts');
    assert.deepEqual(failed(facts).map(({ text, why }) => [text.replace(/user:\[\d+\] [A-Z]+/, '…'), why]),
        [['User 1000 must have fewer uts namespaces in … than its user.max_uts_namespaces.', '0 of 0.']]);
    assert.ok(facts.some(({ text, why, verdict }) => verdict === 'met' && text.includes('(initial)') && /^\d+ of \d{2,}\.$/.test(why)), JSON.stringify(facts));

    await first.start("unshare -r sh -c 'echo 1 >/proc/sys/user/max_uts_namespaces; echo begun; read go; unshare -u unshare -r unshare -u true; echo status $?; unshare -u true; echo status $?'", /(begun)\r*\n/);
    const { picture, process } = await waiting('sh');
    assert.deepEqual(failed(factsOf({ call: 'clone', about: 'CLONE_NEWUTS', errno: 'ENOSPC' }, picture, process)), []);
    const inner = await watched(async () => {
        first.line.type('\r');
        return first.prompt();
    });
    assert.deepEqual(inner.filter((line) => line.startsWith('status')), ['status 1', 'status 0']);
    // The innermost was refused in a user namespace whose own limit was not reached.
    const { facts: outer } = await refusal("unshare -r sh -c 'echo 1 >/proc/sys/user/max_uts_namespaces; unshare -u unshare -r step03-uts helo'");
    assert.deepEqual(failed(outer).map(({ why }) => why), ['1 of 1.']);
});

await test('a full cgroup is told with its use, and what it has refused since the line was entered', async () => {
    await ask('(cd /sys/fs/cgroup && mkdir -p full/inner && echo +pids >full/cgroup.subtree_control && echo 3 >full/pids.max && echo max >full/inner/pids.max)');
    const { facts, refused } = await refusal("sudo sh -c 'echo 0 >/sys/fs/cgroup/full/inner/cgroup.procs; sleep 1000 & sleep 1000 & step03-uts helo'");
    assert.equal(refused.call, 'fork');
    assert.deepEqual(failed(facts).map(({ text }) => text), ['Cgroup /full must have fewer processes than its pids.max.', 'Its pids.max, or one above it, must not have refused a process.']);
    assert.match(failed(facts)[1].why, /: [1-9]\.$/);
    await ask('echo 1 >/sys/fs/cgroup/full/cgroup.kill');
    await first.start("sudo sh -c 'echo 0 >/sys/fs/cgroup/full/inner/cgroup.procs; echo begun; read go; (true) && echo status $?'", /(begun)\r*\n/);
    const { picture, process } = await waiting('sh');
    assert.deepEqual(failed(factsOf({ call: 'fork', errno: 'EAGAIN' }, picture, process, picture)), []);
    first.line.type('\r');
    assert.deepEqual((await first.prompt()).filter((line) => line.startsWith('status')), ['status 0']);
    await until(({ cgroups }) => cgroups.every(({ path, pids }) => !path.startsWith('/full') || pids.current === 0));
    await ask('rmdir /sys/fs/cgroup/full/inner /sys/fs/cgroup/full');
});

await test('who made a user namespace may enter it, and nobody else from outside; a map is written once', async () => {
    await ask('(setpriv --reuid 1001 --clear-groups unshare -Uu sleep 1000 >/dev/null 2>&1 & echo $! >/run/other)');
    const other = Number(await ask('cat /run/other'));
    const enter = ['user', 'uts'].map((kind) => `for pid in $! ${other}; do nsenter --preserve-credentials --${kind}=/proc/$pid/ns/${kind} true 2>/dev/null; echo status $?; done`).join('; ');
    const write = '(echo 0 1000 1 >/proc/$!/uid_map) 2>/dev/null; echo status $?';
    await first.start(`sh -c 'unshare -Uu sleep 1000 & echo my PID is $!; read go; ${enter}; ${write}; echo begun; read go; ${write}; kill $!'`, /my PID is (\d+)\r*\n/);
    const sleeping = (picture) => {
        const process = picture.processes.findLast(({ comm, terminal, state }) => comm === 'sh' && terminal === 'ttyS0' && state === 'S');
        const own = picture.processes.find(({ comm, parent, namespaces }) => comm === 'sleep' && parent === process?.pid && namespaces.uts !== process.namespaces.uts);
        const isThere = picture.processes.some(({ comm, pid }) => comm === 'sleep' && pid === other);
        return own && isThere && { picture, process, own: own.pid };
    };
    const { picture, process, own } = await until(sleeping);
    const says = (refused) => failed(factsOf({ errno: 'EPERM', ...refused }, picture, process)).length === 0;
    const entering = ['user', 'uts'].flatMap((kind) => [own, other].map((pid) => says({ call: 'setns', about: `/proc/${pid}/ns/${kind}` })));
    const writing = ({ picture, process }) => factsOf({ call: 'write', about: `/proc/${own}/uid_map`, errno: 'EPERM' }, picture, process).map(({ verdict }) => verdict);
    // Its own user needs no capability above.
    assert.deepEqual(writing({ picture, process }), ['met', 'met', 'met', 'not met']);
    first.line.type('\r');
    const statuses = (await first.line.until(/(?=begun\r*\n)/)).match(/(?<=status )\d+/g).map((status) => status === '0');
    assert.deepEqual(entering, [true, false, false, false]);
    assert.deepEqual(statuses, [...entering, true]);
    assert.deepEqual(writing(await until(sleeping)), ['not met', 'met', 'met', 'not met']);
    first.line.type('\r');
    assert.deepEqual((await first.prompt()).filter((line) => line.startsWith('status')), ['status 1']);
    await ask(`kill ${other}; rm /run/other`);
});

await test('what is locked in a mount namespace is told where it cannot be unmounted', async () => {
    const [locked, own] = [await refusal("unshare -Urm sh -c 'umount /proc'"), await refusal("unshare -Urm sh -c 'umount /mnt'")];
    assert.deepEqual(failed(locked.facts).map(({ text }) => text), ['What is mounted at /proc must not be locked, as what came from a more privileged mount namespace is.']);
    assert.deepEqual(failed(own.facts).map(({ text }) => text), ['Something must be mounted at /mnt.']);
    await first.start("unshare -Urm sh -c 'mount -t tmpfs tmpfs /mnt; echo begun; read go; umount /mnt; echo status $?'", /(begun)\r*\n/);
    const { picture, process } = await waiting('sh');
    assert.deepEqual(factsOf({ call: 'umount', about: '/mnt', errno: 'EINVAL' }, picture, process).map(({ verdict }) => verdict), ['met']);
    first.line.type('\r');
    assert.deepEqual((await first.prompt()).filter((line) => line.startsWith('status')), ['status 0']);
});
