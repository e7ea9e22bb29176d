// What differs between two runs of an experiment is marked, and nothing else: not that PIDs and
// inode numbers are others.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { buildFor } from '../page/language.js';
import { experimentOf, isOf, parseExperiment } from '../recording/experiment.js';
import { experimentsOf } from '../recording/experiments.mjs';
import { compare } from '../view/comparison.js';
import { Comparison } from '../view/comparison-view.js';
import { lacking, wordsOf } from '../view/lacking.js';
import { KINDS } from '../view/rows.js';
import { folder, test } from './harness.mjs';

const BOOT = Object.fromEntries(KINDS.map((kind) => [kind, `${kind}0`]));
const IDS = { uid: 1000, gid: 1000, euid: 1000, egid: 1000 };
const CAPABILITIES = { inheritable: '0', permitted: '0', effective: '0', bset: '1', ambient: '0' };
const process = (pid, comm, parent, { ns = {}, ...rest } = {}) => ({
    address: `task${pid}`, pid, pids: [{ namespace: 'pid0', pid }], parent, comm, state: 'S', ids: IDS, capabilities: CAPABILITIES,
    namespaces: { ...BOOT, ...ns }, forChildren: { pid: 'pid0', time: 'time0' }, cgroup: 'root', ...rest,
});
const NAMESPACES = KINDS.map((kind, at) => ({ kind, inode: 4026531830 + at, address: `${kind}0`, count: 1, ...kind === 'uts' && { nodename: 'web', domainname: '' } }));
const own = (kind, letter, rest = {}) => ({
    kind, inode: 4026532000 + letter.charCodeAt(0), address: `${kind}${letter}`, count: 1, letter,
    ...kind === 'user' && { uids: [], gids: [], setgroups: true }, ...kind === 'net' && { devices: ['lo'], up: [] }, ...kind === 'uts' && { nodename: 'web', domainname: '' }, ...rest,
});
const picture = (processes = [], namespaces = [], cgroups = []) => ({
    release: '6', processes: [process(1, 'init', 0), process(10, 'session', 1, { terminal: 'ttyS0' }), process(11, 'bash', 10, { terminal: 'ttyS0' }), ...processes],
    namespaces: [...NAMESPACES, ...namespaces], cgroups: [{ address: 'root', path: '/', removed: false }, ...cgroups],
});
const run = (...steps) => ({ before: picture(), steps: steps.map(([command, after = picture(), ...printed]) => ({ prompt: '$', command, printed, after })) });
const rowsOf = (...runs) => experimentOf(...runs.map(({ steps }) => steps)).rows;
const compared = (one, other, moment) => compare([one, other], rowsOf(one, other).slice(0, moment));
const marked = (side) => [...side.printed.flatMap(({ command, lines }) => [...command, ...lines]), ...side.told].filter(({ isOther }) => isOther).map(({ text }) => text.trim());
const facts = ({ facts: all }) => all.map(({ what, values }) => `${what}: ${values.join(' | ')}`);

buildFor('en');

await test('the lines of an experiment belong to one run, to the other, or to both', () => {
    const { commands, rows } = parseExperiment('  # mkdir a\n- $ one\n+ $ unshare one\n+ $ two\n\n  # rmdir a  \n');
    assert.deepEqual(commands.map((all) => all.map(({ prompt, command }) => `${prompt} ${command}`)),
        [['# mkdir a', '$ one', '# rmdir a'], ['# mkdir a', '$ unshare one', '$ two', '# rmdir a']]);
    assert.deepEqual(rows, [[0, 0], [1, 1], [undefined, 2], [2, 3]]);
    assert.deepEqual(parseExperiment('- $ a\n- $ b\n+ $ c\n').rows, [[0, 0], [1, undefined]]);
    for (const line of ['$ a', '* $ a', '- a', '  $ ', ' $ a']) {
        assert.throws(() => parseExperiment(`${line}\n`), /no line of an experiment/, line);
    }
});

await test('of two commands the words are marked that the other one lacks', () => {
    const said = (...commands) => wordsOf(commands).map((parts) => parts.map(({ text, isOther }) => (isOther ? `[${text}]` : text)).join(''));
    assert.deepEqual(said('unshare --pid sleep 9', 'unshare --pid --fork sleep 9'), ['unshare --pid sleep 9', 'unshare --pid [--fork ]sleep 9']);
    assert.deepEqual(said('bash', 'unshare --uts bash'), ['bash', '[unshare --uts ]bash']);
    assert.deepEqual(said('a  b', 'a b'), ['a  b', 'a b'], 'gaps are no words');
    assert.deepEqual(said('a', undefined), ['[a]', '']);
    assert.deepEqual(lacking([1, 2, 3], [2, 3, 4]), [[true, false, false], [false, false, true]]);
});

