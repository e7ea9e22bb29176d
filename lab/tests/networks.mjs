// Network namespaces, and what connects them.

import assert from 'node:assert/strict';
import { ask, first, test } from './harness.mjs';

/** Root, and an ordinary user, with mounts of their own: ip-netns(8) bind-mounts. */
const CALLERS = { root: 'sudo unshare -mn', 'an ordinary user': 'unshare -Urmn' };

/** Runs a script of sh, which must not contain single quotes, with a /run of its own. */
const sh = (prefix, ...commands) => first.run(`${prefix} sh -c 'set -e; mount -t tmpfs tmpfs /run; ${commands.join('; ')}'`);

/** The commands that make a network namespace; eth0 in it is one end of a veth pair, the other one is outside. */
const connected = (name, address) => [`ip netns add ${name}`, `ip link add to-${name} type veth peer name eth0 netns ${name}`,
    `ip -n ${name} addr add ${address}/24 dev eth0`, `ip -n ${name} link set eth0 up`];

const leftovers = () => ask('cat /proc/1/mountinfo; lsns -no TYPE,NS; ip -br link; ls /run/netns /tmp 2>/dev/null');
const before = await leftovers();

for (const [caller, prefix] of Object.entries(CALLERS)) {
    await test(`a veth pair of ${caller} connects two network namespaces`, async () => {
        const output = await sh(prefix, ...connected('a', '10.0.0.1'), 'ip addr add 10.0.0.2/24 dev to-a', 'ip link set to-a up',
            'ping -c 1 -W 30 10.0.0.1',
            // The connection is refused until the other one listens.
            'echo through the pair | ip netns exec a nc -l -p 5000 & until nc 10.0.0.1 5000 </dev/null 2>/dev/null; do :; done');
        assert.match(output.join('\n'), /1 packets received/);
        assert.equal(output.at(-1), 'through the pair');
    });
}

await test('a bridge connects two veth pairs', async () => {
    const output = await sh('unshare -Urmn', 'ip link add br0 type bridge', 'ip link set br0 up',
        ...connected('a', '10.0.0.1'), 'ip link set to-a master br0 up', ...connected('b', '10.0.0.2'), 'ip link set to-b master br0 up',
        'bridge -o link', 'ip netns exec a ping -c 1 -W 30 10.0.0.2');
    for (const name of ['a', 'b']) {
        assert.match(output.join('\n'), new RegExp(`to-${name}@.* master br0 state forwarding`));
    }
    assert.match(output.join('\n'), /1 packets received/);
});

await test('a dummy device is in its network namespace alone', async () => {
    assert.match((await first.run("unshare -Urn sh -c 'ip link add d0 type dummy; ip -br link show d0'")).join(), /^d0 +DOWN /);
    assert.equal(await ask('ls /sys/class/net'), 'lo');
});

await test("the modules are Debian's signed ones, and an ordinary user's request loads one again", async () => {
    const loaded = async () => (await ask('cut -d" " -f1 /proc/modules | sort')).split('\n');
    assert.deepEqual(await loaded(), ['bridge', 'dummy', 'llc', 'overlay', 'stp', 'veth']);
    assert.deepEqual(await first.run('sudo modprobe -r veth'), []);
    assert.ok(!(await loaded()).includes('veth'));
    assert.deepEqual(await first.run('unshare -Urn ip link add type veth'), []);
    assert.ok((await loaded()).includes('veth'));
    const UNSIGNED = 1 << 13; // a bit of Documentation/admin-guide/tainted-kernels.rst
    assert.equal(await ask('cat /proc/sys/kernel/tainted') & UNSIGNED, 0);
});

await test('no mount, namespace, device or file of these is left', async () => {
    assert.equal(await leftovers(), before);
});
