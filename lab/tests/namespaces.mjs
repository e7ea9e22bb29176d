// What a container built by hand needs: a root to pivot, layers, IPC, IDs, capabilities.

import assert from 'node:assert/strict';
import { ask, first, second, test } from './harness.mjs';

/** How root and an ordinary user get a mount namespace of their own. */
const CALLERS = { root: 'sudo unshare -m', 'an ordinary user': 'unshare -Urm' };

/** Runs a script of sh, which must not contain single quotes. */
const sh = (prefix, ...commands) => first.run(`${prefix} sh -c '${commands.join('; ')}'`);

/** What tests could leave behind: mounts, namespaces, network devices, queues, files. */
const leftovers = () => ask('cat /proc/1/mountinfo; lsns -no TYPE,NS; ip -br link; ipcs; ls /dev/mqueue /mnt /run/netns /tmp 2>/dev/null');
const before = await leftovers();

await test('there is room for the files of a container', async () => {
    assert.deepEqual(await first.run('head -c 20M /dev/zero >/tmp/files; stat -c %s /tmp/files; rm /tmp/files'), [`${20 << 20}`]);
});

for (const [caller, prefix] of Object.entries(CALLERS)) {
    await test(`pivot_root gives ${caller} another root`, async () => {
        assert.deepEqual(await sh(prefix, 'set -e', 'mount -t tmpfs tmpfs /mnt', 'cd /mnt', 'mkdir bin old', 'cp /bin/busybox bin',
            'pivot_root . old', 'exec /bin/busybox sh -c "busybox umount -l /old; busybox rmdir /old; echo /*; cd ..; pwd"'),
        ['/bin', '/']);
    });

    await test(`an overlay of ${caller} shows both layers and writes to the upper one`, async () => {
        assert.deepEqual(await sh(prefix, 'set -e', 'mount -t tmpfs tmpfs /mnt', 'cd /mnt', 'mkdir lower upper work merged',
            'echo below >lower/a', 'echo above >upper/b',
            'mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged', 'cat merged/a merged/b',
            'echo changed >merged/a', 'cat lower/a upper/a', 'rm merged/a', 'ls merged', 'cat lower/a', 'stat -c %F upper/a'),
        ['below', 'above', 'below', 'changed', 'b', 'below', 'character special file']);
    });
}

await test('a POSIX message queue is in /dev/mqueue, and not in a new IPC namespace', async () => {
    assert.deepEqual(await first.run('touch /dev/mqueue/ours; ls /dev/mqueue; stat -f -c %T /dev/mqueue'), ['ours', 'mqueue']);
    assert.deepEqual(await sh('unshare -Urim', 'mount -t mqueue mqueue /mnt', 'touch /mnt/theirs', 'ls /mnt'), ['theirs']);
    assert.deepEqual(await second.run('ls /dev/mqueue; rm /dev/mqueue/ours; ls /dev/mqueue'), ['ours']);
});

await test('ipcs lists the queue that ipcmk made, and not in a new IPC namespace', async () => {
    const [made] = await first.run('ipcmk -Q');
    const id = made.match(/^Message queue id: (\d+)$/)[1];
    const listed = async (prefix) => (await first.run(`${prefix} ipcs -q`)).filter((line) => line.startsWith('0x'));
    assert.match((await listed('')).join(), new RegExp(`^0x[0-9a-f]+ +${id} +learner +644 +0 +0 *$`));
    assert.equal((await ask('cat /proc/sysvipc/msg')).split('\n').length, 2);
    assert.deepEqual(await listed('unshare -Uri'), []);
    assert.deepEqual(await first.run(`ipcrm -q ${id}`), []);
    assert.deepEqual(await listed(''), []);
});

await test('newuidmap and newgidmap map the subordinate IDs of the learner, and no others', async () => {
    const [pid] = await first.start("unshare -U sh -c 'echo my PID is $$; read go; id -u; id -g'", /my PID is (\d+)\r*\n/);
    assert.match((await second.run(`newuidmap ${pid} 0 0 1`)).join(), /uid range \[0-1\) -> \[0-1\) not allowed/);
    assert.equal(await ask(`cat /proc/${pid}/uid_map`), '');
    for (const kind of ['uid', 'gid']) {
        assert.deepEqual(await second.run(`new${kind}map ${pid} 0 1000 1 1 100000 65536; tr -s ' ' </proc/${pid}/${kind}_map`),
            [' 0 1000 1', ' 1 100000 65536']);
    }
    assert.deepEqual((await first.run('')).slice(-2), ['0', '0']);
});

await test('capsh, getpcaps and setpriv show and drop capabilities', async () => {
    assert.ok((await first.run('capsh --print')).includes('Current: ='));
    assert.ok((await first.run('unshare -Ur capsh --print')).includes('Current: =ep'));
    assert.match((await first.run('getpcaps 1')).join(), /^1: =ep$/);
    const bounding = async (command) => BigInt(`0x${(await first.run(`sudo ${command}`)).at(-1).split(/\s+/)[1]}`);
    const all = await bounding('grep CapBnd /proc/self/status');
    const CAP_SYS_ADMIN = 1n << 21n;
    assert.equal(all & CAP_SYS_ADMIN, CAP_SYS_ADMIN);
    for (const dropping of ['capsh --drop=cap_sys_admin -- -c "grep CapBnd /proc/self/status"',
        'setpriv --bounding-set -sys_admin grep CapBnd /proc/self/status']) {
        assert.equal(await bounding(dropping), all ^ CAP_SYS_ADMIN);
    }
});

await test('a time namespace shifts CLOCK_BOOTTIME', async () => {
    const uptime = ([line]) => Number(line.split(' ')[0]);
    const [start, shifted] = [uptime(await first.run('cat /proc/uptime')),
        uptime(await first.run('unshare -UrTf --boottime 86400 cat /proc/uptime'))];
    const end = uptime(await first.run('cat /proc/uptime'));
    assert.ok(start + 86400 <= shifted && shifted <= end + 86400, `${start} ${shifted} ${end}`);
});

await test('findmnt and mountpoint know what is mounted', async () => {
    assert.deepEqual(await first.run('findmnt -no FSTYPE /dev/mqueue; mountpoint /proc; mountpoint /mnt'),
        ['mqueue', '/proc is a mountpoint', '/mnt is not a mountpoint']);
});

await test('nothing of this is left', async () => {
    assert.equal(await leftovers(), before);
});