await test('two runs that did the same differ in nothing, whatever their numbers are', () => {
    const one = run(['sleep 9 &', picture([process(30, 'sleep', 11, { ns: { uts: 'utsA' } })], [own('uts', 'A', { nodename: 'web' })]), '[1] 3000', 'uts:[4026532065]']);
    const moved = run(['sleep 9 &', picture([process(3111, 'sleep', 11, { ns: { uts: 'utsB' } })], [{ ...own('uts', 'B', { nodename: 'web' }), letter: 'A' }]), '[1] 3000', 'uts:[4026532066]']);
    for (const moment of [0, 1]) {
        const { facts: found, runs } = compared(one, moved, moment);
        assert.deepEqual(found, []);
        assert.deepEqual(runs.map((side) => [marked(side), [...side.differs.places]]), [[[], []], [[], []]]);
    }
    // A number that is that of nothing is itself.
    const printed = compared(run(['id', undefined, '1000']), run(['id', undefined, '6553']), 1);
    assert.deepEqual(printed.runs.map(marked), [['1000'], ['6553']]);
    const pids = (pid) => run(['sleep 9 &', picture([process(pid, 'sleep', 11)]), `[1] ${pid}`]);
    assert.deepEqual(compared(pids(300), pids(301), 1).runs.map(marked), [[], []], 'the PID of the same process is the same');
});

await test('what the kernel holds otherwise is told, and marked where it is seen', () => {
    const one = run(['sleep 9 &', picture([process(30, 'sleep', 11)])]);
    const other = run(['unshare sleep 9 &', picture([process(30, 'unshare', 11, { forChildren: { pid: 'pidA', time: 'time0' } }),
        process(31, 'sleep', 30, { ns: { pid: 'pidA' }, pids: [{ namespace: 'pid0', pid: 31 }, { namespace: 'pidA', pid: 1 }] })], [own('pid', 'A')])]);
    const found = compared(one, other, 1);
    assert.deepEqual(facts(found), ['pid namespace of sleep: initial | A', 'pid namespace for the children of sleep: none | initial',
        'PID inside of sleep: none | 1', 'parent of sleep: bash | unshare', 'process unshare: not there | there']);
    assert.deepEqual(found.runs.map(({ differs }) => [...differs.places]), [['30 pid', '30'], ['31 pid', '31', '30']]);
    assert.deepEqual(marked(found.runs[0]), ['sleep 30 was born']);
    const everywhere = run(['sleep 9 &', picture([process(30, 'sleep', 11, { ns: { user: 'userA', net: 'netA' } })], [own('user', 'A'), own('net', 'A')])]);
    const inHost = run(['sleep 9 &', picture([process(30, 'sleep', 11, { ns: { user: 'userA' } })], [own('user', 'A')])]);
    assert.deepEqual(compared(everywhere, inHost, 1).runs.map(({ table }) => table.columns.map(({ kind }) => kind)), [['net', 'user'], ['net', 'user']], 'what differs comes first');
    assert.deepEqual(facts(compared(one, other, 0)), [], 'before the first command something differs');
});

await test('what has ended is not what lives, and what is the same is told once', () => {
    const two = (...states) => run(['sh', picture(states.map((state, at) => process(30 + at, 'sh', 11, { state, ...state === 'Z' && { namespaces: { user: 'user0', pid: 'pid0' } } })))]);
    assert.deepEqual(facts(compared(two('S', 'S', 'S'), two('S'), 1)), ['process sh ×2: there | not there']);
    assert.deepEqual(facts(compared(two(), two('Z'), 1)), ['process sh · zombie: not there | there']);
    const elsewhere = run(['sh', picture([process(30, 'cat', 11), process(31, 'sh', 30, { state: 'Z' })])]);
    assert.deepEqual(facts(compared(two('S'), elsewhere, 1)), ['process sh: there | not there', 'process cat: not there | there', 'process sh · zombie: not there | there']);
});

