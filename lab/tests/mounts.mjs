// Mounts and network devices are what the kernel says, however they have been changed.

import assert from 'node:assert/strict';
import { sentence } from '../view/sentences.js';
import { during } from './changes.mjs';
import { ask, first, namespace, test } from './harness.mjs';
import { isRight, picture } from './kernel.mjs';

/** Starts a program in new namespaces that waits after some commands; returns its PID. */
async function start(unshare, ...commands) {
    const [pid] = await first.start(`${unshare} sh -c 'set -e; ${commands.join('; ')}; echo my PID is $$; exec sleep 1000'`, /my PID is (\d+)\r*\n/);
    return Number(pid);
}

async function end() {
    first.line.type('\x03');
    await first.prompt();
}

const mountsOf = (seen) => seen.filter(({ what }) => what === 'mounts');

/** The mounts that a process sees, by their mount points. */
async function listOf(pid) {
    const { processes, namespaces } = await picture();
    const { mnt } = processes.find((process) => process.pid === pid).namespaces;
    return new Map(namespaces.find(({ address }) => address === mnt).list.map(({ point, ...it }) => [point, it]));
}

await test('an overlay, a bind mount, and a mount whose name has a space are in the list', async () => {
    const pid = await start('sudo unshare -m', 'mount -t tmpfs source /mnt', 'cd /mnt', 'mkdir -p lower upper work merged bound "deep/a b"',
        'mount -t overlay layers -o lowerdir=lower,upperdir=upper,workdir=work merged', 'mount --bind lower bound', 'mount -t proc none "deep/a b"');
    await isRight();
    const list = await listOf(pid);
    assert.deepEqual(['/mnt/merged', '/mnt/bound', '/mnt/deep/a b'].map((point) => list.get(point)),
        [{ type: 'overlay', source: 'layers' }, { type: 'tmpfs', source: 'source' }, { type: 'proc', source: 'none' }]);
    await end();
});

await test('of a new root, the list has what is below it', async () => {
    const pid = await start('unshare -Urm', 'mount -t tmpfs tmpfs /mnt', 'cd /mnt', 'mkdir -p bin old', 'cp /bin/busybox bin', 'ln -s busybox bin/sleep',
        'pivot_root . old', 'hash -r');
    const list = await listOf(pid);
    assert.deepEqual([list.get('/'), list.get('/old').type, list.get('/old/proc').type], [{ type: 'tmpfs', source: 'tmpfs' }, 'rootfs', 'proc']);
    await isRight();
    await end();
});

await test('a mount that is moved, or whose directory gets another name, is a change', async () => {
    const pid = await start('sudo unshare -m', 'mount -t tmpfs tmpfs /mnt', 'cd /mnt', 'mkdir -p one/inner two', 'mount -t tmpfs tmpfs one/inner', 'cd /');
    const inside = (command) => during(() => ask(`nsenter -t ${pid} -m ${command}`));
    const { seen: [renamed, ...others] } = await inside('mv /mnt/one /mnt/three').then(({ seen }) => ({ seen: mountsOf(seen) }));
    assert.deepEqual([renamed.fresh, renamed.gone, others], [['/mnt/three/inner'], ['/mnt/one/inner'], []]);
    const moved = mountsOf((await inside('mount --move /mnt/three/inner /mnt/two')).seen);
    assert.deepEqual(moved.map(({ fresh, gone }) => [fresh, gone]), [[['/mnt/two'], ['/mnt/three/inner']]]);
    const link = await namespace(pid, 'mnt');
    const { after } = moved[0];
    assert.equal(sentence(moved[0]), `mnt (${link}) has ${after} mounts (it had ${after}); new: /mnt/two; gone: /mnt/three/inner`);
    await end();
});

await test('more mounts than are listed are counted', async () => {
    const pid = await start('unshare -Urm', 'mount -t tmpfs tmpfs /mnt', 'i=0; while [ $i -lt 110 ]; do mount -t tmpfs tmpfs /mnt; i=$((i + 1)); done');
    const { processes, namespaces } = await picture();
    const { mnt } = processes.find((process) => process.pid === pid).namespaces;
    const { mounts, list } = namespaces.find(({ address }) => address === mnt);
    assert.equal(mounts, 1 + Number(await ask(`wc -l </proc/${pid}/mountinfo`)));
    assert.ok(mounts > 110 && list.length === 100);
    await end();
});

await test('a network device that is set up, and down, is a change', async () => {
    const pid = await start('unshare -Urn', 'ip link add veth0 type veth peer name veth1');
    const name = { kind: 'net', inode: Number((await namespace(pid, 'net')).match(/\d+/)[0]) };
    await isRight();
    for (const [state, before, after] of [['up', [], ['lo']], ['down', ['lo'], []]]) {
        const { seen } = await during(() => ask(`nsenter -t ${pid} -n ip link set lo ${state}`));
        assert.deepEqual(seen.filter(({ what }) => what === 'up'), [{ what: 'up', name, before, after }]);
    }
    await end();
});
