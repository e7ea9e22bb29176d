// What a reader has marked on a picture is graded by the difference of two pictures: nothing but
// the exact marks is right, and each hit, miss and wrong mark is told.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { buildFor } from '../page/language.js';
import { seenIn } from '../page/conditions.js';
import { grade, marksOf } from '../view/grading.js';
import { markWords, tell } from '../view/mark-words.js';
import { MarkingTable } from '../view/marking-table.js';
import { isMarked, offerOf, placesOf, toggle, UNMARKED } from '../view/marks.js';
import { KINDS } from '../view/rows.js';
import { folder, test } from './harness.mjs';

const BOOT = Object.fromEntries(KINDS.map((kind) => [kind, `${kind}0`]));
const IDS = { uid: 1000, gid: 1000, euid: 1000, egid: 1000 };
const CAPABILITIES = { inheritable: '0', permitted: '0', effective: '0', bset: '1', ambient: '0' };

const process = (pid, comm, parent, { ns = {}, ...rest } = {}) => ({
    address: `task${pid}`, pid, pids: [{ namespace: 'pid0', pid }], parent, comm, state: 'S', ids: IDS, capabilities: CAPABILITIES,
    namespaces: { ...BOOT, ...ns }, forChildren: { pid: 'pid0', time: 'time0' }, cgroup: 'root', ...rest,
});
const SHELLS = [1, 2].map((number) => process(10 * number, 'session', 1, { terminal: `ttyS${number - 1}` }))
    .flatMap((session, at) => [session, process(session.pid + 1, 'bash', session.pid, { terminal: `ttyS${at}` })]);
const NAMESPACES = KINDS.map((kind, at) => ({ kind, inode: 100 + at, address: `${kind}0`, count: 1, ...kind === 'uts' && { nodename: 'web', domainname: '' }, ...kind === 'mnt' && { mounts: 9 } }));
const own = (kind, letter, rest = {}) => ({ kind, inode: 200 + letter.charCodeAt(0), address: `${kind}${letter}`, count: 1, letter, ...rest });
const picture = (processes = [], namespaces = [], change = (it) => it) => ({
    release: '6', processes: [process(1, 'init', 0), ...SHELLS, ...processes].map(change),
    namespaces: [...NAMESPACES, ...namespaces].map((it) => change(it)), cgroups: [{ address: 'root', path: '/', removed: false }],
});
const CHILD = process(30, 'sleep', 11, { terminal: 'ttyS0', ns: { uts: 'utsA', user: 'userA' } });
const AFTER = picture([CHILD], [own('uts', 'A', { nodename: 'web', domainname: '' }), own('user', 'A')]);
const [BASH, OTHER] = ['/init/session@ttyS0/bash', '/init/session@ttyS1/bash'];

const marked = (...marks) => marks.reduce(toggle, UNMARKED);
const gradeOf = (expected, after = AFTER, before = picture(), on = before) => grade(expected, on, { before, after });
const told = (expected, after, before = picture(), language = 'en') => {
    buildFor(language);
    return tell(gradeOf(expected, after, before), expected, before).map(({ verdict, text }) => `${verdict} ${text}`);
};

await test('a mark is set and taken away, and nothing is expected beside nothing', () => {
    assert.deepEqual(marked(`row ${BASH}`, `cell uts ${BASH}`, `row ${BASH}`), { nothing: false, marks: [`cell uts ${BASH}`], fresh: [] });
    assert.deepEqual(marked('new 0 uts', 'new 0 user', 'new 1', 'new 0 uts'), { nothing: false, marks: [], fresh: [['user'], []] });
    assert.deepEqual(marked('new 0', 'new 1 net', 'new 0').fresh, [['net']], 'of two new processes the first is taken away');
    assert.deepEqual(marked(`row ${BASH}`, 'new 0', 'nothing'), { nothing: true, marks: [], fresh: [] });
    assert.deepEqual(marked('nothing', 'new 0 net'), { nothing: false, marks: [], fresh: [['net']] });
    assert.deepEqual([UNMARKED, marked('nothing'), marked('nothing', 'nothing'), marked('new 0')].map(isMarked), [false, true, false, true]);
});