await test('what the table has no column for is told, and its process has a row', () => {
    const child = (rest) => run(['bash', picture([process(30, 'bash', 11, rest)])]);
    const each = {
        'no_new_privs of bash: 0 | 1': { noNewPrivs: true },
        'uid of bash: 1000 | 0 (euid 7)': { ids: { ...IDS, uid: 0, euid: 7 } },
        'state of bash: alive | zombie': { state: 'Z' },
        'seccomp of bash: none | 2 filters': { seccomp: { mode: 2, filters: 2 } },
    };
    for (const [fact, rest] of Object.entries(each)) {
        const later = run(['bash', picture([process(30, 'bash', 11, rest)])], ['true', picture([process(30, 'bash', 11, rest)])]);
        const before = run(['bash', child({}).steps[0].after], ['true', child({}).steps[0].after]);
        const found = compared(before, later, 2);
        assert.deepEqual(facts(found), [fact]);
        assert.deepEqual(found.runs.map(({ table }) => table.rows.some(({ process: { pid } }) => pid === 30)), [true, true], fact);
    }
    const uts = (nodename) => run(['hostname', { ...picture(), namespaces: NAMESPACES.map((it) => (it.kind === 'uts' ? { ...it, nodename } : it)) }]);
    assert.deepEqual(facts(compared(uts('web'), uts('<b>'), 1)), ['nodename of initial uts namespace: web | <b>']);
    const limited = (limit) => run(['echo', picture([], [], [{ address: 'c', path: '/c', removed: false, pids: { current: 1, limit, refused: limit ? 4 : 0 } }])]);
    const inside = run(['echo', picture([process(30, 'cat', 11, { cgroup: 'c' })], [], [{ address: 'c', path: '/c', removed: false }])]);
    const left = run(['echo', picture([process(30, 'cat', 11)], [], [{ address: 'c', path: '/c', removed: false }])]);
    assert.deepEqual(facts(compared(inside, left, 1)), ['cgroup of cat: /c | /', 'processes of /c: 1 | 0']);
    assert.deepEqual(compared(inside, left, 1).runs.map(({ differs }) => [...differs.places]), [['30 in'], ['30 in']]);
    assert.deepEqual(facts(compared(limited(undefined), limited(3), 1)), ['pids.max of /c: max | 3', 'refusals by pids.max of /c: 0 | 4']);
});

await test('a run that went no further is compared as it was then', () => {
    const one = run(['cat'], ['true']);
    const other = { ...run(['cat'], ['true']), steps: [{ ...run(['cat']).steps[0], goesOn: true }] };
    const { runs } = compare([one, other], rowsOf(one, one));
    assert.deepEqual(runs.map(({ printed }) => printed.length), [2, 1]);
    assert.ok(runs[1].printed[0].goesOn);
});

await test('both runs are drawn in both languages, and what the machine says is text', () => {
    const runs = [run(['bash', undefined, '<img src=x>', 'same']), run(['unshare bash', undefined, 'same'])];
    for (const [language, sign] of [['en', 'not in the other run'], ['ko', '다른 실행에는 없음']]) {
        buildFor(language);
        const drawn = renderToString(html`<${Comparison} runs=${runs} rows=${rowsOf(...runs)} note="" />`);
        assert.ok(drawn.includes(`<mark>&lt;img src=x><span class="kernel-out-of-sight"> (${sign})</span></mark>`), drawn);
        assert.ok(drawn.includes(`<mark>unshare<span class="kernel-out-of-sight"> (${sign})</span></mark> bash`), drawn);
        assert.ok(!drawn.includes('undefined') && !drawn.includes('<img'), drawn);
    }
    buildFor('en');
});

await test('each recorded experiment is the page\'s, begins with nothing that differs, and shows a difference', () => {
    const names = readdirSync(`${folder}/recordings`).filter((name) => name.endsWith('.experiments.json'));
    assert.ok(names.length > 0);
    for (const name of names) {
        const page = name.replace('.experiments.json', '');
        const experiments = experimentsOf(page);
        const recorded = JSON.parse(readFileSync(`${folder}/recordings/${name}`));
        assert.equal(recorded.length, experiments.length, page);
        for (const [at, runs] of recorded.entries()) {
            const { rows } = experiments[at];
            assert.ok(isOf(experiments[at], runs), `${page}: another experiment was recorded`);
            assert.deepEqual(compare(runs, []).facts, [], `${page}: the runs do not begin alike`);
            const found = rows.map((_, row) => compare(runs, rows.slice(0, row + 1)));
            const isMarked = (side) => side.printed.some(({ lines }) => lines.some(({ isOther }) => isOther));
            assert.ok(found.some(({ facts: all, runs: sides }) => all.length > 0 || sides.some(isMarked)), `${page}: both runs are the same`);
        }
    }
});
