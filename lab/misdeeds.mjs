// Does what readers do wrong (tests/misdeeds.mjs), each on a machine as it was built, and looks what the page finds.
//
//     node misdeeds.mjs FOLDER [NAME…]    with the files that lab/build made; prints a table

import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Health } from './page/health.js';
import { Vitals } from './page/vitals.js';
import { open } from './recording/machine.mjs';
import { misdeeds } from './tests/misdeeds.mjs';

/** How often the machine is looked at, in ms: more often than in the page, where a slow computer has to be waited for. */
const EACH = 150;

/** How long something may take, in ms; for so long nothing is to be wrong with a machine that goes on. */
const [PATIENCE, QUIET] = [30_000, 4 * EACH];

const [folder, ...names] = process.argv.slice(2);

const pause = (ms) => new Promise((passed) => setTimeout(passed, ms));

/** Starts a machine; returns what does a misdeed there, and tells what is wrong with what is found. */
async function reader() {
    const description = JSON.parse(readFileSync(`${folder}/machine.json`));
    const { emulator, restore, keep } = await open(folder, description);
    const vitals = new Vitals(emulator, description.kernel);
    const again = await keep(await restore());

    return async ({ typed, finds, ends, isUsed, heals }) => {
        const shells = await again();
        vitals.restored();
        const [first, second] = shells;
        const { control } = first;
        const health = new Health({ vitals: async () => vitals.read(), control, shells });
        let isRenewed = false;
        health.onrenewed = () => { isRenewed = true; };
        let trouble;
        let since = performance.now();
        const clock = setInterval(async () => {
            const found = await health.look();
            if (found?.kind !== trouble?.kind) {
                since = performance.now();
            }
            trouble = found;
        }, EACH);
        const until = async (what, holds) => {
            for (const start = performance.now(); !holds(); await pause(EACH / 3)) {
                if (performance.now() - start > PATIENCE) {
                    const seen = shells.map((shell) => [...shell.lines(0).slice(-5),
                        shell.terminal.buffer.active.getLine(shell.row).translateToString(true)].join('\n')).join('\n--\n');
                    throw new Error(`${what}; found is ${trouble?.kind ?? 'nothing'}, and the terminals show\n${seen}`);
                }
            }
        };
        /** Waits until nothing is wrong, and a terminal and root's shell answer. */
        const goesOn = async (shell) => {
            await until('it does not go on', () => !trouble && performance.now() - since > QUIET && shell.prompt);
            shell.type('\r');
            await until('the shell does not answer', () => shell.prompt);
            let answer;
            control.run('echo here').then((said) => { answer = said; });
            await until('the page\'s shell does not answer', () => answer !== undefined);
        };
        const becomeRoot = async (shell) => {
            shell.type('sudo env PATH="$PATH" bash\r');
            await until('root is not to be had', () => shell.prompt === '#');
        };
        try {
            if (heals) {
                await becomeRoot(second);
            }
            if (typed.startsWith('#')) {
                await becomeRoot(first);
            }
            first.type(`${typed.slice(2)}\r`);
            await until('nothing is printed', () => first.isAnswered);
            await pause(2 * EACH); // what was typed is under way
            if (ends) {
                first.type(ends);
            }
            if (isUsed) {
                control.run(':');
            }
            if (finds === 'renewed') {
                await until('nothing is started again', () => isRenewed);
            }
            if (finds === 'renewed' || finds === 'goes on') {
                since = performance.now();
                await goesOn(first);
            } else {
                await until(`${finds} is not found`, () => trouble?.kind === finds);
            }
            if (heals) {
                second.type(`${heals}\r`);
                await until('it does not heal', () => !trouble);
            }
        } finally {
            clearInterval(clock);
        }
        // Nothing of it is left when the machine is started again.
        control.forget();
    };
}

/** In a process of its own: does the misdeeds whose numbers it is sent. */
async function work() {
    const does = await reader();
    process.on('disconnect', () => process.exit());
    process.on('message', async (number) => {
        const start = performance.now();
        const fault = await does(misdeeds[number]).then(() => undefined, (error) => error.message);
        process.send({ seconds: (performance.now() - start) / 1000, fault });
    });
    process.send({});
}

/** Does misdeeds, two at a time; returns what has come of each. */
async function doAll(numbers) {
    const results = new Map();
    const pending = [...numbers];
    const one = () => new Promise((resolve, reject) => {
        const worker = fork(process.argv[1], [folder], { env: { ...process.env, MISDEEDS: 'work' } });
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

if (process.env.MISDEEDS === 'work') {
    await work();
} else {
    const chosen = [...misdeeds.keys()].filter((number) => names.length === 0 || names.includes(misdeeds[number].name));
    const results = await doAll(chosen);
    for (const [number, { seconds, fault }] of [...results].sort(([one], [other]) => one - other)) {
        const { name, finds, heals } = misdeeds[number];
        console.log(`${fault ? 'FAILED' : 'ok    '}  ${name}: ${finds}${heals ? ', and heals' : ''} (${seconds.toFixed(1)} s)${fault ? `\n${fault}` : ''}`);
    }
    const failed = [...results.values()].filter(({ fault }) => fault).length;
    console.log(`${results.size - failed} misdeeds are found out, ${failed} are not`);
    process.exitCode = failed > 0 || results.size === 0 ? 1 : 0;
}
