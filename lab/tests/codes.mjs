// Progress that leaves the browser comes back as it was, and nothing else passes for it: codes, files,
// and what the host of a room collects.

import assert from 'node:assert/strict';
import encodeQR from 'qr';
import decodeQR from 'qr/decode.js';
import { challenges } from '../challenges/index.js';
import { decode, encode, NAME, numberOf, ORDER, shortName } from '../progress/codes.js';
import { countOf, LARGEST, read, union, write } from '../progress/file.js';
import { collect, csv, participantsIn } from '../progress/room.js';
import { bounded, MOST, runsIn } from '../progress/runs.js';
import { test } from './harness.mjs';

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Codes that somebody may have written down: of this version, of the next one, and of an edition with more challenges. */
const [FIRST, NEXT, LARGER] = ['06ZE-Y150-0001-12BB', '0800-2140-0000-1BR6', '0400-21C0-0000-00AB-D5PZ-BN8'];

/** The same numbers in each run of the test. */
let seed = 1;
const random = (below) => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % below;
};

await test('each challenge has a place in a code, and the places stay', () => {
    assert.deepEqual([...ORDER].sort(), challenges.map(({ name }) => name).sort());
    assert.equal(new Set(ORDER).size, ORDER.length);
    assert.deepEqual(decode(FIRST), { id: 0xbeef, name: '', solved: ['the-twin', 'two-hostnames', 'a-container'], unknown: 0 });
});

await test('codes come back as they were, in groups of four', () => {
    for (let round = 0; round < 500; round += 1) {
        const solved = ORDER.filter(() => random(2) === 0);
        const id = random(0x10000);
        const name = ['', 'Kim', '호스트 이름이 긴 사람의 이름은 스무', '🐻🐻🐻', 'é'][round % 5];
        const code = encode({ id, name, solved });
        assert.deepEqual(decode(code), { id, name: name.normalize('NFC'), solved, unknown: 0 });
        assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-)*[0-9A-HJKMNP-TV-Z]{1,4}$/);
        assert.ok(name || code.length <= 40, `${code} is long`);
        assert.deepEqual(decode(code.toLowerCase().replace(/0/g, 'o').replace(/1/g, 'l').replace(/-/g, ' ')), decode(code));
    }
    assert.equal(decode(encode({ id: 1, name: 'x'.repeat(99), solved: [] })).name.length, NAME);
    assert.equal(shortName('\u202ea\u0000b\n  c\u200b '), 'a b c');
});

await test('no letter of a code can be another, and no two neighbors swapped, unnoticed', () => {
    for (const code of [encode({ id: 7, solved: ORDER.slice(3, 9) }), encode({ id: 65535, name: '김민수', solved: ORDER })]) {
        const letters = code.replace(/-/g, '');
        for (let at = 0; at < letters.length; at += 1) {
            for (const other of [...LETTERS].filter((it) => it !== letters[at])) {
                const changed = letters.slice(0, at) + other + letters.slice(at + 1);
                assert.deepEqual(decode(changed), { error: 'mistyped' }, `${changed} of ${letters}`);
            }
            const swapped = letters.slice(0, at) + (letters[at + 1] ?? '') + letters[at] + letters.slice(at + 2);
            assert.ok(swapped === letters || decode(swapped).error, swapped);
            assert.ok(decode(letters.slice(0, at)).error, 'the beginning of a code is none');
        }
    }
});

await test('what is no code is told as such, and nothing throws', () => {
    assert.deepEqual(decode('04S3-C10U'), { error: 'letter', letter: 'U' });
    assert.deepEqual(decode('안녕하세요'), { error: 'letter', letter: '안' });
    assert.deepEqual(decode(''), { error: 'short' });
    assert.deepEqual(decode('04S3'), { error: 'short' });
    for (let round = 0; round < 5000; round += 1) {
        const alphabet = round % 2 ? LETTERS : `${LETTERS}-ilo \n#u\ud800한🐻`;
        const text = Array.from({ length: random(60) }, () => alphabet[random(alphabet.length)]).join('');
        const { error, solved } = decode(text);
        assert.ok(error || solved.every((it) => ORDER.includes(it)), text);
    }
});

await test('a code of another version, or with challenges that are new, is told', () => {
    assert.deepEqual(decode(NEXT), { error: 'version' });
    assert.deepEqual(decode(LARGER), { id: 1, name: 'Kim', solved: ['the-twin'], unknown: 1 });
});

