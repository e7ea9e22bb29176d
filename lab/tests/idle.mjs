// The machine dozes while nothing happens.

import assert from 'node:assert/strict';
import { idle } from '../page/doze.js';
import { ask, emulator, first, seconds, test } from './harness.mjs';

// Of a processor's time; the real figure is about one.
const IDLE_PERCENT = 10;

/** Whether the emulator compiles what is executed often (get_jit_config: JIT_DISABLED). */
const compiles = () => emulator.v86.cpu.wm.exports.get_jit_config(0) === 0;

await test('an idle machine is stopped, a key wakes it, and timers still expire', async () => {
    const end = idle(emulator);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const percent = seconds(before) / 5 * 100;
    console.log(`        ${percent.toFixed(1)} % of a processor`);
    while (emulator.is_running()) {
        await new Promise((resolve) => emulator.add_listener('emulator-stopped', resolve));
    }
    assert.ok(!compiles());
    first.line.type('echo $((6 * 7))\n');
    assert.ok(emulator.is_running() && compiles());
    assert.deepEqual(await first.prompt(), ['42']);
    const from = Number(await ask('cut -d. -f1 /proc/uptime'));
    assert.deepEqual(await first.run('sleep 4; echo awake'), ['awake']);
    const slept = Number(await ask('cut -d. -f1 /proc/uptime')) - from;
    assert.ok(slept >= 4 && slept <= 10, `${slept} s`);
    end();
    assert.ok(percent <= IDLE_PERCENT);
});

await test('what an idle machine executes is not compiled, but a program that a timer wakes is', async () => {
    const end = idle(emulator);
    const until = async (holds) => {
        for (const begin = performance.now(); !holds(); await new Promise((resolve) => setTimeout(resolve, 20))) {
            assert.ok(performance.now() - begin < 60_000, `never ${holds}`);
        }
    };
    await first.start('sleep 4; while :; do :; done');
    await until(() => !compiles());
    await until(compiles);
    assert.equal(await ask('pidof sleep'), '');
    end();
    first.line.type('\x03');
    await first.line.until(/[$] $/);
});

await test('a program that computes is not stopped, however slow the computer is', async () => {
    const end = idle(emulator);
    let stops = 0;
    emulator.add_listener('emulator-stopped', () => { stops += 1; });
    // The emulator gets a slice of this thread's time, and then again one.
    const others = setInterval(() => {
        const begin = performance.now();
        while (performance.now() - begin < 90);
    });
    await first.start('while :; do :; done');
    // Longer than the silence after which an idle machine is stopped.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    clearInterval(others);
    end();
    first.line.type('\x03');
    await first.line.until(/[$] $/);
    assert.equal(stops, 0);
});
