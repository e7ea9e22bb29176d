// What the text points at in a recorded run is found in another, and what a session prints is told
// from what is typed.

import assert from 'node:assert/strict';
import { outputs } from '../page/cover.js';
import { placeOf, pointAt } from '../view/point.js';
import { test } from './harness.mjs';

const picture = (...names) => ({
    namespaces: [{ kind: 'uts' }, ...names.map((name) => ({ kind: name.split('-')[0], letter: name.split('-')[1] }))],
});
const recorded = { before: picture('uts-A'), after: picture('uts-C', 'user-A', 'uts-B', 'uts-A') };

await test('a namespace is found by its place among those that are new', () => {
    const place = placeOf(recorded, { kind: 'uts', letter: 'C' });
    assert.deepEqual(place, { kind: 'uts', isNew: true, at: 1 });
    const run = { before: picture('uts-Z'), after: picture('uts-AB', 'uts-Z', 'uts-AA') };
    assert.deepEqual(pointAt(run, place), { kind: 'uts', letter: 'AB' });
    assert.deepEqual(pointAt(recorded, place), { kind: 'uts', letter: 'C' });
    assert.equal(pointAt({ before: picture(), after: picture('uts-A') }, place), undefined, 'there is only one');
});

await test('one that was there before is found by its place among all', () => {
    const place = placeOf(recorded, { kind: 'uts', letter: 'A' });
    assert.deepEqual(place, { kind: 'uts', isNew: false, at: 0 });
    assert.deepEqual(pointAt({ before: picture('uts-D'), after: picture('uts-E', 'uts-D') }, place), { kind: 'uts', letter: 'D' });
});

await test('what the picture does not have has no place', () => {
    assert.equal(placeOf(recorded, { kind: 'uts', letter: 'D' }), undefined);
    assert.equal(placeOf(recorded, { kind: 'net', letter: 'A' }), undefined);
});

await test('output is what is neither a command nor a key', () => {
    const text = '$ one\n1\n\n2\n^Z\nstopped\n# two\n$ three\nlast';
    const found = outputs(text);
    assert.deepEqual(found.map(({ from, to }) => text.slice(from, to)), ['1\n\n2\n', 'stopped\n', 'last']);
    assert.deepEqual(found.map(({ lines }) => lines), [2, 1, 1]);
    assert.deepEqual(outputs('$ one\n$ two\n'), []);
    assert.deepEqual(outputs('$ one\nx\n').map(({ from, to }) => [from, to]), [[6, 8]]);
});
