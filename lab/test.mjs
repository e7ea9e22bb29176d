// Restores the machine, types on its two terminals as a reader does, and compares the
// output of the six steps with what the kernel says.
//
//     node test.mjs FOLDER    with the files that lab/build made

import { readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { OPTIONS, start } from './machine.mjs';
import { idle } from './page/doze.js';

// The limits that the book promises. Seconds are CPU time, because a computer that runs
// tests is busy with other work. The real figures are about one second and one percent.
const MEGABYTES = 12;
const SECONDS = 3;
const IDLE_PERCENT = 10;

const folder = process.argv[2];
const machine = JSON.parse(readFileSync(`${folder}/machine.json`));
const begin = process.cpuUsage();
const seconds = (since) => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1e6;
};
const { emulator, lines } = await start({ ...machine.options, initial_state: { url: `${folder}/${machine.state}` } });

/** A terminal: types a command and returns the lines that appear before the next prompt. */
const terminal = (line) => ({
    line,
    async run(command) {
        line.type(`${command}\n`);
        return this.prompt();
    },
    async prompt() {
        const text = await line.until(/(?<=\n|\r)[$#] $/);
        return text.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, '').split(/\r*\n/).slice(1, -1);
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
const [first, second] = lines.map(terminal);

/** Runs a command on the serial line of root, which has no echo and no prompt. */
async function ask(command) {
    lines[2].type(`${command}; echo .\n`);
    return (await lines[2].until(/^\.\n/m)).trimEnd();
}
const namespace = (pid, kind) => ask(`readlink /proc/${pid}/ns/${kind}`);

let [passed, failed] = [0, 0];
async function test(name, body) {
    try {
        await body();
        passed += 1;
        console.log(`ok      ${name}`);
    } catch (error) {
        failed += 1;
        console.log(`FAILED  ${name}\n${error.stack}`);
        // The next test needs a prompt.
        for (const { line } of [first, second]) {
            line.type('\x03');
            await new Promise((resolve) => setTimeout(resolve, 1000));
            line.seen = '';
        }
    }
}

await test('the first answer after the restore comes soon', async () => {
    assert.deepEqual(await first.run('echo $((6 * 7))'), ['42']);
    const taken = seconds(begin);
    console.log(`        ${taken.toFixed(2)} s, and ${process.uptime().toFixed(2)} s by the clock`);
    assert.ok(taken <= SECONDS);
});

await test('what a page loads is small', () => {
    console.log(`        ${(machine.bytes / 1e6).toFixed(2)} MB, of guest memory ${OPTIONS.memory_size >> 20} MiB`);
    assert.ok(machine.bytes <= MEGABYTES * 1e6);
});

await test('both terminals belong to the learner and have job control', async () => {
    for (const [index, shell] of [first, second].entries()) {
        assert.deepEqual(await shell.run('id -un; hostname; tty; echo $- | grep -c m'),
            ['learner', 'goldilocks-web', `/dev/ttyS${index}`, '1']);
    }
    const [one] = await first.run('echo $$');
    const [two] = await second.run('echo $$');
    assert.ok(Number(one) > 99 && Number(two) > 99 && one !== two);
    assert.equal(await namespace(one, 'pid'), await namespace(two, 'pid'));
});

await test('sudo and su make the learner root, and exit undoes it', async () => {
    for (const command of ['sudo env PATH="$PATH" bash', 'su']) {
        assert.deepEqual(await first.run(command), []);
        assert.deepEqual(await first.run('id -u; grep ^Uid: /proc/$$/status'), ['0', 'Uid:\t0\t0\t0\t0']);
        await first.run('exit');
        assert.deepEqual(await first.run('id -u'), ['1000']);
    }
    assert.deepEqual(await first.run("sudo sh -c 'echo \"$1\"' sh 'two  words'"), ['two  words']);
});

await test('only cgroup v2 is mounted, with all controllers that step 06 needs', async () => {
    assert.equal(await ask("stat -f -c %T /sys/fs/cgroup; grep -c ' - cgroup ' /proc/1/mountinfo"), 'cgroup2fs\n0');
    const controllers = (await ask('cat /sys/fs/cgroup/cgroup.controllers')).split(' ');
    for (const controller of ['cpu', 'io', 'memory', 'pids']) {
        assert.ok(controllers.includes(controller), controller);
    }
});

await test('step00-doctor finds that every step works', async () => {
    const output = (await first.run('sudo step00-doctor')).join('\n');
    assert.equal(output.match(/^step0[1-6]-\S+ +\S+ +works/gm)?.length, 6, output);
});

await test('step 01 shows what readlink shows', async () => {
    const shown = (await first.run('step01-proc-ns $$')).slice(1).map((line) => line.split(/\s+/));
    const [pid] = await first.run('echo $$');
    assert.equal(shown.length, 10);
    for (const [link, , target] of shown) {
        assert.equal(target, await namespace(pid, link));
    }
});

await test('step 02 creates a child in the given kinds of namespace', async () => {
    const table = await first.run('step02-clone uts pid');
    const [pid] = await first.run('echo $$');
    const kinds = (mark) => table.filter((line) => line.endsWith(mark)).map((line) => line.split(/\s+/));
    assert.deepEqual(kinds('new').map(([kind]) => kind), ['pid', 'pid_for_children', 'user', 'uts']);
    for (const [kind, parent, child] of [...kinds('new'), ...kinds('same')]) {
        assert.equal(parent, await namespace(pid, kind));
        assert.equal(parent === child, kinds('same').some(([same]) => same === kind));
    }
});

await test('step 03 has two hostnames on one kernel, and the other terminal sees both', async () => {
    const [parent, child] = await first.start('step03-uts helo',
        /readlink \/proc\/(\d+)\//, /readlink \/proc\/\d+\/ns\/uts\s+readlink \/proc\/(\d+)\//);
    await first.line.until(/Press Enter to end both\.\r*\n/);
    const [ours] = await second.run('readlink /proc/$$/ns/uts');
    assert.deepEqual(await second.run(`readlink /proc/${parent}/ns/uts`), [ours]);
    const [theirs] = await second.run(`readlink /proc/${child}/ns/uts`);
    assert.match(theirs, /^uts:\[\d+\]$/);
    assert.notEqual(theirs, ours);
    assert.deepEqual(await second.run(`nsenter --preserve-credentials -U -u -t ${child} hostname; hostname`),
        ['helo', 'goldilocks-web']);

    first.line.type('\x1a');
    await first.prompt();
    assert.match((await first.run('jobs -l')).join(), new RegExp(`^\\[1\\]\\+ +${parent} Stopped +step03-uts helo$`));
    assert.equal(await ask(`sed -n 's/^State:.\\(.\\).*/\\1/p' /proc/${parent}/status`), 'T');
    await first.start('fg', /(step03-uts) helo\r*\n/);

    // Step 04 joins it.
    const joined = await second.run(`step04-setns --target ${child} -- sh -c 'hostname; readlink /proc/self/ns/uts'`);
    assert.deepEqual(joined.slice(-2), ['helo', theirs]);

    await first.run('');
    assert.equal(await ask(`ls -d /proc/${parent} /proc/${child} 2>/dev/null`), '');
    assert.deepEqual(await first.run('jobs'), []);
});

await test('step 05 makes its caller root in a user namespace, and PID 1', async () => {
    assert.deepEqual((await first.run("step05-unshare -Urpf --mount-proc sh -c 'echo $$; id -u; ls -d /proc/[0-9]*'")).slice(-3),
        ['1', '0', '/proc/1']);
    const [pid] = await first.start("step05-unshare -ru sh -c 'echo my PID is $$; exec sleep 1000'", /my PID is (\d+)\r*\n/);
    assert.deepEqual(await second.run(`tr -s ' ' </proc/${pid}/uid_map; cat /proc/${pid}/setgroups; stat -c %U /proc/${pid}`),
        [' 0 1000 1', 'deny', 'learner']);
    assert.notEqual(await namespace(pid, 'user'), await namespace(1, 'user'));
    await first.line.until(/my PID is \d+\r*\n/);
    first.line.type('\x03');
    await first.prompt();
    assert.equal(await ask(`ls -d /proc/${pid} 2>/dev/null`), '');
});

await test('with step 06 the kernel limits memory, processes and CPU time', async () => {
    const killed = () => ask("awk '/^oom_kill /{print $2}' /proc/vmstat");
    const before = Number(await killed());
    const memory = (await first.run('sudo step06-cgroup --memory 32M -- tail /dev/zero')).join('\n');
    assert.match(memory, /OOM kills +1 /);
    assert.equal(Number(await killed()), before + 1);
    assert.match(await ask('dmesg | tail -5'), /Memory cgroup out of memory: Killed process \d+ \(tail\)/);

    const command = "sudo step06-cgroup --pids 5 -- sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'";
    const pids = (await first.run(command)).join('\n');
    assert.match(pids, /killed: 4\n +forks refused +1 /);

    const uptime = async () => Number(await ask("cut -d' ' -f1 /proc/uptime"));
    const start = await uptime();
    const cpu = (await first.run("sudo step06-cgroup --cpu 20 -- timeout 1 sh -c 'while :; do :; done'")).join('\n');
    const share = Number(cpu.match(/CPU used +([\d.]+) s/)[1]) / (await uptime() - start);
    assert.ok(share < 0.3, `${share} of the processor\n${cpu}`);
    assert.ok(Number(cpu.match(/throttled +([\d.]+) s/)[1]) > 0, cpu);
    assert.equal(await ask("find /sys/fs/cgroup -name 'step06-cgroup*' | wc -l"), '0');
});

await test('step 06 fails for a user without a delegated cgroup', async () => {
    const output = (await first.run('step06-cgroup --pids 5 -- true')).join('\n');
    assert.match(output, /EACCES: Permission denied\nhint: this cgroup is not delegated to you/);
});

await test('strace shows the system calls', async () => {
    assert.match((await first.run('strace -f -e trace=unshare unshare -ru true')).join('\n'),
        /unshare\(CLONE_NEWUTS\|CLONE_NEWUSER\) += 0/);
});

await test('the control line sets the size of a terminal', async () => {
    await ask('stty -F /dev/ttyS0 rows 30 cols 100');
    await first.line.until(/[$] $/); // the shell handles SIGWINCH
    assert.deepEqual(await first.run('stty size; echo $COLUMNS'), ['30 100', '100']);
});

await test('after a shell exits, a new one starts on a terminal of the same size', async () => {
    await ask('stty -F /dev/ttyS1 rows 30 cols 100');
    await second.line.until(/[$] $/); // the shell handles SIGWINCH
    for (const leave of ['exit', 'kill -9 $$']) {
        const [before] = await second.run('echo $$');
        await second.run(leave);
        const [pid, size] = await second.run('echo $$; stty size');
        assert.notEqual(pid, before);
        assert.equal(size, '30 100');
    }
});

await test('an idle machine is stopped, a key wakes it, and timers still expire', async () => {
    const end = idle(emulator);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const percent = seconds(before) / 5 * 100;
    console.log(`        ${percent.toFixed(1)} % of a processor`);
    while (emulator.is_running()) {
        await new Promise((resolve) => emulator.add_listener('emulator-stopped', resolve));
    }
    first.line.type('echo $((6 * 7))\n');
    assert.ok(emulator.is_running());
    assert.deepEqual(await first.prompt(), ['42']);
    const from = Number(await ask('cut -d. -f1 /proc/uptime'));
    assert.deepEqual(await first.run('sleep 4; echo awake'), ['awake']);
    const slept = Number(await ask('cut -d. -f1 /proc/uptime')) - from;
    assert.ok(slept >= 4 && slept <= 10, `${slept} s`);
    end();
    assert.ok(percent <= IDLE_PERCENT);
});

await test('a program that computes is not stopped, however slow the computer is', async () => {
    const end = idle(emulator);
    let stops = 0;
    emulator.add_listener('emulator-stopped', () => { stops += 1; });
    // The emulator gets a slice of this thread's time, and then again one.
    const others = setInterval(() => {
        const begin = performance.now();
        while (performance.now() - begin < 90);
    });
    await first.start('while :; do :; done');
    // Longer than the silence after which an idle machine is stopped.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    clearInterval(others);
    end();
    first.line.type('\x03');
    await first.line.until(/[$] $/);
    assert.equal(stops, 0);
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
