// What changes in the kernel is noticed, and told as what it is.

import assert from 'node:assert/strict';
import { changes } from '../kernel/changes.js';
import { fingerprintOf } from '../kernel/fingerprint.js';
import { takePicture } from '../kernel/picture.js';
import { sentence } from '../view/sentences.js';
import { ask, emulator, first, machine, namespace, second, test } from './harness.mjs';

const fingerprint = fingerprintOf(machine.kernel);

/** Looks at the memory between the emulator's slices; returns all changes until the work is done. */
export async function during(work) {
    const seen = [];
    let [mark, picture] = [undefined, undefined];
    const look = () => {
        const { mem8 } = emulator.v86.cpu;
        const now = fingerprint(mem8);
        if (now !== mark) {
            const taken = takePicture(mem8, machine.kernel);
            if (taken) {
                seen.push(...(picture ? changes(picture, taken) : []));
                [mark, picture] = [now, taken];
            }
        }
    };
    look();
    let goesOn = true;
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
    return { seen, result };
}

const number = (link) => Number(link.match(/\[(\d+)\]/)[1]);

/** Checks that of the changes of some kinds there is one, and that it is this. */
function only(seen, expected) {
    const same = seen.filter(({ what, name }) => what === expected.what && (!expected.name || name.kind === expected.name.kind));
    assert.deepEqual(same, [expected], `all changes: ${JSON.stringify(seen)}`);
}

await test('a machine that is quiet does not change', async () => {
    const { seen } = await during(() => new Promise((resolve) => setTimeout(resolve, 1000)));
    assert.deepEqual(seen, []);
});

await test('step03-uts helo is the birth of a process in new namespaces, and their new hostname', async () => {
    const { seen, result: [parent, child] } = await during(async () => {
        const [child] = await first.start('step03-uts helo', /PID of child created by clone\(\) is (\d+)\r*\n[^]*Press Enter/);
        return [(await ask(`cut -d' ' -f4 /proc/${child}/stat`)), child].map(Number);
    });
    const [user, uts] = [number(await namespace(child, 'user')), number(await namespace(child, 'uts'))];
    assert.deepEqual(seen.filter(({ what, pid }) => what === 'born' && pid === child), [{
        what: 'born', pid: child, comm: 'step03-uts', parent, pids: [child], fresh: [{ kind: 'user', inode: user }, { kind: 'uts', inode: uts }],
    }]);
    only(seen, { what: 'nodename', name: { kind: 'uts', inode: uts }, before: 'goldilocks-web', after: 'helo' });

    // Root enters, and renames; nobody else's name changes.
    const entered = await during(() => second.run(`sudo nsenter -t ${child} -u hostname other`));
    only(entered.seen, { what: 'nodename', name: { kind: 'uts', inode: uts }, before: 'helo', after: 'other' });
    const joined = entered.seen.filter(({ what }) => what === 'namespace');
    assert.deepEqual(joined.map(({ name, isFresh }) => [name, isFresh]), [[{ kind: 'uts', inode: uts }, false]]);
    const ended = await during(async () => {
        first.line.type('\r');
        await first.prompt();
    });
    for (const pid of [parent, child]) {
        assert.deepEqual(ended.seen.filter((it) => it.what === 'ended' && it.pid === pid), [{ what: 'ended', pid, comm: 'step03-uts' }]);
    }
});

await test('unshare without fork, a map, a program and an exit are one change each', async () => {
    const { seen, result: pid } = await during(async () => {
        const [pid] = await first.start("unshare -U sh -c 'echo my PID is $$; read go; exec sleep 1000'", /my PID is (\d+)\r*\n/);
        return Number(pid);
    });
    const user = number(await namespace(pid, 'user'));
    only(seen, { what: 'namespace', pid, comm: 'unshare', name: { kind: 'user', inode: user }, isFresh: true });
    const mapped = await during(() => ask(`echo '0 1000 1' >/proc/${pid}/uid_map`));
    only(mapped.seen, { what: 'uids', name: { kind: 'user', inode: user }, map: [{ first: 0, lower: 1000, count: 1 }] });
    const executed = await during(async () => {
        first.line.type('\r');
        await ask(`until grep -q sleep /proc/${pid}/comm; do :; done`);
    });
    assert.deepEqual(executed.seen.filter((it) => it.pid === pid && it.what === 'program'), [{ what: 'program', pid, comm: 'sleep', before: 'sh' }]);
    const ended = await during(async () => {
        first.line.type('\x03');
        await first.prompt();
    });
    assert.deepEqual(ended.seen.filter((it) => it.pid === pid && it.what === 'ended'), [{ what: 'ended', pid, comm: 'sleep' }]);
});

