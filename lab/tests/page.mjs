// What a page shows: a machine that is there soon, and two terminals of an ordinary user.

import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { OPTIONS } from '../machine.mjs';
import { ask, begin, first, folder, namespace, second, seconds, test } from './harness.mjs';

// The limits that the book promises. Seconds are CPU time, because a computer that runs
// tests is busy with other work. The real figure is about one second.
const MEGABYTES = 14;
const SECONDS = 3;

await test('the first answer after the restore comes soon', async () => {
    assert.deepEqual(await first.run('echo $((6 * 7))'), ['42']);
    const taken = seconds(begin);
    console.log(`        ${taken.toFixed(2)} s, and ${process.uptime().toFixed(2)} s by the clock`);
    assert.ok(taken <= SECONDS);
});

await test('what a page loads is small', () => {
    const sent = Number(readFileSync(`${folder}-work/bytes-sent`));
    console.log(`        ${(sent / 1e6).toFixed(2)} MB, of guest memory ${OPTIONS.memory_size >> 20} MiB`);
    assert.ok(sent <= MEGABYTES * 1e6);
});

await test('both terminals belong to the learner and have job control', async () => {
    for (const [index, shell] of [first, second].entries()) {
        assert.deepEqual(await shell.run('id -un; hostname; tty; echo $- | grep -c m'),
            ['learner', 'goldilocks-web', `/dev/ttyS${index}`, '1']);
    }
    const [one] = await first.run('echo $$');
    const [two] = await second.run('echo $$');
    assert.ok(Number(one) > 99 && Number(two) > 99 && one !== two);
    assert.equal(await namespace(one, 'pid'), await namespace(two, 'pid'));
});

await test('sudo and su make the learner root, and exit undoes it', async () => {
    for (const command of ['sudo env PATH="$PATH" bash', 'su']) {
        assert.deepEqual(await first.run(command), []);
        assert.deepEqual(await first.run('id -u; grep ^Uid: /proc/$$/status'), ['0', 'Uid:\t0\t0\t0\t0']);
        await first.run('exit');
        assert.deepEqual(await first.run('id -u'), ['1000']);
    }
    assert.deepEqual(await first.run("sudo sh -c 'echo \"$1\"' sh 'two  words'"), ['two  words']);
});

await test('the control line sets the size of a terminal', async () => {
    await ask('stty -F /dev/ttyS0 rows 30 cols 100');
    await first.settle();
    assert.deepEqual(await first.run('stty size; echo $COLUMNS'), ['30 100', '100']);
});

await test('after a shell exits, a new one starts on a terminal of the same size', async () => {
    await ask('stty -F /dev/ttyS1 rows 30 cols 100');
    await second.settle();
    for (const leave of ['exit', 'kill -9 $$']) {
        const [before] = await second.run('echo $$');
        await second.run(leave);
        const [pid, size] = await second.run('echo $$; stty size');
        assert.notEqual(pid, before);
        assert.equal(size, '30 100');
    }
});
