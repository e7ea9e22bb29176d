// When the machine is at rest, so that a picture is recorded.

import assert from 'node:assert/strict';
import { restOf } from '../recording/rest.js';
import { ask, emulator, first, machine, test } from './harness.mjs';

const takePicture = restOf(emulator, machine.kernel);
const never = () => new Promise((_, reject) => setTimeout(reject, 60_000, new Error('it never comes to rest')));
const atRest = () => Promise.race([takePicture(), never()]);
const named = ({ processes }, name) => processes.filter(({ comm }) => comm === name);

await test('a picture is taken when what a command began is done', async () => {
    // init sleeps for a second after it has removed a process, so the second one is there for a while.
    await first.run("for i in 1 2; do sh -c 'true & exec sleep 0.1'; done");
    assert.deepEqual(named(await atRest(), 'sh'), []);
    await first.start('sleep 0.5; echo');
    assert.deepEqual(named(await atRest(), 'sleep').map(({ state }) => state), ['S']);
    await first.prompt();
});

await test('a picture is taken although a program computes', async () => {
    const [pid] = await first.start("sh -c 'echo $$; while :; do :; done'", /^(\d+)\r*$/m);
    const [computes] = named(await atRest(), 'sh');
    assert.deepEqual([computes.pid, computes.state], [Number(pid), 'R']);
    await ask(`kill ${pid}`);
    await first.prompt();
});
