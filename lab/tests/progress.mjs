// The reader's progress is kept, whatever the browser's storage does.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { test } from './harness.mjs';

const SCRIPT = readFileSync(new URL('../../book/theme/progress.js', import.meta.url), 'utf8');

/** A storage that never refuses. */
const storageOf = (map) => ({
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => map.set(key, String(value)),
    removeItem: (key) => map.delete(key),
});

/** One that a browser forbids. */
const forbid = () => { throw new Error('forbidden'); };
const FORBIDDEN = { getItem: forbid, setItem: forbid, removeItem: forbid };

/** A tab that shows a page; returns its progress, and how often it was told of a change. */
function tab(localStorage, pathname = '/en/index.html') {
    const listeners = {};
    const told = { count: 0 };
    const window = { book: { setUp() {} } };
    const location = { pathname };
    runInContext(SCRIPT, createContext({
        window, location, localStorage, structuredClone, Event,
        document: { dispatchEvent: () => { told.count += 1; } },
        addEventListener: (name, heard) => { listeners[name] = heard; },
    }));
    return { progress: window.book.progress, told, window, location, listeners };
}

/** As a test compares it: what comes from another context has other prototypes. */
const plain = (it) => JSON.parse(JSON.stringify(it));
const NOTHING = { visited: false, ran: [], predicted: {}, solved: {} };

await test('progress is kept in the storage, and each change is told once', () => {
    const map = new Map();
    const { progress, told } = tab(storageOf(map));
    progress.visited('step03-uts');
    progress.ran('step03-uts', 4);
    progress.ran('step03-uts', 0);
    progress.ran('step03-uts', 4);
    progress.predicted('step03-uts', 'predict', 2, false);
    const expected = { visited: true, ran: [0, 4], predicted: { predict: { choice: 2, isRight: false } }, solved: {} };
    assert.deepEqual(plain(progress.of('step03-uts')), expected);
    assert.equal(told.count, 4);
    const other = tab(storageOf(map));
    assert.deepEqual(plain(other.progress.all()), { 'step03-uts': expected });
    other.progress.solved('challenges', 'one');
    const { one } = progress.of('challenges').solved;
    assert.ok(Math.abs(one - Date.now()) < 60_000, 'a challenge was solved when that was told');
    progress.solved('challenges', 'one');
    assert.equal(progress.of('challenges').solved.one, one, 'what is solved again was solved then');
    other.progress.retracted('step03-uts', 'predict');
    assert.deepEqual(plain(progress.of('step03-uts').predicted), {}, 'what another tab changes is seen');
    const all = plain(progress.all());
    map.set('book-runs', '{}').set('book-participant', '{}').set('book-language', 'ko');
    progress.forget();
    assert.deepEqual(plain(progress.all()), {});
    assert.deepEqual([...map.keys()], ['book-language'], 'what belongs to the progress is forgotten with it, and nothing else');
    progress.replace(all);
    assert.deepEqual(plain(other.progress.all()), all);
});

await test('without a storage progress lasts as long as the page', () => {
    const { progress, told } = tab(FORBIDDEN);
    assert.deepEqual(plain(progress.of('step03-uts')), NOTHING);
    progress.ran('step03-uts', 1);
    progress.visited('step04-setns');
    assert.deepEqual(plain(progress.of('step03-uts').ran), [1]);
    assert.equal(told.count, 2);
    progress.forget();
    assert.deepEqual(plain(progress.all()), {});
});

await test('what was stored by something else is no progress', () => {
    for (const stored of ['{', 'null', '[]', '{"step03-uts": 1}', '{"step03-uts": {"ran": [1.5, "x"], "predicted": {"a": {"choice": "1"}}, "visited": 1, "solved": {"one": true}}}']) {
        const { progress } = tab(storageOf(new Map([['book-progress', stored]])));
        assert.deepEqual(plain(progress.of('step03-uts')), NOTHING, stored);
        progress.ran('step03-uts', 0);
        assert.deepEqual(plain(progress.of('step03-uts').ran), [0], stored);
    }
});

await test('a page that is shown was visited, and what is no chapter was not', () => {
    const { progress, window, location } = tab(storageOf(new Map()), '/ko/step01-proc-ns.html');
    location.pathname = '/ko/step02-clone.html';
    window.book.setUp();
    for (const name of ['', 'index.html', 'print.html', '404.html']) {
        location.pathname = `/ko/${name}`;
        window.book.setUp();
    }
    assert.deepEqual(Object.keys(progress.all()), ['step01-proc-ns', 'step02-clone']);
});

await test('a change in another tab is told', () => {
    const { told, listeners } = tab(storageOf(new Map()));
    listeners.storage({ key: 'mdbook-theme' });
    assert.equal(told.count, 0);
    listeners.storage({ key: 'book-progress' });
    listeners.storage({ key: null });
    assert.equal(told.count, 2);
});