await test('a camera reads the code out of its picture', () => {
    const text = `https://example.org/book/ko/room.html#${encode({ id: 77, name: '이름이 스무 자인 사람의 이름입니다요', solved: ORDER })}`;
    const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 });
    const scale = 4;
    const size = rows.length * scale;
    const data = new Uint8ClampedArray(size * size * 4);
    for (let pixel = 0; pixel < size * size; pixel += 1) {
        const isDark = rows[Math.floor(pixel / size / scale)][Math.floor(pixel % size / scale)];
        data.set([...Array(3).fill(isDark ? 0 : 255), 255], pixel * 4);
    }
    assert.equal(decodeQR({ width: size, height: size, data }), text);
});

const PAGES = {
    'step03-uts': { visited: true, ran: [0, 4], predicted: { predict: { choice: 2, isRight: false, held: 1, by: 'run' } }, solved: {} },
    challenges: { visited: false, ran: [], predicted: {}, solved: { 'two-hostnames': 1_795_000_000_000 } },
};
const RUNS = { 'two-hostnames': { at: 1_795_000_000_000, lang: 'en', events: ['bash (312) moved to a new namespace, uts A'] } };

await test('a file holds all of it', () => {
    const file = write({ pages: PAGES, runs: RUNS }, 1_795_000_000_000);
    assert.deepEqual(read(file), { pages: PAGES, runs: RUNS });
    assert.deepEqual(countOf(PAGES), { pages: 1, sessions: 2, predictions: 1, challenges: 1 });
    assert.deepEqual(union({ pages: {}, runs: {} }, read(file)), { pages: PAGES, runs: RUNS });
});

await test('a file with anything wrong in it is refused', () => {
    const file = write({ pages: PAGES, runs: RUNS }, 0);
    const altered = (change) => {
        const content = JSON.parse(file);
        change(content);
        return JSON.stringify(content);
    };
    assert.equal(read('x'.repeat(LARGEST + 1)), 'large');
    for (const text of ['', '{', 'null', '[]', '"book-progress"', altered((it) => { it.format = 'other'; })]) {
        assert.equal(read(text), 'other', text);
    }
    assert.equal(read(altered((it) => { it.version = 2; })), 'version');
    const broken = [
        (it) => { delete it.pages; }, (it) => { it.pages = []; }, (it) => { it.runs = null; },
        (it) => { it.pages['step03-uts'].visited = 1; }, (it) => { it.pages['step03-uts'].ran = [-1]; }, (it) => { it.pages['step03-uts'].ran = '0'; },
        (it) => { it.pages['step03-uts'].predicted.predict.isRight = 'yes'; }, (it) => { it.pages['step03-uts'].predicted.predict.by = 'me'; },
        (it) => { it.pages.challenges.solved['two-hostnames'] = 'today'; }, (it) => { it.pages.challenges.solved.two = 1e300; },
        (it) => { it.pages['<img src=x>'] = it.pages.challenges; },
        (it) => { it.runs['two-hostnames'].events = [{}]; }, (it) => { it.runs['two-hostnames'].lang = 'fr'; }, (it) => { it.runs['two-hostnames'].at = null; },
    ];
    for (const change of broken) {
        assert.equal(read(altered(change)), 'broken', String(change));
    }
    assert.equal(read(file.replace('"step03-uts"', '"__proto__"')), 'broken');
    // As somebody's editor may have left it.
    for (let round = 0; round < 2000; round += 1) {
        const at = random(file.length);
        read(file.slice(0, at) + file.slice(at + random(20)));
        read(file.slice(0, at) + '{["0\\,'[random(7)] + file.slice(at));
    }
});

