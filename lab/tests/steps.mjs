// The output of the steps, compared with what the kernel says.

import assert from 'node:assert/strict';
import { ask, first, namespace, second, test } from './harness.mjs';

await test('only cgroup v2 is mounted, with all controllers that step 06 needs', async () => {
    assert.equal(await ask("stat -f -c %T /sys/fs/cgroup; grep -c ' - cgroup ' /proc/1/mountinfo"), 'cgroup2fs\n0');
    const controllers = (await ask('cat /sys/fs/cgroup/cgroup.controllers')).split(' ');
    for (const controller of ['cpu', 'io', 'memory', 'pids']) {
        assert.ok(controllers.includes(controller), controller);
    }
});

await test('step00-doctor finds that every step works', async () => {
    const output = (await first.run('sudo step00-doctor')).join('\n');
    const steps = (await ask('cd /usr/local/bin; printf "%s\\n" step*')).split('\n').slice(1);
    assert.deepEqual(output.match(/^step\S+(?= +\S+ +works)/gm), steps, output);
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

await test('step 07 makes its child root of one user namespace', async () => {
    const shown = (await first.run('step07-user </dev/null')).join('\n');
    const ours = await namespace(1, 'uts');
    const outcomes = [...shown.matchAll(/^sethostname\(\) in (uts:\[\d+\]): +(\w+)/gm)];
    assert.deepEqual(outcomes.map(([, uts, outcome]) => [uts === ours, outcome]), [[true, 'EPERM'], [false, 'done']]);
    assert.match(shown, /^open\(\/etc\/shadow\): +EACCES/m);
    assert.match((await first.run('step07-user range')).join('\n'), /^the child, outside: +uid 100000,/m);
});

await test('step 08 leaves a zombie until PID 1 reaps it', async () => {
    const [zombie] = await first.start('step08-pid', /it has ended: .*NSpid: (\d+) 3/);
    await first.line.until(/reaps it\.\r*\n/);
    assert.deepEqual(await second.run(`grep -E '^(State|NSpid)' /proc/${zombie}/status`),
        ['State:\tZ (zombie)', `NSpid:\t${zombie}\t3`]);
    const signals = (await first.run('')).join('\n');
    assert.match(signals, new RegExp(`waitpid\\(\\): +no /proc/${zombie}\n`));
    assert.match(signals, /SIGKILL\) inside: +returns 0.*\n[^]*SIGKILL\) outside: +PID 1 was killed/);
});

await test('step 09 mounts what only its child sees', async () => {
    const [child] = await first.start('step09-mount', /ls \/proc\/(\d+)\/root\/tmp\r*\n/);
    await first.line.until(/Press Enter to end both\.\r*\n/);
    assert.deepEqual(await second.run(`cat /proc/${child}/root/tmp/helo; ls /tmp/helo`),
        ['helo', "ls: cannot access '/tmp/helo': No such file or directory"]);
    await first.run('');
});

await test('step 10 makes a layer of changes: as root, since this kernel keeps no user attributes on a tmpfs', async () => {
    assert.match((await first.run('sudo step10-image')).join('\n'),
        /^cache +dir +- +dir trusted\.overlay\.opaque=y +dir\n[^]*^merged shows the same/m);
    assert.match((await first.run('step10-image')).join('\n'), /^step10-image: rmdir\(merged\/cache\): EIO/m);
});

await test('step 16 gives a shell on a terminal of its own, and limits of root to a container', async () => {
    const [size] = await first.run('stty size');
    await first.run('step16-container');
    assert.deepEqual(await first.run('echo $$ $(hostname) $(tty); stty size'), ['2 container /dev/pts/0', size]);
    await first.start('sleep 1016');
    await ask("until grep -qsz '^101[6]$' /proc/[0-9]*/cmdline; do :; done");
    first.line.type('\x03');
    await first.prompt();
    assert.deepEqual(await first.run('echo $?'), ['130']);
    await first.run('exit 7');
    assert.deepEqual(await first.run('echo $? $(hostname)'), ['7 goldilocks-web']);

    const table = (await first.run('sudo step16-container --pids 20 --verify')).join('\n');
    assert.match(table, /^limits +pids\.max 20 .*stopped: EAGAIN after 1\d processes$/m);
    assert.doesNotMatch(table, /SUCCEEDED/);
    assert.equal(await ask("find /sys/fs/cgroup -name 'step16*' | wc -l"), '0');
});

await test('strace shows the system calls', async () => {
    assert.match((await first.run('strace -f -e trace=unshare unshare -ru true')).join('\n'),
        /unshare\(CLONE_NEWUTS\|CLONE_NEWUSER\) += 0/);
});
