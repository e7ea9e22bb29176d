// What the page shows is what the picture says: each badge comes from one pointer in the memory.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { html } from 'htm/preact';
import { renderToString } from 'preact-render-to-string';
import { History, Letters, letters, withoutPage } from '../kernel/history.js';
import { newsOf } from '../view/news.js';
import { tableOf } from '../view/rows.js';
import { sentence } from '../view/sentences.js';
import { Table } from '../view/table.js';
import { emulator, first, machine, second, test } from './harness.mjs';
import { picture } from './kernel.mjs';

/** How much a page may load for the view, in kB, compressed. */
const KILOBYTES = 60;

const ALL = { kinds: true, processes: true };
const FEW = { kinds: false, processes: false };

/** A picture as the page has it: the letters are those of one that came before. */
const lettered = async (before) => new Letters().name(withoutPage(await picture()), before);

/** The cells of the table, as text: by process and kind. */
function cells(picture) {
    const rows = tableOf(picture, newsOf([]), ALL);
    const drawn = renderToString(html`<${Table} table=${rows} choose=${() => {}} all toggleAll=${() => {}} />`);
    return new Map([...drawn.matchAll(/<tr data-pid="\d+">(<th scope="row">.*?)<\/tr>/gs)].flatMap(([, row]) => {
        const [, who] = row.match(/title="(.*?)"/);
        return [...row.matchAll(/<td data-kind="(.*?)".*?aria-label="(.*?)"/gs)].map(([, kind, label]) => [`${who} ${kind}`, label]);
    }));
}

await test('each badge comes from one pointer in the memory, and no other changes with it', async () => {
    const [child] = await first.start('step03-uts helo', /PID of child created by clone\(\) is (\d+)\r*\n[^]*Press Enter/);
    const before = await lettered();
    const words = new Int32Array(emulator.v86.cpu.mem8.buffer, emulator.v86.cpu.mem8.byteOffset);
    const { layout } = machine.kernel;
    const at = (address) => (Number(address) - layout.PAGE_OFFSET) >>> 2;
    const process = before.processes.find(({ pid }) => pid === Number(child));
    const nsproxy = words[at(parseInt(process.address, 16) + layout['task_struct.nsproxy'])] >>> 0;
    const pointer = at(nsproxy + layout['nsproxy.uts_ns']);
    const own = words[pointer];
    words[pointer] = parseInt(before.processes[0].namespaces.uts, 16);
    const after = await lettered(before);
    words[pointer] = own;
    const [one, other] = [cells(before), cells(after)];
    const changed = [...one.keys()].filter((key) => one.get(key) !== other.get(key));
    assert.deepEqual(changed.map((key) => [key, one.get(key), other.get(key)]),
        [[`step03-uts ${child} uts`, 'uts namespace A helo', 'initial uts namespace']]);
    assert.deepEqual(cells(await lettered(before)), one);
    first.line.type('\n');
    await first.prompt();
});

await test('two namespaces that hold the same have letters of their own, and keep them', async () => {
    const history = new History();
    history.add(withoutPage(await picture()), 0);
    const start = (terminal) => terminal.start('step03-uts helo', /clone\(\) is (\d+)\r*\n[^]*Press Enter/);
    const lettersOf = (pids) => pids.map(([pid]) => {
        const { namespaces } = history.now.processes.find((process) => process.pid === Number(pid));
        return history.now.namespaces.find(({ address }) => address === namespaces.uts).letter;
    });
    const one = await start(first);
    history.add(withoutPage(await picture()), 1);
    const other = await start(second);
    history.add(withoutPage(await picture()), 2);
    assert.deepEqual(lettersOf([one, other]), ['A', 'B']);
    first.line.type('\n');
    await first.prompt();
    history.add(withoutPage(await picture()), 3);
    assert.deepEqual(lettersOf([other]), ['B']);
    const resumed = History.from(structuredClone(history.save()));
    const third = await start(first);
    [history, resumed].forEach((it) => it.add(withoutPage(it.now), 4));
    const now = withoutPage(await picture());
    [history, resumed].forEach((it) => it.add(now, 4));
    assert.deepEqual(lettersOf([other, third]), ['B', 'C']);
    assert.deepEqual(resumed.now, history.now);
    [first, second].forEach(({ line }) => line.type('\n'));
    await Promise.all([first.prompt(), second.prompt()]);
    assert.deepEqual([0, 25, 26, 701, 702].map(letters), ['A', 'Z', 'AA', 'ZZ', 'AAA']);
});

