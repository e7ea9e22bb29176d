// However the memory is changed, what is read of it makes sense, or is nothing.

import assert from 'node:assert/strict';
import { takePicture } from '../kernel/picture.js';
import { ask, emulator, first, machine, test } from './harness.mjs';
import { placesRead } from './places.mjs';

/** How many pictures of damaged memory, how many while processes come and go, and of how many namespaces. */
const [DAMAGED, OF_STORM, SEEN] = [10_000, 1_000, 40];

/** The longest that one may take, in ms: a walk that does not end takes forever. */
const LONGEST = 2000;

/** Takes a picture and checks that it makes sense, if it is one. */
function take(bytes) {
    const begin = performance.now();
    const picture = takePicture(bytes, machine.kernel);
    const took = performance.now() - begin;
    assert.ok(took < LONGEST, `a picture took ${took} ms`);
    if (picture) {
        makesSense(picture);
    }
    return picture;
}

/** What a picture names is in it, and nothing is two things. */
function makesSense({ processes, namespaces, cgroups }) {
    const kinds = new Map(namespaces.map(({ address, kind }) => [address, kind]));
    assert.equal(kinds.size, namespaces.length, 'two namespaces have the same address');
    const is = (address, kind) => assert.equal(kinds.get(address), kind, `${address} is no ${kind} namespace`);
    for (const { kind, owner, parent } of namespaces) {
        [owner].filter(Boolean).forEach((address) => is(address, 'user'));
        [parent].filter(Boolean).forEach((address) => is(address, kind));
    }
    const known = new Set(processes.map(({ pid }) => pid));
    const paths = new Set(cgroups.map(({ address }) => address));
    const numbers = new Set();
    for (const { pid, pids, parent, namespaces: own, forChildren = {}, cgroup } of processes) {
        Object.entries(own).forEach(([kind, address]) => is(address, kind));
        Object.entries(forChildren).forEach(([kind, address]) => is(address, kind));
        assert.ok(paths.has(cgroup), `${pid} is in no cgroup`);
        assert.ok(parent === 0 || known.has(parent), `the parent of ${pid} is not there`);
        for (const it of pids) {
            is(it.namespace, 'pid');
            const number = `${it.namespace} ${it.pid}`;
            assert.ok(!numbers.has(number), `two processes are ${number}`);
            numbers.add(number);
        }
    }
}

/** Numbers that look random, and are the same in each run. */
function random(seed) {
    let state = seed;
    return (below) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 2 ** 32 * below);
    };
}

await test(`${DAMAGED} pictures of damaged memory make sense, or are none`, async () => {
    await first.start("unshare -Ur unshare -Urpf --mount-proc sh -c 'echo begun; exec sleep 1000'", /(begun)\r*\n/);
    await emulator.stop();
    const bytes = emulator.v86.cpu.mem8.slice();
    emulator.run();
    const places = placesRead(bytes);
    const view = new DataView(bytes.buffer);
    const next = random(1);
    let none = 0;
    for (let number = 0; number < DAMAGED; number += 1) {
        const damage = Array.from({ length: 1 + next(3) }, () => places[next(places.length)]).map((place) => [place, view.getUint32(place, true)]);
        for (const [place, value] of damage) {
            // Anything, a pointer to anything, one to something that is read, or one bit.
            const kinds = [next(2 ** 32), machine.kernel.layout.PAGE_OFFSET + 4 * next(bytes.length / 4),
                machine.kernel.layout.PAGE_OFFSET + places[next(places.length)], value ^ (1 << next(32))];
            view.setUint32(place, kinds[next(4)], true);
        }
        none += take(bytes) ? 0 : 1;
        damage.reverse().forEach(([place, value]) => view.setUint32(place, value, true));
    }
    console.log(`        ${none} of ${DAMAGED} are none`);
    assert.ok(none > DAMAGED / 10 && none < DAMAGED, `${none} of them are none`);
    assert.equal(takePicture(new Uint8Array(bytes.length), machine.kernel), undefined);
    assert.equal(takePicture(bytes, { ...machine.kernel, release: '6.1.0-1-686' }), undefined);
    const [{ pid }] = take(emulator.v86.cpu.mem8).processes.filter(({ pids }) => pids.length === 2);
    await ask(`kill -9 ${pid}`);
    await first.prompt();
});

await test(`${OF_STORM} pictures while processes come and go make sense`, async () => {
    await ask(`(while [ ! -e /run/calm ]; do
        unshare -Urpf --mount-proc sh -c "hostname storm; unshare -UrnmuiC sh -c : ; sh -c :" & unshare -UrTu nsenter -t 1 -u true & sh -c "sh -c :" & wait;
        done) >/dev/null 2>&1 & :`.replace(/\n\s+/g, ' '));
    let [taken, none] = [0, 0];
    const seen = new Set();
    while (taken < OF_STORM || seen.size < SEEN) {
        await new Promise((resolve) => setTimeout(resolve));
        const picture = take(emulator.v86.cpu.mem8);
        taken += picture ? 1 : 0;
        none += picture ? 0 : 1;
        picture?.namespaces.forEach(({ address, kind, inode }) => seen.add(`${kind} ${inode} ${address}`));
        assert.ok(none < OF_STORM && taken < 100 * OF_STORM, `${none} pictures are none, ${taken} show ${seen.size} namespaces`);
    }
    await ask('touch /run/calm; wait; rm /run/calm');
    console.log(`        ${taken} pictures with ${seen.size} namespaces; ${none} are none`);
});
