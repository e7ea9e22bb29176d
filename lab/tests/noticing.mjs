// The fingerprint tells another picture from this one.

import assert from 'node:assert/strict';
import { fingerprintOf } from '../kernel/fingerprint.js';
import { takePicture } from '../kernel/picture.js';
import { SETS } from '../kernel/processes.js';
import { ask, emulator, first, machine, test } from './harness.mjs';
import { placesRead } from './places.mjs';

/** What always changes, and is no event. */
const MEASURED = ['processes.state', 'namespaces.count', 'cgroups.pids.current', 'cgroups.memory.current', 'cgroups.cpu.used',
    ...['user', 'pid', 'mnt', 'uts', 'ipc', 'net', 'time', 'cgroup'].map((kind) => `counts.used.${kind}`)];

/** What never changes where it is: the kernel makes another structure, or writes it once with what is noticed. */
const REPLACED = ['processes.ids.uid', 'processes.ids.gid', 'processes.ids.euid', 'processes.ids.egid',
    ...SETS.map((name) => `processes.capabilities.${name}`), 'processes.pids.pid',
    'namespaces.inode', 'namespaces.list.type', 'namespaces.creator.uid', 'namespaces.creator.gid', 'counts.uid',
    ...['uids', 'gids'].flatMap((map) => ['first', 'lower', 'count'].map((field) => `namespaces.${map}.${field}`))];

/** The values of a picture, each with its place in it. */
function* values(part, path = []) {
    if (typeof part === 'object') {
        for (const [key, value] of Object.entries(part)) {
            yield* values(value, [...path, key]);
        }
    } else {
        yield [path.join('.'), part];
    }
}

/** The names of the values in which pictures differ. */
function differing(one, other) {
    const [before, after] = [new Map(values(one)), new Map(values(other))];
    return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path))
        .map((path) => path.replace(/\.\d+/g, ''));
}

/** What a change of a number in the memory changes in the picture, where the fingerprint is still the same. */
function unnoticed(bytes) {
    const fingerprint = fingerprintOf(machine.kernel);
    const [picture, mark] = [takePicture(bytes, machine.kernel), fingerprint(bytes)];
    const view = new DataView(bytes.buffer);
    const found = new Set();
    const all = new Set();
    for (const place of placesRead(bytes)) {
        const value = view.getUint32(place, true);
        view.setUint32(place, value ^ 3, true);
        const other = takePicture(bytes, machine.kernel);
        const names = other ? differing(picture, other) : [];
        names.forEach((name) => all.add(name));
        if (fingerprint(bytes) === mark) {
            names.forEach((name) => found.add(name));
        }
        view.setUint32(place, value, true);
    }
    return { found: [...found], all };
}

await test('each value of a picture that changes where it is, is in the fingerprint', async () => {
    await ask("(mkdir /sys/fs/cgroup/here && cd /sys/fs/cgroup/here && echo 20 >pids.max && echo 32M >memory.max && echo '50000 100000' >cpu.max)");
    await first.start('unshare -UrTnpmf --boottime 86400 sh -c "echo begun; exec sleep 1000"', /(begun)\r*\n/);
    await emulator.stop();
    const bytes = emulator.v86.cpu.mem8.slice();
    emulator.run();
    const { found, all } = unnoticed(bytes);
    // What the numbers changed are, among others.
    for (const name of ['processes.noNewPrivs', 'processes.seccomp.mode', 'namespaces.mounts', 'namespaces.list.point', 'namespaces.setgroups', 'namespaces.limits.uts', 'namespaces.locked', 'processes.chrooted', 'namespaces.offsets.boottime', 'cgroups.removed', 'cgroups.pids.limit',
        'cgroups.pids.refused', 'cgroups.memory.limit', 'cgroups.memory.killed', 'cgroups.cpu.quota', 'cgroups.cpu.throttled']) {
        assert.ok(all.has(name), `no ${name} was changed`);
    }
    assert.deepEqual(found.filter((name) => ![...MEASURED, ...REPLACED].includes(name)), []);
    const [{ pid }] = takePicture(bytes, machine.kernel).processes.filter(({ pids }) => pids.length === 2);
    await ask(`kill -9 ${pid}`);
    await first.prompt();
    await ask('rmdir /sys/fs/cgroup/here');
});