await test('the page\'s own shell is left out, and what it runs', async () => {
    const { processes } = await picture();
    const shown = withoutPage({ processes }).processes;
    assert.deepEqual(processes.filter((process) => !shown.includes(process)).map(({ comm, parent }) => `${parent} ${comm}`), ['1 control']);
    const child = { ...processes[0], pid: 99_999, parent: processes.find(({ comm }) => comm === 'control').pid };
    assert.equal(withoutPage({ processes: [...processes, child] }).processes.length, shown.length);
});

await test('who is only in namespaces of boot shares a row, but the shells of the terminals', async () => {
    const now = await lettered();
    const { rows, more, columns } = tableOf(now, newsOf([]), FEW);
    assert.deepEqual(rows.map(({ process, terminal }) => `${process.comm} ${terminal}`).sort(), ['bash 1', 'bash 2']);
    assert.equal(rows.length + more, now.processes.length);
    assert.deepEqual(columns, []);
    const parent = rows[0].process.pid;
    const many = Array.from({ length: 40 }, (_, at) => ({ ...rows[0].process, pid: 20_000 + at, parent, address: `c${at}` }));
    assert.equal(tableOf({ ...now, processes: [...now.processes, ...many] }, newsOf([]), FEW).more, more + 40);
});

await test('the history has an end, is told in words, and shows nothing that cannot be seen', async () => {
    const history = new History();
    const taken = withoutPage(await picture());
    history.add(taken, 0);
    const named = (comm) => ({ ...taken, processes: taken.processes.map((process, at) => (at === 2 ? { ...process, comm } : process)) });
    for (let at = 1; at <= 1500; at += 1) {
        assert.ok(history.add(named(`name ${at}`), at));
    }
    assert.equal(history.add(named('name 1500'), 1501), undefined);
    assert.equal(history.entries.length, 1000);
    assert.ok(history.entries.reduce((sum, { picture }) => sum + picture.length, 0) <= 8_000_000);
    assert.equal(history.entries.at(-1).number, 1501);
    history.add(named('\x1b[31m\u202eevil\x9b'), 1502);
    const pid = taken.processes[2].pid;
    assert.deepEqual(history.entries.at(-1).changes.map(sentence), [`${pid} became \\u{1b}[31m\\u{202e}evil\\u{9b} (it was name 1500)`]);
    const huge = (at) => ({ ...named(`name ${at}`), padding: 'x'.repeat(3_000_000) });
    [1, 2, 3, 4].forEach((at) => history.add(huge(at), at));
    assert.ok(history.entries.length <= 3, `${history.entries.length} pictures of 3 MB`);
});

await test('what is throttled many times a second is one entry', async () => {
    const cgroup = (throttled) => ({ path: '/a', address: 'c1', removed: false, cpu: { used: throttled, quota: 1, period: 2, throttled } });
    const taken = withoutPage(await picture());
    const history = new History();
    const add = (throttled) => history.add({ ...taken, cgroups: [...taken.cgroups, cgroup(throttled)] }, throttled);
    [0, 1, 2, 5].forEach(add);
    assert.deepEqual(history.entries.map(({ changes }) => changes), [[], [{ what: 'throttled', path: '/a', times: 5 }]]);
    history.enter(0);
    add(6);
    assert.equal(history.entries.length, 3);
    assert.deepEqual(history.entries.at(-1).entered, [0]);
});

await test('the view is small', async () => {
    const { outputFiles: [{ contents }] } = await build({
        entryPoints: [fileURLToPath(new URL('../view/kernel-view.js', import.meta.url))],
        bundle: true, minify: true, format: 'esm', write: false, define: { MACHINE: '{}' },
    });
    const kilobytes = gzipSync(contents).length / 1000;
    console.log(`        ${kilobytes.toFixed(1)} kB`);
    assert.ok(kilobytes > 1 && kilobytes <= KILOBYTES);
});