await test('two browsers together know what each knew', () => {
    const other = {
        pages: {
            'step03-uts': { visited: false, ran: [1, 4], predicted: { predict: { choice: 1, isRight: true }, more: { choice: 1, isRight: true } }, solved: {} },
            challenges: { visited: true, ran: [], predicted: {}, solved: { 'two-hostnames': 5, zombies: 9 } },
        },
        runs: { 'two-hostnames': { at: 5, lang: 'ko', events: [] }, zombies: { at: 9, lang: 'ko', events: ['x'] } },
    };
    const own = { pages: PAGES, runs: RUNS };
    const both = union(own, other);
    assert.deepEqual(both.pages['step03-uts'].ran, [0, 1, 4]);
    assert.deepEqual(Object.keys(both.pages['step03-uts'].predicted).sort(), ['more', 'predict']);
    assert.equal(both.pages['step03-uts'].predicted.predict.choice, 2, 'what the reader predicted here stays');
    assert.deepEqual(both.pages.challenges.solved, { 'two-hostnames': 5, zombies: 9 });
    assert.deepEqual(both.runs, { ...RUNS, zombies: other.runs.zombies });
    assert.deepEqual(union(both, other), both);
    assert.deepEqual(countOf(union(other, own).pages), countOf(both.pages));
});

await test('runs take no more room than they may', () => {
    const events = Array.from({ length: 500 }, (_, at) => `${at} ${'한'.repeat(300)}`);
    const runs = bounded(Object.fromEntries(ORDER.map((name) => [name, { at: 1, lang: 'ko', events }])));
    assert.ok(JSON.stringify(runs).length <= MOST.all, `${JSON.stringify(runs).length} characters`);
    assert.ok(Object.values(runs).every((run) => run.events.length > 5 && run.events.at(-1).startsWith('499 ')), 'the last events stay');
    const one = bounded({ zombies: { at: 1, lang: 'ko', events } }).zombies.events;
    assert.equal(one.length, MOST.events);
    assert.ok(one.every((it) => it.length === MOST.letters));
    assert.deepEqual(runsIn({ zombies: { at: 1, lang: 'ko', events: ['x'], more: 1 }, other: 1, X: RUNS['two-hostnames'] }), { zombies: { at: 1, lang: 'ko', events: ['x'], more: 1 } });
    assert.deepEqual(runsIn('x'), {});
});

await test('a host collects codes, and later ones of the same participants', () => {
    const kim = { id: 1, name: 'Kim', solved: ['the-twin'] };
    const code = (it) => encode(it);
    const first = collect([], [code(kim), '', `10:31 Lee: ${code({ id: 2, name: 'Lee', solved: [] })}`, `https://example.org/en/room.html#${code({ id: 3, solved: ['zombies'] })}`, code(kim).replace(/.$/, (it) => (it === '0' ? '1' : '0')), 'hello'].join('\r\n'), 10);
    assert.deepEqual(first.participants.map(({ name, solved }) => [name, solved.length]), [['Kim', 1], ['Lee', 0], ['', 1]]);
    assert.deepEqual(first.refused.map(({ refusal }) => refusal.error), ['mistyped', 'short']);
    // One of before comes late, somebody has thought of a name, and two have drawn the same number.
    const later = [{ ...kim, solved: ['zombies', 'the-twin'] }, kim, { id: 3, name: 'Park', solved: [] }, { id: 2, name: 'Choi', solved: [] }];
    const { participants } = collect(first.participants, later.map(code).join('\n'), 20);
    assert.deepEqual(participants.map(({ name, solved, at }) => [name, solved.length, at]), [['Kim', 2, 20], ['Lee', 0, 10], ['Park', 1, 20], ['Choi', 0, 20]]);
    assert.deepEqual(participantsIn(JSON.parse(JSON.stringify(participants))), participants);
    assert.deepEqual(participantsIn([1, {}, { ...participants[0], id: -1 }, { ...participants[0], solved: ['x', 'zombies'] }]).map(({ solved }) => solved), [['zombies']]);
    const many = collect([], Array.from({ length: 501 }, (_, id) => code({ id, solved: [] })).join('\n'), 0);
    assert.deepEqual([many.participants.length, many.refused[0].refusal.error], [500, 'full']);
});

await test('a spreadsheet shows what the host has, and computes nothing', () => {
    const names = [{ name: 'the-twin', title: 'Who, "where"?' }, { name: 'zombies', title: 'Five' }];
    const text = csv(['Name', 'Solved', 'At'], names, [{ id: 1, name: '=1+1', called: '=1+1', solved: ['zombies'], at: 0 }]);
    assert.equal(text, '\ufeffName,Solved,At,"Who, ""where""?",Five\r\n\'=1+1,1,1970-01-01T00:00:00.000Z,0,1\r\n');
});

await test('numbers of participants can be told', () => {
    assert.deepEqual([0, 1, 65535].map(numberOf), ['0000', '000G', 'ZZZG']);
});