await test('a process has the same place in another run, and none has that of another', () => {
    assert.equal(placesOf(picture()).get(11), BASH);
    const shifted = picture([], [], (it) => (it.pid > 1 ? { ...it, pid: it.pid + 500, parent: it.parent > 1 ? it.parent + 500 : 1 } : it));
    assert.deepEqual([...placesOf(shifted).values()], [...placesOf(picture()).values()]);
    const twins = [process(30, 'sh', 11), process(31, 'sh', 11), process(32, 'sh#2', 11), process(33, 'x', 99), process(34, 'y', 34)];
    const places = [...placesOf({ processes: [...SHELLS, ...twins] }).values()];
    assert.equal(new Set(places).size, SHELLS.length + twins.length);
    assert.deepEqual(placesOf({ processes: [process(5, 'a', 6), process(6, 'b', 5)] }).size, 2, 'processes that are each other\'s parents');
});

await test('what can be marked is what the picture has', () => {
    const zombie = process(31, 'gone', 11, { state: 'Z', namespaces: { user: 'user0', pid: 'pid0' } });
    const many = offerOf(picture([], ['B', 'AA', 'A'].map((letter) => own('uts', letter)))).held[3];
    assert.deepEqual(many.map(({ mark, namespace }) => [mark, namespace.letter]), [['holds uts 0', undefined], ['holds uts 1', 'A'], ['holds uts 2', 'B'], ['holds uts 3', 'AA']]);
    const { marks, held } = offerOf(picture([CHILD, zombie], AFTER.namespaces.slice(-2)));
    assert.ok(marks.has(`row ${BASH}`) && marks.has(`cell pid ${BASH}/sleep@ttyS0`) === false && marks.has(`cell pid ${BASH}/sleep`));
    assert.deepEqual(held.map((all) => all.length), [2, 0, 1, 2, 0, 1, 1, 0]);
    assert.ok(![...marks].some((mark) => mark.includes('/session@ttyS0') && !mark.includes('/bash')), 'a process without a row');
    const differing = offerOf(picture([{ ...zombie, parent: 30 }, CHILD], AFTER.namespaces.slice(-2))).marks;
    assert.ok(!differing.has(`cell net ${BASH}/sleep/gone`), 'a zombie has no net namespace that could become another');
});

await test('each change is a mark', () => {
    const changed = (change, namespaces = []) => [...marksOf(picture(), picture([], namespaces, change)).marks.keys()];
    const bash = (fields) => (it) => (it.pid === 11 ? { ...it, ...fields } : it);
    for (const [what, fields] of Object.entries({
        zombie: { state: 'Z' }, stopped: { state: 'T' }, program: { comm: 'sleep' }, ids: { ids: { ...IDS, uid: 0 } }, parent: { parent: 1 },
        capabilities: { capabilities: { ...CAPABILITIES, effective: '1' } }, no_new_privs: { noNewPrivs: true }, seccomp: { seccomp: { mode: 2, filters: 1 } },
    })) {
        assert.deepEqual(changed(bash(fields)), [`row ${BASH}`], what);
    }
    assert.deepEqual(changed(bash({ namespaces: { ...BOOT, uts: 'utsA' } }), [own('uts', 'A')]), [`cell uts ${BASH}`]);
    assert.deepEqual(changed(bash({ forChildren: { pid: 'pidA', time: 'time0' } }), [own('pid', 'A')]), [`cell pid ${BASH}`]);
    assert.deepEqual(changed((it) => (it.kind === 'uts' ? { ...it, nodename: 'helo' } : it)), ['holds uts 0']);
    assert.deepEqual(changed((it) => (it.kind === 'mnt' ? { ...it, mounts: 10 } : it)), ['holds mnt 0']);
    assert.deepEqual(changed((it) => it), []);
    const ended = marksOf(AFTER, picture());
    assert.deepEqual([[...ended.marks.keys()], ended.born], [[`row ${BASH}/sleep`], []]);
});

await test('a new process is somewhere else than its parent, in namespaces that are new or were there', () => {
    const before = picture([], [own('user', 'A'), own('net', 'A')]);
    const after = picture([process(30, 'sh', 11, { ns: { user: 'userA', uts: 'utsA' }, forChildren: { pid: 'pidA', time: 'time0' } }), process(31, 'x', 30, { ns: { user: 'userA', uts: 'utsA', net: 'netA' } })],
        [own('user', 'A'), own('net', 'A'), own('uts', 'A'), own('pid', 'A')]);
    const zombie = process(32, 'gone', 11, { state: 'Z', namespaces: { user: 'userA', pid: 'pid0' }, forChildren: undefined });
    assert.deepEqual(marksOf(before, picture([zombie], [own('user', 'A'), own('net', 'A')])).born[0].kinds, ['user'], 'a zombie has no other namespaces');
    const { born } = marksOf(before, after);
    assert.deepEqual(born.map(({ process, kinds, made, forChildren }) => [process.pid, kinds, made, forChildren]), [[30, ['user', 'uts'], ['uts'], ['pid']], [31, ['net'], [], []]]);
});

