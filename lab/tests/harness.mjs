// The machine under test, restored from the folder that the command line names; its two
// terminals, and what the tests are counted with.

import { readFileSync } from 'node:fs';
import { start } from '../machine.mjs';

export const folder = process.argv[2];
export const machine = JSON.parse(readFileSync(`${folder}/machine.json`));
export const begin = process.cpuUsage();
export const seconds = (since) => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1e6;
};
const restored = await start({ ...machine.options, initial_state: { url: `${folder}/${machine.state}` } });
export const { emulator } = restored;

// How long, in seconds, an answer may take on a computer that is busy with other work.
const PATIENCE = 180;

/** A terminal: types a command and returns the lines that appear before the next prompt. */
const terminal = (line) => ({
    line,
    async run(command) {
        line.type(`${command}\n`);
        return this.prompt();
    },
    async prompt() {
        // The end of the line before may have been waited for already.
        const text = await line.until(/(?<=^|\n|\r)[$#] $/, PATIENCE);
        return text.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, '').split(/\r*\n/).slice(1, -1);
    },
    /** Waits until the shell has printed its prompt again, as it does for a new size, perhaps twice. */
    async settle() {
        line.type('echo settled\n');
        await line.until(/(?<=^settled\r*\n)[$#] $/m, PATIENCE);
    },
    /** Starts a command that keeps running; returns what the patterns find in its output. */
    async start(command, ...patterns) {
        line.type(`${command}\n`);
        await line.until(/\n/); // the echo
        const found = [];
        for (const pattern of patterns) {
            await line.until(new RegExp(`(?=${pattern.source})`));
            found.push(line.seen.match(pattern)[1]);
        }
        return found;
    },
});
export const [first, second] = restored.lines.map(terminal);

/** Runs a command on the serial line of root, which has no echo and no prompt. */
export async function ask(command) {
    const control = restored.lines[2];
    control.seen = ''; // what a page's commands have printed
    control.type(`${command}; echo .\n`);
    return (await control.until(/^\.\n/m, PATIENCE)).trimEnd();
}
export const namespace = (pid, kind) => ask(`readlink /proc/${pid}/ns/${kind}`);

export const count = { passed: 0, failed: 0 };
export async function test(name, body) {
    try {
        await body();
        count.passed += 1;
        console.log(`ok      ${name}`);
    } catch (error) {
        count.failed += 1;
        console.log(`FAILED  ${name}\n${error.stack}`);
        // The next test needs a prompt.
        for (const { line } of [first, second]) {
            line.type('\x03');
            await new Promise((resolve) => setTimeout(resolve, 1000));
            line.seen = '';
        }
    }
}