await test('a cgroup, its limits, and a move into it are one change each', async () => {
    const made = await during(() => ask('mkdir /sys/fs/cgroup/here'));
    only(made.seen, { what: 'made', path: '/here' });
    const limited = await during(() => ask('echo 9 >/sys/fs/cgroup/here/pids.max'));
    only(limited.seen, { what: 'limit', path: '/here', controller: 'pids', limit: 9 });
    const throttled = await during(() => ask('echo 10000 50000 >/sys/fs/cgroup/here/cpu.max'));
    only(throttled.seen, { what: 'limit', path: '/here', controller: 'cpu', limit: 10_000_000, period: 50_000_000 });
    assert.equal(sentence(throttled.seen[0]), 'cpu limit of cgroup /here became 20 % of a CPU');
    const pid = Number((await first.run('echo $$'))[0]);
    const moved = await during(() => ask(`echo ${pid} >/sys/fs/cgroup/here/cgroup.procs`));
    only(moved.seen, { what: 'moved', pid, comm: 'bash', path: '/here' });
    await ask(`echo ${pid} >/sys/fs/cgroup/cgroup.procs`);
    const removed = await during(() => ask('rmdir /sys/fs/cgroup/here'));
    only(removed.seen, { what: 'removed', path: '/here' });
});

await test('a program that ^Z stops and fg continues is one change each', async () => {
    await first.start('sleep 1000');
    await ask('until pidof sleep >/run/sleeping; do :; done');
    const pid = Number(await ask('cat /run/sleeping'));
    const stopped = await during(async () => {
        first.line.type('\x1a');
        await first.prompt();
    });
    assert.deepEqual(stopped.seen, [{ what: 'stopped', pid, comm: 'sleep' }]);
    const continued = await during(async () => {
        first.line.type('fg\n');
        await first.line.until(/^sleep 1000\r*\n/m);
    });
    assert.deepEqual(continued.seen, [{ what: 'continued', pid, comm: 'sleep' }]);
    first.line.type('\x03');
    await first.prompt();
});

await test('the offset of a clock in the time namespace of the next child is one change', async () => {
    const [pid] = await first.start("unshare -UrT sh -c 'echo my PID is $$; read go'", /my PID is (\d+)\r*\n/);
    const inode = number(await namespace(pid, 'time_for_children'));
    const { seen } = await during(() => ask(`echo 'boottime 86400 0' >/proc/${pid}/timens_offsets`));
    assert.deepEqual(seen, [{ what: 'offsets', name: { kind: 'time', inode }, offsets: { monotonic: 0, boottime: 86400 } }]);
    first.line.type('\r');
    await first.prompt();
});

await test('a mount, and network devices made and renamed, are changes of their namespaces', async () => {
    const [pid] = await first.start("unshare -Urmn sh -c 'echo my PID is $$; read go; mount -t tmpfs tmpfs /mnt; read go'", /my PID is (\d+)\r*\n/);
    const mnt = { kind: 'mnt', inode: number(await namespace(pid, 'mnt')) };
    // And the one that is out of sight: see kernel.mjs.
    const mounts = async () => 1 + Number(await ask(`wc -l </proc/${pid}/mountinfo`));
    const before = await mounts();
    const mounted = await during(async () => {
        first.line.type('\r');
        await ask(`until grep -q /mnt /proc/${pid}/mountinfo; do :; done`);
    });
    only(mounted.seen, { what: 'mounts', name: mnt, before, after: await mounts(), fresh: ['/mnt'], gone: [] });
    assert.equal(await mounts(), before + 1);
    const net = { kind: 'net', inode: number(await namespace(pid, 'net')) };
    const made = await during(() => ask(`nsenter -t ${pid} -U -n ip link add left type veth peer name right`));
    const devices = made.seen.filter(({ what }) => what === 'devices');
    assert.deepEqual(devices[0].before, ['lo']);
    assert.deepEqual(devices.at(-1).after.sort(), ['left', 'lo', 'right']);
    const renamed = await during(() => ask(`nsenter -t ${pid} -U -n ip link set left name west`));
    assert.deepEqual(renamed.seen.filter(({ what }) => what === 'devices').map(({ name, after }) => [name, after.sort()]), [[net, ['lo', 'right', 'west']]]);
    first.line.type('\r');
    await first.prompt();
});

await test('of namespaces that are first seen with what they hold, that is told, too', async () => {
    const picture = () => takePicture(emulator.v86.cpu.mem8, machine.kernel);
    const before = picture();
    const [pid] = await first.start("unshare -Urmun sh -c 'hostname helo; mount -t tmpfs tmpfs /mnt; ip link set lo up; echo my PID is $$; read go'", /my PID is (\d+)\r*\n/);
    const seen = changes(before, picture());
    const name = async (kind) => ({ kind, inode: number(await namespace(pid, kind)) });
    const [user, mnt, uts, net] = [await name('user'), await name('mnt'), await name('uts'), await name('net')];
    only(seen, { what: 'uids', name: user, map: [{ first: 0, lower: 1000, count: 1 }] });
    only(seen, { what: 'nodename', name: uts, before: 'goldilocks-web', after: 'helo' });
    only(seen, { what: 'up', name: net, before: [], after: ['lo'] });
    const mounted = seen.filter(({ what }) => what === 'mounts');
    assert.deepEqual(mounted.map(({ name, before, after, fresh, gone }) => [name, after - before, fresh, gone]), [[mnt, 1, ['/mnt'], []]]);
    assert.equal(seen.some(({ what }) => what === 'devices'), false);
    first.line.type('\r');
    await first.prompt();
});