await test('only the exact marks are right', () => {
    const right = marked('new 0 uts', 'new 0 user');
    assert.equal(gradeOf(right).isRight, true);
    assert.equal(gradeOf(marked('new 0 user', 'new 0 uts')).isRight, true, 'in another order');
    for (const wrong of [UNMARKED, marked('nothing'), marked('new 0'), marked('new 0 uts'), toggle(right, 'new 0 net'), toggle(right, 'new 1'),
        toggle(right, `row ${BASH}`), toggle(right, `cell uts ${BASH}`), toggle(right, 'holds uts 0')]) {
        assert.equal(gradeOf(wrong).isRight, false, JSON.stringify(wrong));
    }
    assert.equal(gradeOf(marked('nothing'), picture()).isRight, true);
    assert.equal(gradeOf(UNMARKED, picture()).isRight, false, 'who has marked nothing has not said so');
});

await test('two new processes are told apart by their namespaces, whichever is marked first', () => {
    const after = picture([CHILD, process(31, 'sh', 11)], AFTER.namespaces.slice(-2));
    assert.equal(gradeOf(marked('new 0', 'new 1 uts', 'new 1 user'), after).isRight, true);
    assert.equal(gradeOf(marked('new 0 uts', 'new 0 user', 'new 1'), after).isRight, true);
    const { fresh } = gradeOf(marked('new 0 uts', 'new 0 net', 'new 0 user'), after);
    assert.deepEqual(fresh.map(({ verdict, born, kinds }) => [verdict, born.process.pid, Object.fromEntries(kinds)]),
        [['hit', 30, { user: 'hit', uts: 'hit', net: 'wrong' }], ['miss', 31, {}]], 'the one that agrees best');
});

await test('what has no place in the picture does not count', () => {
    const before = picture([process(30, 'late', 11)]);
    const on = picture(); // marked before that process was there
    const seen = grade(marked('nothing'), on, { before, after: picture() });
    assert.deepEqual([seen.isRight, seen.marks.size], [true, 0]);
    const gone = grade(marked(`row ${BASH}/late`, 'new 0'), before, { before: on, after: on });
    assert.deepEqual([gone.isRight, gone.uncounted, gone.isNothing], [false, [`row ${BASH}/late`], true]);
});

await test('each hit, each miss and each wrong mark is told', () => {
    assert.deepEqual(told(marked('new 0 user', 'new 0 net', 'new 1', 'holds uts 0', `cell uts ${BASH}`, `row ${OTHER}`)), [
        'hit You expected this: there is a new process, sleep 30, a child of bash 11.',
        'hit You expected this: sleep 30 is in a new user namespace, A.',
        'miss You did not expect this: sleep 30 is in a new uts namespace, A.',
        'wrong You expected sleep 30 in another net namespace: it is in that of its parent.',
        'wrong You expected one more new process: there is none. One that has ended by then does not count.',
        'wrong You expected bash 11 in another uts namespace: it is in the same one as before.',
        'wrong You expected bash 21 to end or to become another: it is the same as before.',
        'wrong You expected the hostname of the initial uts namespace (web) to change, too: nothing has changed there.',
    ]);
    assert.deepEqual(told(marked('nothing'), picture()), ['hit You expected this: nothing is different.']);
    assert.deepEqual(told(marked('new 0'), picture()), ['miss You did not expect this: nothing is different.',
        'wrong You expected a new process: there is none. One that has ended by then does not count.']);
    assert.equal(told(marked('nothing'))[0], 'wrong You expected that nothing would be different.');
    const renamed = picture([], [], (it) => (it.kind === 'uts' ? { ...it, nodename: 'helo' } : it));
    assert.deepEqual(told(marked('holds uts 0'), renamed), ['hit You expected this: the nodename of uts (uts:[103]) became helo.']);
    assert.deepEqual(told(marked('holds uts 0'), renamed, picture(), 'ko'), ['hit 예상한 대로입니다. uts (uts:[103])의 nodename: web → helo.']);
    const joined = picture([{ ...CHILD, forChildren: { pid: 'pidA', time: 'time0' } }], [...AFTER.namespaces.slice(-2), own('pid', 'A')]);
    assert.deepEqual(told(marked('new 0 pid', 'new 0 uts', 'new 0 user'), joined, picture([], [...AFTER.namespaces.slice(-2), own('pid', 'A')])).slice(1), [
        'hit You expected this: sleep 30 is in the user namespace A, which was there before.',
        'wrong You expected sleep 30 in another pid namespace: it is in that of its parent, and only its next child will be in another.',
        'hit You expected this: sleep 30 is in the uts namespace A, which was there before.',
    ]);
    assert.deepEqual(told(marked(`cell net ${BASH}/sleep`), picture(), AFTER), ['miss You did not expect this: sleep 30 ended.',
        'wrong You expected sleep 30 in another net namespace: it has ended.']);
});

