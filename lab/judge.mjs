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
import { parseLine, parseScript } from './judge/script.js';

/** How long, in seconds, a solution may take. */
const SLOW = 10;

const [folder, ...names] = process.argv.slice(2);

/** The attempts at a challenge: what is typed, and what is to become of it. */
function attemptsAt({ name, begin, solution, others, wrong }) {
    return [
        { what: 'solution', lines: solution.map(([line]) => parseLine(line)), solves: true },
        ...others.map((script, at) => ({ what: `other ${at + 1}`, lines: parseScript(script), solves: true })),
        { what: 'nothing', lines: [] },
        { what: 'random commands', lines: randomScript(name, begin ? [2] : [1, 2]) },
        ...wrong.map(({ script, fails }, at) => ({ what: `wrong ${at + 1}`, lines: parseScript(script), fails })),
    ];
}

/** What is wrong with a challenge before it is tried. */
function* flaws({ title, task, goal, hints, solution, others, wrong }) {
    const texts = [title, task, ...goal.map(({ says }) => says), ...hints, ...solution.map(([, text]) => text)];
    for (const text of texts.flatMap(({ en, ko }) => [en, ko])) {
        if (!text?.trim() || text.split('`').length % 2 === 0) {
            yield `"${text}" is no text`;
        }
    }
    if (hints.length < 1 || hints.length > 3) {
        yield `it has ${hints.length} hints`;
    }
    if (others.length < 1) {
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

/** In a process of its own: makes the attempts that it is sent. */
async function work() {
    const attempt = await attempts(folder, JSON.parse(readFileSync(`${folder}/machine.json`)));
    process.on('message', async ({ challenge, at }) => {
        const it = challenges[challenge];
        const tried = attemptsAt(it)[at];
        try {
            const { judge: { verdict, standings }, seconds } = await attempt(it, tried.lines);
            process.send({ seconds, faults: [...faults(tried, { verdict, standings, seconds })] });
        } catch (error) {
            process.send({ seconds: 0, faults: [error.message] });
        }
    });
    process.send({});
}

/** Makes all attempts, as many at a time as there are processors; returns how each has ended. */
async function judgeAll(jobs) {
    const results = new Map();
    const pending = [...jobs];
    const one = () => new Promise((resolve, reject) => {
        const worker = fork(process.argv[1], [folder], { env: { ...process.env, JUDGE: 'work' } });
        let job;
        worker.on('message', (result) => {
            if (job) {
                results.set(job, result);
            }
            job = pending.shift();
            if (job) {
                worker.send({ challenge: job.challenge, at: job.at });
            } else {
                worker.kill();
            }
        });
        worker.on('error', reject);
        worker.on('exit', (status) => (job ? reject(new Error(`a worker has ended with ${status}`)) : resolve()));
    });
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, one));
    return results;
}

if (process.env.JUDGE === 'work') {
    await work();
} else {
    const chosen = challenges.flatMap((it, challenge) => (names.length === 0 || names.includes(it.name) ? [challenge] : []));
    const jobs = chosen.flatMap((challenge) => attemptsAt(challenges[challenge]).map(({ what }, at) => ({ challenge, at, what })));
    const results = await judgeAll(jobs);
    let failed = 0;
    for (const challenge of chosen) {
        const it = challenges[challenge];
        const of = jobs.filter((job) => job.challenge === challenge);
        const wrong = [...flaws(it), ...of.flatMap((job) => results.get(job).faults.map((fault) => `${job.what}: ${fault}`))];
        const seconds = of.slice(0, 1 + it.others.length).map((job) => results.get(job).seconds.toFixed(1));
        console.log(`${wrong.length > 0 ? 'FAILED' : 'ok    '}  ${it.name}: ${it.goal.map(({ says }) => says.en).join('; ')}. `
            + `Solved in ${seconds.join(', ')} s; ${of.length - seconds.length} other attempts`);
        wrong.forEach((fault) => console.log(`        ${fault}`));
        failed += wrong.length > 0 ? 1 : 0;
    }
    console.log(`${chosen.length - failed} challenges hold, ${failed} do not; ${jobs.length} attempts`);
    process.exitCode = failed > 0 || chosen.length === 0 ? 1 : 0;
}
