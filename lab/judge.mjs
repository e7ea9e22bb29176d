// Judges the attempts that the challenges of lab/challenges name: each solution solves its
// challenge, and nothing else does.
//
//     node judge.mjs FOLDER [NAME…]    with the files that lab/build made; prints a table

import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { challenges } from './challenges/index.js';
import { attempts } from './judge/attempt.mjs';
import { randomScript } from './judge/random.js';
import { linesOf, parseLine, parseScript } from './judge/script.js';

/** How many seconds of a processor a solution may take. */
const SLOW = 10;

const [folder, ...names] = process.argv.slice(2);

/** The attempts at a challenge: what is typed or marked, and what is to become of it. */
function attemptsAt({ name, begin, predicted, solution, others, wrong }) {
    if (predicted) {
        return [
            { what: 'solution', lines: [], marks: solution.map(([mark]) => mark), solves: true },
            { what: 'no marks', lines: [], marks: [] },
            ...wrong.map(({ script, fails }, at) => ({ what: `wrong ${at + 1}`, lines: [], marks: linesOf(script), fails })),
        ];
    }
    return [
        { what: 'solution', lines: solution.map(([line]) => parseLine(line)), solves: true },
        ...others.map((script, at) => ({ what: `other ${at + 1}`, lines: parseScript(script), solves: true })),
        { what: 'nothing', lines: [] },
        { what: 'random commands', lines: randomScript(name, begin ? [2] : [1, 2]) },
        ...wrong.map(({ script, fails }, at) => ({ what: `wrong ${at + 1}`, lines: parseScript(script), fails })),
    ];
}

/** What is wrong with a challenge before it is tried. */
function* flaws({ title, task, predicted, goal, hints, solution, others, wrong }) {
    const texts = [title, task, ...goal.map(({ says }) => says), ...hints, ...solution.map(([, text]) => text)];
    for (const text of texts.flatMap(({ en, ko }) => [en, ko])) {
        if (!text?.trim() || text.split('`').length % 2 === 0) {
            yield `"${text}" is no text`;
        }
    }
    if (hints.length < 1 || hints.length > 3) {
        yield `it has ${hints.length} hints`;
    }
    if (others.length < 1 && !predicted) {
        yield 'it has no other solution';
    }
    const alone = new Set(wrong.map(({ fails }) => fails));
    for (const number of goal.keys()) {
        if (goal.length > 1 && !alone.has(number + 1)) {
            yield `no wrong attempt fails by clause ${number + 1} alone`;
        }
    }
}

/** What is wrong with how an attempt has ended. */
function* faults({ solves, fails }, { verdict, standings, seconds }) {
    const unmet = standings.flatMap((standing, at) => (standing === 'met' ? [] : [at + 1]));
    if (solves && verdict !== 'solved') {
        yield `it should solve the challenge, and does not meet ${unmet.join(' and ')}`;
    }
    if (solves && seconds > SLOW) {
        yield `it takes ${seconds.toFixed(1)} s`;
    }
    if (!solves && verdict === 'solved') {
        yield 'it should not solve the challenge';
    }
    if (fails && unmet.join() !== String(fails)) {
        yield `it should fail by ${fails} alone, and does not meet ${unmet.join(' and ') || 'nothing'}`;
    }
}

/** In a process of its own: makes all attempts at the challenges whose numbers it is sent. */
async function work() {
    const attempt = await attempts(folder, JSON.parse(readFileSync(`${folder}/machine.json`)));
    process.on('disconnect', () => process.exit());
    process.on('message', async (number) => {
        const results = [];
        for (const { what, lines, marks, solves, fails } of attemptsAt(challenges[number])) {
            try {
                const { judge: { verdict, standings }, seconds } = await attempt(challenges[number], lines, marks);
                results.push({ what, seconds, faults: [...faults({ solves, fails }, { verdict, standings, seconds })] });
            } catch (error) {
                results.push({ what, seconds: 0, faults: [error.message] });
            }
        }
        process.send(results);
    });
    process.send([]);
}

/** Judges challenges, as many at a time as there are processors; returns how the attempts at each have ended. */
async function judgeAll(numbers) {
    const results = new Map();
    // Those with most attempts come first, so that no worker is left alone for long.
    const pending = [...numbers].sort((one, other) => attemptsAt(challenges[other]).length - attemptsAt(challenges[one]).length);
    const one = () => new Promise((resolve, reject) => {
        const worker = fork(process.argv[1], [folder], { env: { ...process.env, JUDGE: 'work' } });
        let number;
        worker.on('message', (result) => {
            if (number !== undefined) {
                results.set(number, result);
            }
            number = pending.shift();
            if (number === undefined) {
                worker.disconnect();
            } else {
                worker.send(number);
            }
        });
        worker.on('error', reject);
        worker.on('exit', (status) => (status === 0 ? resolve() : reject(new Error(`a worker has ended with ${status}`))));
    });
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, one));
    return results;
}

if (process.env.JUDGE === 'work') {
    await work();
} else {
    const chosen = [...challenges.keys()].filter((number) => names.length === 0 || names.includes(challenges[number].name));
    const results = await judgeAll(chosen);
    let [failed, made] = [0, 0];
    for (const number of chosen) {
        const it = challenges[number];
        const of = results.get(number);
        const wrong = [...flaws(it), ...of.flatMap((result) => result.faults.map((fault) => `${result.what}: ${fault}`))];
        const seconds = of.slice(0, 1 + it.others.length).map((result) => result.seconds.toFixed(1));
        console.log(`${wrong.length > 0 ? 'FAILED' : 'ok    '}  ${it.name}: ${it.goal.map(({ says }) => says.en).join('; ')}. `
            + `Solved in ${seconds.join(', ')} s; ${of.length - seconds.length} other attempts`);
        wrong.forEach((fault) => console.log(`        ${fault}`));
        failed += wrong.length > 0 ? 1 : 0;
        made += of.length;
    }
    console.log(`${chosen.length - failed} challenges hold, ${failed} do not; ${made} attempts`);
    process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;
}
