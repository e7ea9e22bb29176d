// What watching costs, and how soon a change is noticed.

import assert from 'node:assert/strict';
import { takePicture } from '../kernel/picture.js';
import { idle } from '../page/doze.js';
import { Watch } from '../page/watch.js';
import { ask, emulator, first, machine, seconds, test } from './harness.mjs';

/** The budgets: percent of the machine's speed, ms of processor time for a picture, ms from a change to its picture. */
const [COST, PICTURE, NOTICED] = [2, 6, 50];

/**
 * How many times its budget watching may cost, where others use the computer and its caches: in
 * time, and in the speed of the machine, which varies by more.
 */
const [TIME_UNDER_LOAD, SPEED_UNDER_LOAD] = [2, 10];

/** How often the speed is measured with the watch and without it, each for how many ms. */
const [ROUNDS, ROUND] = [20, 100];

/** How many processes a picture is taken of, how many pictures, and how many changes are made. */
const [PROCESSES, PICTURES, CHANGES] = [30, 100, 20];

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const memory = () => emulator.v86.cpu.mem8;

/** Calls `after` after each slice of the emulator's time, as ticker.js does; returns what ends this. */
function afterSlices(after) {
    const { v86 } = emulator;
    const { do_tick } = v86;
    v86.do_tick = () => {
        do_tick.call(v86);
        after();
    };
    return () => { v86.do_tick = do_tick; };
}

/** The watch of these tests, which looks only where they say so. */
let onpicture = (_picture) => {};
const watch = new Watch(memory, machine.kernel, (picture) => onpicture(picture));
const watching = () => afterSlices(() => watch.look());

/** How many millions of instructions the machine executes in a second of this process's time. */
async function speed() {
    const { instruction_counter } = emulator.v86.cpu;
    const [begin, from] = [process.cpuUsage(), instruction_counter[0]];
    await pause(ROUND);
    return ((instruction_counter[0] - from) >>> 0) / 1e6 / seconds(begin);
}

/** Lets a program compute in the first terminal, meanwhile. */
async function whileComputing(work) {
    await first.start('yes >/dev/null');
    await ask('until pidof yes >/dev/null; do :; done');
    await work();
    first.line.type('\x03');
    await first.prompt();
}

await test('watching a machine that computes hardly slows it down', () => whileComputing(async () => {
    let isOn = true;
    let looked = 0;
    const end = afterSlices(() => {
        if (isOn) {
            const begin = performance.now();
            watch.look();
            looked += performance.now() - begin;
        }
    });
    await pause(1000); // the emulator compiles what is executed often
    looked = 0;
    const begin = performance.now();
    const speeds = { true: [], false: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
        // On, off, off, on: the computer's own speed changes, too.
        for (const turn of [true, false]) {
            isOn = turn === (round % 2 === 0);
            speeds[isOn].push(await speed());
        }
    }
    end();
    const looking = 100 * looked / ((performance.now() - begin) / 2);
    const cost = 100 * (1 - median(speeds.true.map((speed, round) => speed / speeds.false[round])));
    console.log(`        ${median(speeds.false).toFixed(1)} million instructions a second, watched ${median(speeds.true).toFixed(1)}: ${cost.toFixed(2)} %; ${looking.toFixed(2)} % of the time was looked`);
    assert.ok(looking <= COST * TIME_UNDER_LOAD && cost <= COST * SPEED_UNDER_LOAD);
}));

await test(`a picture of ${PROCESSES} processes takes little time`, async () => {
    const { length } = takePicture(memory(), machine.kernel).processes;
    await ask(`for i in $(seq ${PROCESSES - length}); do unshare -ui sleep 1000 & done >/dev/null 2>&1`);
    let picture;
    while (picture?.processes.filter(({ comm }) => comm === 'sleep').length !== PROCESSES - length) {
        await pause(10);
        picture = takePicture(memory(), machine.kernel);
    }
    await emulator.stop();
    const times = Array.from({ length: PICTURES }, () => {
        const begin = process.cpuUsage();
        assert.equal(takePicture(memory(), machine.kernel).processes.length, picture.processes.length);
        return seconds(begin) * 1000;
    });
    // A busy computer makes some of them slower, and none faster.
    const time = times.sort((a, b) => a - b)[PICTURES / 10];
    emulator.run();
    console.log(`        ${picture.processes.length} processes and ${picture.namespaces.length} namespaces: ${time.toFixed(2)} ms`);
    await ask('kill $(pidof sleep); wait');
    assert.ok(time <= PICTURE);
});

await test('a change is noticed soon, also while a program computes', () => whileComputing(async () => {
    const { namespaces } = takePicture(memory(), machine.kernel);
    const uts = namespaces.find(({ kind }) => kind === 'uts');
    const { layout } = machine.kernel;
    const place = Number.parseInt(uts.address, 16) - (layout.PAGE_OFFSET >>> 0) + layout['uts_namespace.name'] + layout['new_utsname.nodename'];
    const name = () => String.fromCharCode(...memory().subarray(place, place + 3));
    const times = [];
    let [number, changed] = [100, undefined];
    const stopLooking = afterSlices(() => { changed ??= name() === String(number) ? performance.now() : undefined; });
    const end = watching();
    for (; number < 100 + CHANGES; number += 1) {
        changed = undefined;
        const noticed = new Promise((resolve) => {
            onpicture = ({ namespaces }) => namespaces.some(({ nodename }) => nodename === String(number)) && resolve(performance.now());
        });
        await ask(`echo ${number} >/proc/sys/kernel/hostname`);
        times.push(await noticed - changed);
    }
    end();
    stopLooking();
    await ask(`echo ${uts.nodename} >/proc/sys/kernel/hostname`);
    console.log(`        after ${median(times).toFixed(1)} ms, at most ${Math.max(...times).toFixed(1)} ms`);
    assert.ok(median(times) <= NOTICED);
}));

await test('an idle machine that is watched stays asleep, and nobody takes its picture', async () => {
    const end = watching();
    const stopDozing = idle(emulator);
    await pause(3000);
    const { taken } = watch;
    let wakes = 0;
    const count = () => { wakes += 1; };
    emulator.add_listener('emulator-started', count);
    const [begin, from] = [performance.now(), process.cpuUsage()];
    await pause(10_000);
    const slept = (performance.now() - begin) / 1000;
    console.log(`        ${wakes} times awake in ${slept.toFixed(1)} s, ${(100 * seconds(from) / slept).toFixed(1)} % of a processor`);
    emulator.remove_listener('emulator-started', count);
    stopDozing();
    end();
    emulator.run();
    assert.equal(watch.taken, taken);
    // Twice a second, for its timers.
    assert.ok(wakes <= 2 * slept + 1);
});
