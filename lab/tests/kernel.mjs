// What is read from the kernel's memory is what the kernel says.

import assert from 'node:assert/strict';
import { takePicture } from '../kernel/picture.js';
import { ask, emulator, first, machine, second, test } from './harness.mjs';

const KINDS = ['user', 'pid', 'mnt', 'uts', 'ipc', 'net', 'time', 'cgroup'];

/** A picture, taken again where the kernel was just changing what it shows. */
export async function picture() {
    for (let tries = 0; tries < 1000; tries += 1) {
        const taken = takePicture(emulator.v86.cpu.mem8, machine.kernel);
        if (taken) {
            return taken;
        }
        await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error('no picture could be taken');
}

/** What holds of a picture, as soon as it does. */
export async function until(holds) {
    for (const begin = performance.now(); performance.now() - begin < 60_000; await new Promise((resolve) => setTimeout(resolve, 20))) {
        const found = holds(await picture());
        if (found) {
            return found;
        }
    }
    throw new Error(`no picture of this: ${holds}`);
}

/**
 * What the kernel says of processes, in its own words: the lines about each, by its pid. One
 * program reads them all, since starting one takes the machine a while.
 */
async function say(pids) {
    const files = (names) => pids.flatMap((pid) => names.map((name) => `/proc/${pid}/${name}`)).join(' ');
    const links = await ask(`stat -c '%N' ${files([...KINDS, 'pid_for_children', 'time_for_children'].map((kind) => `ns/${kind}`))} 2>/dev/null`);
    const contents = await ask(`grep -H '' ${files(['status', 'cgroup', 'uid_map', 'gid_map', 'setgroups', 'timens_offsets'])} 2>/dev/null`);
    const said = new Map(pids.map((pid) => [pid, []]));
    for (const [, pid, kind, target] of links.matchAll(/\/proc\/(\d+)\/ns\/(\w+)' -> '(.*)'/g)) {
        said.get(Number(pid)).push(`ns ${kind} ${target}`);
    }
    for (const [, pid, file, line] of contents.matchAll(/^\/proc\/(\d+)\/(\w+):(.*)$/gm)) {
        const words = line.trim().split(/\s+/);
        said.get(Number(pid)).push(...comparable(file, words));
    }
    return said;
}

/** The parts of a line that a picture has. */
function comparable(file, words) {
    if (file !== 'status') {
        return [[file, ...words].join(' ')];
    }
    const field = words[0].slice(0, -1);
    const lengths = { Name: undefined, State: 2, PPid: 2, Uid: 3, Gid: 3, NSpid: undefined, CapInh: 2, CapPrm: 2, CapEff: 2, CapBnd: 2, CapAmb: 2, // Uid: real, effective
        NoNewPrivs: 2, Seccomp: 2, Seccomp_filters: 2 };
    return field in lengths ? [['status', field, ...words.slice(1, lengths[field])].join(' ')] : [];
}

/** The names in a process's UTS namespace, asked inside. */
const names = (pid) => ask(`nsenter -t ${pid} -u sh -c 'hostname; cat /proc/sys/kernel/domainname'`);

/** What a picture says of a process, as the same lines. */
function lines({ namespaces, cgroups }, process) {
    const of = (address) => namespaces.find((it) => it.address === address);
    const link = (name, address, kind) => (address ? [['ns', name, `${kind}:[${of(address).inode}]`]] : []);
    const { ids: { uid, gid, euid, egid }, capabilities, noNewPrivs, seccomp, forChildren } = process;
    const user = of(process.namespaces.user);
    const map = (name, extents) => extents.map((it) => [name, it.first, it.lower, it.count]);
    const offset = (seconds) => [Math.floor(seconds), Math.round((seconds - Math.floor(seconds)) * 1e9)];
    const offsets = forChildren && of(forChildren.time).offsets;
    return [
        ...KINDS.flatMap((kind) => link(kind, process.namespaces[kind], kind)),
        ...link('pid_for_children', forChildren?.pid, 'pid'), ...link('time_for_children', forChildren?.time, 'time'),
        ['status', 'Name', ...process.comm.split(/\s+/)], ['status', 'State', process.state],
        ['status', 'PPid', process.parent],
        ['status', 'Uid', uid, euid], ['status', 'Gid', gid, egid],
        ['status', 'NSpid', ...process.pids.map(({ pid }) => pid)],
        ...Object.entries({ CapInh: 'inheritable', CapPrm: 'permitted', CapEff: 'effective', CapBnd: 'bset', CapAmb: 'ambient' })
            .map(([name, set]) => ['status', name, capabilities[set].padStart(16, '0')]),
        ['status', 'NoNewPrivs', noNewPrivs ? 1 : 0], ['status', 'Seccomp', seccomp?.mode ?? 0], ['status', 'Seccomp_filters', seccomp?.filters ?? 0],
        ['cgroup', `0::${cgroups.find((it) => it.address === process.cgroup).path}`],
        ...map('uid_map', user.uids), ...map('gid_map', user.gids),
        ['setgroups', user.setgroups ? 'allow' : 'deny'],
        ...(offsets ? [['timens_offsets', 'monotonic', ...offset(offsets.monotonic)], ['timens_offsets', 'boottime', ...offset(offsets.boottime)]] : []),
    ].map((line) => line.join(' '));
}

/** Checks each value of a picture of the machine as it is now. */
export async function isRight() {
    const before = await picture();
    const asked = before.processes.filter(({ comm }) => comm !== 'control');
    const said = await say(asked.map(({ pid }) => pid));
    const { processes } = await picture();
    // A process that has not changed meanwhile.
    const still = asked.filter((one) => processes.some((other) => JSON.stringify(other) === JSON.stringify(one)));
    assert.ok(still.length >= 5, `of ${asked.length} processes ${still.length} stood still`);
    for (const process of still) {
        assert.deepEqual(lines(before, process).sort(), said.get(process.pid).sort(), `process ${process.pid} (${process.comm})`);
    }
    for (const namespace of before.namespaces.filter(({ kind }) => kind === 'uts')) {
        const inside = still.find(({ namespaces: { uts } }) => uts === namespace.address);
        if (inside) {
            assert.equal(`${namespace.nodename}\n${namespace.domainname}`, await names(inside.pid));
        }
    }
    await ownersAreRight(before);
    await contentsAreRight(before, still);
    return before;
}

/** lsns knows which user namespace owns a namespace, and what is above it. */
async function ownersAreRight({ namespaces }) {
    const inode = (address) => namespaces.find((it) => it.address === address)?.inode ?? 0;
    const listed = (await ask('lsns -rno NS,TYPE,PNS,ONS')).split('\n').map((line) => line.split(' '));
    for (const [number, kind, parent, owner] of listed) {
        const found = namespaces.find((it) => it.inode === Number(number));
        if (found) {
            assert.equal(found.kind, kind);
            assert.deepEqual([inode(found.parent), inode(found.owner)], [Number(parent), Number(owner)], `${kind}:[${number}]`);
        }
    }
}

/** The mounts and the network devices of namespaces, asked of a process in each. */
async function contentsAreRight({ namespaces }, processes) {
    for (const namespace of namespaces.filter(({ kind }) => kind === 'mnt' || kind === 'net')) {
        const inside = processes.find((process) => process.namespaces[namespace.kind] === namespace.address);
        if (inside && namespace.kind === 'net') {
            // Two lines of headings, then "NAME: numbers".
            const lines = (await ask(`cat /proc/${inside.pid}/net/dev`)).split('\n').slice(2);
            assert.deepEqual(namespace.devices, lines.map((line) => line.split(':')[0].trim()));
            // "1: NAME: <FLAG,FLAG> …", or "2: NAME@OTHER: …"
            const links = (await ask(`nsenter -t ${inside.pid} -n ip -o link show up`)).split('\n').filter(Boolean);
            assert.deepEqual(namespace.up, links.map((line) => line.split(/[:@] ?/)[1]));
        } else if (inside) {
            // "ID PARENT DEVICE ROOT POINT OPTIONS … - TYPE SOURCE OPTIONS"
            const seen = (await ask(`cat /proc/${inside.pid}/mountinfo`)).split('\n').map((line) => line.split(' '));
            const said = seen.map((words) => ({ point: words[4], type: words[words.indexOf('-') + 1], source: words[words.indexOf('-') + 2] }));
            // The kernel's first root file system, below that of the machine, is out of sight.
            const [below, ...rest] = namespace.list;
            assert.deepEqual([below.point, below.type], ['/', 'rootfs']);
            assert.deepEqual(rest.map(({ point, ...it }) => ({ point: point.replaceAll(' ', '\\040'), ...it })), said, `mounts of process ${inside.pid}`);
            assert.equal(namespace.mounts, seen.length + 1);
        }
    }
}

await test('the kernel\'s memory says what /proc says of a machine that has just been started', isRight);

await test('of each process\'s terminal', async () => {
    const { processes } = await picture();
    const devices = (await ask("stat -c '%n %t %T' /dev/ttyS0 /dev/ttyS1 /dev/ttyS2")).split('\n').map((line) => line.split(' '));
    const names = new Map(devices.map(([name, major, minor]) => [(parseInt(major, 16) << 8) + parseInt(minor, 16), name.replace('/dev/', '')]));
    // PID (NAME) STATE PARENT GROUP SESSION TERMINAL …
    const said = (await ask(`cat ${processes.map(({ pid }) => `/proc/${pid}/stat`).join(' ')}`)).split('\n')
        .map((line) => ({ pid: parseInt(line, 10), terminal: names.get(Number(line.replace(/.*\) /, '').split(' ')[4])) }));
    assert.deepEqual(processes.map(({ pid, terminal }) => ({ pid, terminal })), said);
    assert.deepEqual(processes.filter(({ comm }) => comm === 'bash').map(({ terminal }) => terminal).sort(), ['ttyS0', 'ttyS1']);
});

/** Ends a program that waits for Enter, or the first process of a PID namespace. */
async function end(terminal, pid) {
    await (pid ? ask(`kill -9 ${pid}`) : terminal.line.type('\r'));
    await terminal.prompt();
}

await test('of a process with a hostname of its own', async () => {
    const [child] = await first.start('step03-uts helo', /PID of child created by clone\(\) is (\d+)\r*\n[^]*Press Enter/);
    const taken = await isRight();
    const process = taken.processes.find(({ pid }) => pid === Number(child));
    assert.equal(taken.namespaces.find((it) => it.address === process.namespaces.uts).nodename, 'helo');
    await end(first);
});

await test('of nested user, PID and time namespaces', async () => {
    await second.start('unshare -Urpf --mount-proc unshare -UrTpf --boottime 86400 sh -c "hostname; echo begun; exec sleep 1000"', /(begun)\r*\n/);
    const taken = await isRight();
    const deepest = Math.max(...taken.namespaces.map(({ level = 0 }) => level));
    assert.equal(deepest, 2);
    assert.ok(taken.namespaces.some(({ offsets }) => offsets?.boottime === 86400));
    // The learner made both: inside the first, root is the learner.
    const creators = taken.namespaces.filter(({ kind }) => kind === 'user').map(({ level, creator }) => [level, creator]).sort();
    assert.deepEqual(creators, [[0, { uid: 0, gid: 0 }], [1, { uid: 1000, gid: 1000 }], [2, { uid: 1000, gid: 1000 }]]);
    await end(second, taken.processes.find(({ pids }) => pids.length === 2).pid);
});

await test('of a zombie, which holds its user namespace still', async () => {
    await first.start('sh -c "unshare -U sleep 0.1 & echo begun; exec sleep 1000"', /(begun)\r*\n/);
    const zombie = await until(({ processes }) => processes.find(({ state }) => state === 'Z'));
    assert.deepEqual(Object.keys(zombie.namespaces), ['user', 'pid']);
    const { namespaces } = await isRight();
    assert.equal(namespaces.find(({ address }) => address === zombie.namespaces.user).level, 1);
    first.line.type('\x03');
    await first.prompt();
});

await test('of a map of several lines, of more than the kernel keeps in place, and of none', async () => {
    const [pid] = await first.start("unshare -U sh -c 'echo my PID is $$; exec sleep 1000'", /my PID is (\d+)\r*\n/);
    const map = Array.from({ length: 7 }, (_, index) => `${index * 10} ${100000 + index * 100} ${index + 1}`);
    await ask(`printf '${map.join('\\n')}\\n' >/proc/${pid}/uid_map`);
    const { processes, namespaces } = await isRight();
    const { user } = processes.find((process) => process.pid === Number(pid)).namespaces;
    const { uids, gids } = namespaces.find(({ address }) => address === user);
    assert.deepEqual(uids.map(({ first, lower, count }) => `${first} ${lower} ${count}`), map);
    assert.deepEqual(gids, []);
    first.line.type('\x03');
    await first.prompt();
});

/** What the kernel says of a cgroup, as a picture does. */
async function cgroupSaid(path) {
    const folder = `/sys/fs/cgroup${path}`;
    const text = await ask(`(cd ${folder} && grep -H '' pids.current pids.max pids.events memory.current memory.max memory.events cpu.max cpu.stat)`);
    const value = (file, key = '') => text.match(new RegExp(`^${file}:${key} ?(.*)$`, 'm'))[1];
    const limit = (name, text) => (text === 'max' ? {} : { [name]: Number(text) });
    const [quota, period] = value('cpu.max').split(' ');
    return {
        pids: { current: Number(value('pids.current')), ...limit('limit', value('pids.max')), refused: Number(value('pids.events', 'max')) },
        memory: { current: Number(value('memory.current')), ...limit('limit', value('memory.max')), killed: Number(value('memory.events', 'oom_kill')) },
        cpu: {
            used: Number(value('cpu.stat', 'usage_usec')) * 1000, ...limit('quota', quota === 'max' ? quota : Number(quota) * 1000),
            period: Number(period) * 1000, throttled: Number(value('cpu.stat', 'nr_throttled')),
        },
    };
}

await test('of cgroups, one below the other, with what was refused, killed and throttled', async () => {
    await ask(`(cd /sys/fs/cgroup && mkdir -p outer/inner && echo '+cpu +memory +pids' >outer/cgroup.subtree_control
        && echo 20 >outer/pids.max && echo 32M >outer/memory.max && echo '50000 100000' >outer/inner/cpu.max
        && echo 3 >outer/inner/pids.max && echo 8M >outer/inner/memory.max)`.replace(/\n\s+/g, ' '));
    // One process is killed for want of memory, forks are refused, and a loop is throttled.
    await ask(`(echo 0 >/sys/fs/cgroup/outer/inner/cgroup.procs; tail /dev/zero; sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait;
        i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done) 2>/dev/null`.replace(/\n\s+/g, ' '));
    await ask("(echo 0 >/sys/fs/cgroup/outer/inner/cgroup.procs; exec sleep 1000) >/dev/null 2>&1 & echo $! >/run/sleeper");
    const find = ({ cgroups }, path) => cgroups.find((it) => it.path === path);
    await until((taken) => {
        const inside = taken.processes.filter(({ cgroup }) => cgroup === find(taken, '/outer/inner').address);
        return inside.length === 1 && inside[0].comm === 'sleep' && find(taken, '/outer/inner').pids.current === 1;
    });
    for (const path of ['/outer', '/outer/inner']) {
        const before = find(await picture(), path);
        const said = await cgroupSaid(path);
        const after = find(await picture(), path);
        // Reading cpu.stat makes the kernel add up; nothing runs there any more.
        assert.deepEqual(after.pids, said.pids);
        assert.deepEqual(after.memory, said.memory);
        assert.deepEqual({ ...after.cpu, used: 0 }, { ...said.cpu, used: 0 });
        for (const { cpu: { used } } of [before, after]) {
            assert.ok(Math.abs(used - said.cpu.used) < 1000, `${path}: ${used} ns, and cpu.stat says ${said.cpu.used}`);
        }
    }
    const { cgroups, processes } = await isRight();
    const inner = cgroups.find(({ path }) => path === '/outer/inner');
    assert.ok(inner.pids.refused > 0 && inner.memory.killed === 1 && inner.cpu.throttled > 0, JSON.stringify(inner));
    assert.deepEqual(processes.filter(({ cgroup }) => cgroup === inner.address).map(({ comm }) => comm), ['sleep']);
    await ask('kill $(cat /run/sleeper); rm /run/sleeper');
    await until(({ processes }) => !processes.some(({ cgroup }) => cgroup === inner.address));
    await ask('rmdir /sys/fs/cgroup/outer/inner /sys/fs/cgroup/outer');
    await until(({ cgroups }) => cgroups.length === 1);
});

await test('of a process whose real and effective ids are four different ones', async () => {
    await ask('(setpriv --ruid 1001 --euid 1002 --rgid 1003 --egid 1004 --clear-groups sleep 1000 >/dev/null 2>&1 & echo $! >/run/sleeper)');
    const pid = Number(await ask('cat /run/sleeper'));
    await until(({ processes }) => processes.some((process) => process.pid === pid && process.comm === 'sleep' && process.state === 'S'));
    const { processes } = await isRight();
    assert.deepEqual(processes.find((process) => process.pid === pid).ids, { uid: 1001, gid: 1003, euid: 1002, egid: 1004 });
    await ask(`kill ${pid}; rm /run/sleeper`);
});

await test('of a user namespace that was made with effective ids of its own', async () => {
    await ask('(setpriv --ruid 1001 --euid 1002 --rgid 1003 --egid 1004 --clear-groups unshare -U sleep 1000 >/dev/null 2>&1 & echo $! >/run/sleeper)');
    const pid = Number(await ask('cat /run/sleeper'));
    await until(({ processes }) => processes.some((process) => process.pid === pid && process.comm === 'sleep'));
    const { processes, namespaces } = await isRight();
    const { user } = processes.find((process) => process.pid === pid).namespaces;
    assert.deepEqual(namespaces.find(({ address }) => address === user).creator, { uid: 1002, gid: 1004 });
    await ask(`kill ${pid}; rm /run/sleeper`);
});

await test('of another root directory', async () => {
    await first.start('sudo chroot / sh -c "echo begun; exec sleep 1000"', /(begun)\r*\n/);
    await isRight();
    first.line.type('\x03');
    await first.prompt();
});
