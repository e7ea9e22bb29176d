// A goal is met when all of its clauses have held together for long enough, whichever way each
// of them is to hold. These pictures are made by hand: the machine's own are the matter of judge.mjs.

import assert from 'node:assert/strict';
import { HOLD, Judge } from '../judge/judge.js';
import { parseScript } from '../judge/script.js';
import { test } from './harness.mjs';

/** A picture of a machine with init, and processes of these names as its children. */
function picture(...names) {
    const processes = ['init', ...names].map((comm, at) => ({
        address: String(at), pid: at + 1, pids: [{ namespace: 'pid', pid: at + 1 }], parent: at === 0 ? 0 : 1, comm,
        state: comm === 'gone' ? 'Z' : 'S', namespaces: { uts: 'uts', mnt: 'mnt' }, cgroup: 'root',
    }));
    return { processes, namespaces: [{ kind: 'uts', address: 'uts', inode: 1, nodename: 'name' }, { kind: 'mnt', address: 'mnt', inode: 2 }], cgroups: [{ address: 'root', path: '/', removed: false }] };
}

const has = (name) => ({ named }) => named(name).length > 0;
const says = { en: 'a clause', ko: '조건' };

/** A judge of a goal, that has seen a machine on which nothing runs at 0 ms. */
function judgeOf(...goal) {
    const judge = new Judge({ goal: goal.map((clause) => ({ says, ...clause })) });
    judge.see(picture(), 0);
    return judge;
}

/** Fails unless the judge stands so. */
const stands = (judge, verdict, ...standings) => assert.deepEqual([judge.verdict, judge.standings], [verdict, standings]);

await test('a goal is to hold for a second, and begins anew when it did not', () => {
    const judge = judgeOf({ now: has('a') }, { now: has('b') });
    stands(judge, 'open', 'open', 'open');
    judge.see(picture('a', 'b'), 100);
    stands(judge, 'open', 'met', 'met');
    judge.wait(100 + HOLD - 1);
    stands(judge, 'open', 'met', 'met');
    judge.see(picture('a'), 100 + HOLD - 1);
    judge.see(picture('a', 'b'), 200 + HOLD);
    judge.wait(300 + HOLD);
    stands(judge, 'open', 'met', 'met');
    judge.wait(200 + 2 * HOLD);
    stands(judge, 'solved', 'met', 'met');
    judge.see(picture(), 10 * HOLD);
    stands(judge, 'solved', 'met', 'met');
});

await test('what has held once stays met, and what is never to hold is lost', () => {
    const once = judgeOf({ once: has('a') });
    once.see(picture('a'), 1);
    once.see(picture(), 2);
    stands(once, 'open', 'met');
    once.wait(1 + HOLD);
    stands(once, 'solved', 'met');
    const never = judgeOf({ never: has('a') }, { now: has('b') });
    stands(never, 'open', 'met', 'open');
    never.see(picture('a', 'b'), 1);
    never.see(picture('b'), 2);
    never.wait(2 + 2 * HOLD);
    stands(never, 'lost', 'lost', 'met');
});

await test('what is to hold in an order is found at one moment after the other', () => {
    const judge = judgeOf({ inOrder: [has('a'), ({ named }, [found]) => found && named('b').length > 0] });
    judge.see(picture('b'), 1);
    judge.see(picture('a', 'b'), 2);
    stands(judge, 'open', 'open');
    judge.see(picture(), 3);
    judge.see(picture('b'), 4);
    stands(judge, 'open', 'met');
});

await test('answers count where they are asked for, and other clauses stay as they were', () => {
    const judge = judgeOf({ now: has('a') }, { answer: { to: 'cat one', is: /^yes$/ } }, { answer: { to: 'cat two', is: /2/ } });
    assert.deepEqual(judge.questions, ['cat one', 'cat two']);
    judge.see(picture('a'), 0);
    judge.hear(['yes', ''], 1);
    stands(judge, 'open', 'met', 'met', 'open');
    judge.hear(['yes', '2'], 2);
    judge.hear(['no', '2'], 2 + HOLD);
    stands(judge, 'open', 'met', 'open', 'met');
    judge.hear(['yes', '2'], 3 + HOLD);
    judge.hear(['yes', '2'], 3 + 2 * HOLD);
    stands(judge, 'solved', 'met', 'met', 'met');
});

await test('a goal knows how the challenge began, and a zombie is no process', () => {
    const judge = new Judge({ goal: [{ says, now: ({ processes }, start) => processes.length < start.processes.length }] });
    judge.see(picture('a'), 0);
    stands(judge, 'open', 'open');
    judge.see(picture('gone'), 1);
    stands(judge, 'open', 'met');
});

await test('a script has terminals, prompts, commands and keys', () => {
    assert.deepEqual(parseScript(`
        1$ ls -l
        2# echo $$ > a
        1 ^C
    `), [
        { terminal: 1, prompt: '$', typed: 'ls -l\r' },
        { terminal: 2, prompt: '#', typed: 'echo $$ > a\r' },
        { terminal: 1, prompt: undefined, typed: '\x03' },
    ]);
    for (const line of ['ls', '3$ ls', '1$', '1 ls']) {
        assert.throws(() => parseScript(line), /is no line of a script/, line);
    }
});
