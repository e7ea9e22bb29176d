// What a process may do is what the kernel says: its capabilities, no_new_privs and seccomp's filters.

import assert from 'node:assert/strict';
import { inWords, NAMES } from '../view/capabilities.js';
import { sentence } from '../view/sentences.js';
import { during } from './changes.mjs';
import { ask, first, test } from './harness.mjs';
import { isRight, until } from './kernel.mjs';

const ALL = '1ffffffffff';

/** The bits of capabilities, as a picture has them. */
const bits = (...names) => names.reduce((sum, name) => sum | 1n << BigInt(NAMES.indexOf(name)), 0n).toString(16);

/** A process by its PID, as soon as something holds of it. */
const process = (pid, holds) => until(({ processes }) => processes.find((it) => it.pid === pid && holds(it)));

await test('capabilities are called what libcap calls them, and the kernel knows no others', async () => {
    const [decoded] = await first.run(`capsh --decode=${ALL}`);
    assert.deepEqual(decoded.split('=')[1].split(','), NAMES.map((name) => name.toLowerCase()));
    assert.equal(Number(await ask('cat /proc/sys/kernel/cap_last_cap')), NAMES.length - 1);
    assert.deepEqual([ALL, '0', '3', '1fffffffffe'].map((set) => inWords(set)), ['all 41', 'none', 'CAP_CHOWN, CAP_DAC_OVERRIDE', 'all but CAP_CHOWN']);
    assert.equal(inWords('1e', 3), '4 capabilities');
});

await test('four of the sets and no_new_privs are what /proc says, and changes of them are told', async () => {
    const [started] = await first.start(`sudo sh -c 'echo my PID is $$; read go; exec setpriv --reuid 1001 --clear-groups --no-new-privs
        --inh-caps +chown,+kill --ambient-caps +chown --bounding-set -sys_admin sleep 1000'`.replace(/\n\s+/g, ' '), /my PID is (\d+)\r*\n/);
    const pid = Number(started);
    const { seen, result: { capabilities } } = await during(async () => {
        first.line.type('\r');
        return process(pid, ({ comm, state }) => comm === 'sleep' && state === 'S');
    });
    const [chown, both, most] = [bits('CAP_CHOWN'), bits('CAP_CHOWN', 'CAP_KILL'), (BigInt(`0x${ALL}`) ^ BigInt(`0x${bits('CAP_SYS_ADMIN')}`)).toString(16)];
    assert.deepEqual(capabilities, { inheritable: both, permitted: chown, effective: chown, bset: most, ambient: chown });
    const changed = seen.filter((it) => it.what === 'capabilities' && it.pid === pid);
    assert.deepEqual(changed.map(({ before }) => before), [{ inheritable: '0', permitted: ALL, effective: ALL, bset: ALL, ambient: '0' },
        ...changed.slice(0, -1).map(({ after }) => after)]);
    assert.deepEqual(changed.at(-1).after, capabilities);
    assert.equal(sentence({ ...changed.at(-1), comm: 'sleep', before: changed[0].before }), `capabilities of sleep ${pid}: `
        + 'got CAP_CHOWN, CAP_KILL (inheritable); lost all but CAP_CHOWN (permitted, effective); lost CAP_SYS_ADMIN (bset); got CAP_CHOWN (ambient)');
    assert.equal(seen.filter((it) => it.what === 'no_new_privs' && it.pid === pid).length, 1);
    await isRight();
    first.line.type('\x03');
    await first.prompt();
});

await test('capabilities that are permitted and not effective, and two seccomp filters, are what /proc says', async () => {
    // It is stopped when its effective set has become smaller.
    const { seen, result } = await during(async () => {
        await first.start('sudo strace -f -o /dev/null -e inject=capset:signal=SIGSTOP step13-privilege seccomp seccomp effective');
        return until(({ processes }) => processes.find(({ state, capabilities, seccomp }) =>
            state === 't' && capabilities.effective !== capabilities.permitted && seccomp?.filters === 2));
    });
    const { pid, comm, capabilities: { effective, permitted }, seccomp } = result;
    assert.deepEqual([permitted, inWords(effective)], [ALL, 'all but CAP_SYS_ADMIN']);
    assert.equal(seccomp.mode, 2);
    assert.deepEqual(seen.filter((it) => it.what === 'seccomp').at(-1), { what: 'seccomp', pid, comm, mode: 2, filters: 2 });
    await isRight();
    await ask(`kill -9 ${pid}`);
    await first.prompt();
});
