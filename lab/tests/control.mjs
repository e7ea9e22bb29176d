// The page's own line, also on a machine that is restored while a command is under way there.

import assert from 'node:assert/strict';
import { Control } from '../page/control.js';
import { restoreState } from '../page/state.js';
import { emulator, first, second, test } from './harness.mjs';

/** How long an answer may take, in ms. */
const PATIENCE = 60_000;

/** A page, as it talks to the machine: a page that was reloaded is another one. */
function newPage() {
    let heard = (_bytes) => {};
    const listener = (byte) => heard(Uint8Array.of(byte));
    emulator.add_listener('serial2-output-byte', listener);
    const control = new Control({
        open(line, hear) {
            heard = hear;
            return (text) => emulator.serial_send_bytes(line, new TextEncoder().encode(text));
        },
    });
    return { control, leave: () => emulator.remove_listener('serial2-output-byte', listener) };
}

/** The answer of a command, which has to come. */
const answer = (answered) => Promise.race([answered, new Promise((_, reject) => {
    setTimeout(() => reject(new Error('no answer')), PATIENCE).unref();
})]);

const type = (text) => emulator.serial_send_bytes(2, new TextEncoder().encode(text));

/** Waits until the kernel has taken what was typed. */
async function allIsRead() {
    while (emulator.v86.cpu.devices.uart2.input.length > 0) {
        await new Promise((resolve) => setTimeout(resolve));
    }
}

/** The machine as it is now, restored as for a page that is reloaded. */
async function restore() {
    await restoreState(emulator, await emulator.save_state());
}

await test('the page\'s commands are answered in their order', async () => {
    const { control, leave } = newPage();
    const answers = [1, 2, 3].map((number) => control.run(`echo ${number}; printf '%s' '  two'`));
    assert.deepEqual(await answer(Promise.all(answers)), ['1\n  two', '2\n  two', '3\n  two']);
    leave();
});

await test('the answer to a command of the page before is not taken for one of this page', async () => {
    const before = newPage();
    await answer(before.control.run('mkfifo -m 666 /run/pending'));
    // The shell has something else to do when the command is typed.
    type('cat /run/pending\n');
    before.control.run('echo old');
    await first.run('until pidof cat; do :; done');
    await allIsRead();
    await restore();
    before.leave();
    const { control, leave } = newPage();
    const answered = control.run('echo new');
    await second.run('echo pending >/run/pending');
    assert.equal(await answer(answered), 'new\n');
    await answer(control.run('rm /run/pending'));
    leave();
});

await test('a command that was typed by half is not the beginning of the next', async () => {
    type('printf half; printf ');
    await allIsRead();
    await restore();
    const { control, leave } = newPage();
    assert.equal(await answer(control.run('echo whole')), 'whole\n');
    leave();
});

await test('a command that was under way when the shell was killed is answered by the next one', async () => {
    const { control, leave } = newPage();
    const answered = control.run('[ -e /run/once ] || { : >/run/once; kill -9 $$; }; echo again');
    assert.equal(await answer(answered), 'again\n');
    assert.equal(control.pending, undefined);
    await answer(control.run('rm /run/once'));
    leave();
});

await test('what was asked of a machine that is gone is not typed at the next', async () => {
    const { control, leave } = newPage();
    const asked = [control.run('kill -STOP $$'), control.run('touch /run/stale')];
    await allIsRead();
    control.forget();
    assert.deepEqual(await answer(Promise.all(asked)), ['', '']);
    await first.run('sudo kill -CONT $(pidof control)');
    assert.equal(await answer(control.run('[ -e /run/stale ] || echo clean')), 'clean\n');
    leave();
});

await test('the machine\'s clock goes on when it is restored, again and again', async () => {
    for (let times = 0; times < 2; times += 1) {
        await restore();
        const { control, leave } = newPage();
        const start = performance.now();
        await answer(control.run('sleep 0.1'));
        const took = performance.now() - start;
        assert.ok(took < 15_000, `it sleeps for ${took} ms`);
        leave();
    }
});
