// The choice that a run made true is the one that the kernel agrees with.

import assert from 'node:assert/strict';
import { gradedBy, parseConditions, seenIn } from '../page/conditions.js';
import { test } from './harness.mjs';

const namespaces = (...names) => [{ kind: 'uts' }, { kind: 'user' }, ...names.map((name) => {
    const [kind, letter] = name.split('-');
    return { kind, letter };
})];
const processes = (...names) => names.map((name) => {
    const [comm, state = 'S'] = name.split(':');
    return { comm, state };
});

/** A run: what it printed, and what it changed. */
const run = ({ printed = [], before = [], after = [], alive = [] }) => ({
    printed,
    before: { namespaces: namespaces(...before), processes: processes('init') },
    after: { namespaces: namespaces(...after), processes: processes('init', ...alive) },
});
const graded = (text, about) => gradedBy(parseConditions(text), run(about));

await test('a printed line makes a condition true', () => {
    const text = 'prints parent:.*goldilocks-web; prints parent:.*helo; prints EPERM';
    const printed = ['uts.nodename in child:  helo', 'uts.nodename in parent: goldilocks-web'];
    assert.deepEqual(graded(text, { printed }), [1]);
    assert.deepEqual(graded(text, { printed: [...printed, 'in parent: helo'] }), [1, 2], 'more than one is told');
    assert.deepEqual(graded(text, { printed: ['parent:', 'helo'] }), [], 'a pattern is of one line');
});

await test('exactly the new kinds of namespaces make a condition true', () => {
    const text = 'new none; new uts; new uts user; else';
    assert.deepEqual(graded(text, {}), [1]);
    assert.deepEqual(graded(text, { after: ['uts-A'] }), [2]);
    assert.deepEqual(graded(text, { after: ['user-A', 'uts-A', 'uts-B'] }), [3]);
    assert.deepEqual(graded(text, { after: ['pid-A'] }), [4]);
    assert.deepEqual(graded(text, { before: ['uts-A'], after: ['uts-A'] }), [1], 'one that was there is not new');
    assert.deepEqual(graded(text, { before: ['uts-A'], after: ['uts-B'] }), [2], 'one in the place of another is new');
    assert.deepEqual(graded(text, { before: ['uts-A'] }), [1], 'one that is gone is not new');
});

await test('the processes that are alive make a condition true', () => {
    const text = 'alive sleep 0; alive sleep 1; alive sleep 2; else';
    assert.deepEqual(graded(text, { alive: ['sleeper'] }), [1]);
    assert.deepEqual(graded(text, { alive: ['sleep', 'sleep:Z'] }), [2], 'a zombie is not alive');
    assert.deepEqual(graded(text, { alive: ['sleep:T', 'sleep'] }), [3], 'one that is stopped is');
    assert.deepEqual(graded(text, { alive: ['sleep', 'sleep', 'sleep'] }), [4]);
    assert.deepEqual(graded('alive step05-unshare-long 1; else', { alive: ['step05-unshare-'] }), [1], 'the kernel keeps 15 characters');
});

await test('what is no condition is an error that says so', () => {
    for (const [text, told] of [
        ['print a; else', '"print a" is no condition'],
        ['prints; else', '"prints" is no condition'],
        ['', '"" is no condition'],
        ['toString a; else', '"toString a" is no condition'],
        ['else a; else', '"else a" is no condition'],
        ['new uts hostname; else', '"hostname" is no kind'],
        ['alive sleep; else', '"sleep" is no name with a number'],
        ['prints (; else', 'Invalid regular expression'],
        ['else; prints a; else', 'more than one else'],
    ]) {
        assert.throws(() => parseConditions(text), ({ message }) => message.includes(told), text);
    }
});

await test('a recorded session is a run', () => {
    const { before, after } = run({ after: ['uts-A'] });
    const steps = [{ printed: ['a'], after: before }, { printed: [], after }, { printed: ['b', 'c'], after }];
    const seen = seenIn({ terminal: 1, before, steps });
    assert.deepEqual(seen.printed, ['a', 'b', 'c']);
    assert.deepEqual(gradedBy(parseConditions('new uts; else'), seen), [1]);
});