/** The sessions of all recordings. */
const sessions = readdirSync(`${folder}/recordings`).filter((file) => !file.endsWith('.experiments.json')).flatMap((file) =>
    JSON.parse(readFileSync(`${folder}/recordings/${file}`, 'utf8')).sessions.map((session, at) => ({ name: `${file} ${at + 1}`, ...seenIn(session) })));

/** What is right for a session. */
function rightOf({ before, after }) {
    const { marks, born } = marksOf(before, after);
    const offered = offerOf(before).marks;
    const own = [...marks.keys()].filter((mark) => offered.has(mark));
    return { nothing: own.length + born.length === 0, marks: own, fresh: born.map(({ kinds }) => kinds) };
}

await test('of every recorded session exactly one answer is right', () => {
    const count = { changing: 0, nothing: 0 };
    for (const seen of sessions) {
        const right = rightOf(seen);
        const isRight = (/** @type {object} */ expected) => grade(expected, seen.before, seen).isRight;
        assert.ok(isRight(right), seen.name);
        count[right.nothing ? 'nothing' : 'changing'] += 1;
        const others = [UNMARKED, ...right.nothing ? [] : [marked('nothing')], ...right.marks.map((mark) => toggle(right, mark)),
            ...[...offerOf(seen.before).marks].filter((mark) => !right.marks.includes(mark)).map((mark) => toggle(right, mark)),
            ...[...right.fresh, []].flatMap((_, at) => [toggle(right, `new ${at}`), ...KINDS.map((kind) => toggle(right, `new ${at} ${kind}`))])];
        others.forEach((other) => assert.ok(!isRight(other), `${seen.name}: ${JSON.stringify(other)} is right as well as ${JSON.stringify(right)}`));
        for (const language of ['en', 'ko']) {
            buildFor(language);
            const graded = grade(right, seen.before, seen);
            assert.ok(tell(graded, right, seen.before).every(({ verdict, text }) => verdict === 'hit' && !/undefined|NaN/.test(text)), seen.name);
        }
    }
    assert.ok(count.changing > 20 && count.nothing > 20, JSON.stringify(count));
    console.log(`        ${count.changing} recorded sessions change something, ${count.nothing} nothing`);
});

await test('marks on the recorded picture are graded by another run, with other numbers and letters', () => {
    const later = (letter) => letter && `B${letter}`;
    const other = ({ processes, namespaces, ...rest }) => ({
        ...rest,
        processes: processes.map((it) => ({ ...it, pid: it.pid === 1 ? 1 : it.pid + 777, parent: it.parent > 1 ? it.parent + 777 : it.parent, address: `x${it.address}` })),
        namespaces: namespaces.map((it) => ({ ...it, inode: it.inode + 5, letter: later(it.letter) })),
    });
    for (const seen of sessions) {
        const run = { before: other(seen.before), after: other(seen.after) };
        assert.ok(grade(rightOf(seen), seen.before, run).isRight, seen.name);
    }
});

await test('everything that can be marked is a button that says what it marks', () => {
    for (const language of ['en', 'ko']) {
        buildFor(language);
        for (const { name, before } of sessions) {
            const drawn = renderToString(html`<${MarkingTable} picture=${before} expected=${marked('new 0')} />`);
            const unescaped = (/** @type {string} */ text) => text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&');
            const marks = [...drawn.matchAll(/data-mark="(.*?)"/g)].map(([, mark]) => unescaped(mark));
            assert.deepEqual(new Set(marks), new Set([...offerOf(before).marks, 'nothing', ...['new 0', 'new 1'].flatMap((mark) => [mark, ...KINDS.map((kind) => `${mark} ${kind}`)])]), name);
            const labels = [...drawn.matchAll(/<button[^>]*? aria-label="(.*?)" title/g)].map(([, label]) => label);
            assert.equal(new Set(labels).size, marks.length, `${name}: two buttons are called the same`);
        }
        assert.ok(markWords().how.length > 0);
    }
});
