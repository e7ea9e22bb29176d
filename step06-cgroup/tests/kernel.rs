//! Runs step06-cgroup and asks the kernel's cgroup files what it did.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, Flock, FlockArg, OFlag, fcntl, openat};
use nix::sched::CloneFlags;
use nix::sys::signal::{SigHandler, SigSet, Signal, kill, signal};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{AccessFlags, Pid, eaccess, geteuid};
use testkit::obstacle::refuse;
use testkit::{
    Host, Output, Running, Step, User, require_programs, require_root, sample, skip, wait_until,
};

const STEP: &str = env!("CARGO_BIN_EXE_step06-cgroup");

fn step(user: User) -> Step {
    Step::new(STEP, user)
}

/// The step as it runs a shell script, after the arguments `limits`.
fn script(user: User, limits: &[&str], script: &str) -> Step {
    step(user).args(limits).args(["--", "sh", "-c", script])
}

/// Whether the limits are those of v2: then no v1 hierarchy has them.
fn v2() -> bool {
    !fs::read_to_string("/proc/self/cgroup").unwrap().contains(":pids:")
}

/// Our own cgroup on v2, if that is mounted.
fn own() -> Option<PathBuf> {
    let text = fs::read_to_string("/proc/self/cgroup").unwrap();
    let path = text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    Some(Path::new("/sys/fs/cgroup").join(path))
}

/// A cgroup at or above ours in which the user of the tests may create others, with limits.
fn delegated() -> Option<PathBuf> {
    let own = own()?;
    let usable = |dir: &&Path| {
        let enabled = fs::read_to_string(dir.join("cgroup.subtree_control")).unwrap_or_default();
        eaccess(*dir, AccessFlags::W_OK).is_ok()
            && eaccess(&dir.join("cgroup.procs"), AccessFlags::W_OK).is_ok()
            && ["cpu", "memory", "pids"].iter().all(|it| enabled.contains(it))
    };
    own.ancestors().find(usable).map(Path::to_owned)
}

/// The user who may create cgroups with limits here: the user of the tests, or nobody.
fn able() -> Option<User> {
    let user = User::all()[0];
    let can = if v2() { delegated().is_some() } else { geteuid().is_root() };
    can.then_some(user)
}

macro_rules! able {
    () => {
        match able() {
            Some(user) => user,
            None => skip!("no cgroup is delegated to uid {} here", geteuid()),
        }
    };
}

macro_rules! delegated_on_v2 {
    () => {
        match delegated() {
            Some(dir) if v2() => dir,
            _ => skip!("no cgroup v2 with controllers is delegated to uid {} here", geteuid()),
        }
    };
}

/// The cgroups that a run has made for its command, as it says itself: one in each hierarchy.
fn made(stderr: &str) -> Vec<PathBuf> {
    let made = stderr.lines().filter_map(|line| line.strip_prefix("mkdir ")).map(PathBuf::from);
    // It makes one again if another run has removed it before it was locked.
    let runs = made.filter(|dir| dir.to_string_lossy().contains("/step06-cgroup-run-"));
    runs.collect::<BTreeSet<_>>().into_iter().collect()
}

fn assert_gone(output: &Output) {
    for dir in made(&output.stderr) {
        assert!(!dir.exists(), "{} is still there", dir.display());
    }
}

/// A figure of the report, as a number.
fn figure(output: &Output, what: &str) -> f64 {
    let line = output.stderr.lines().find(|line| line.trim_start().starts_with(what));
    let line = line.unwrap_or_else(|| panic!("no {what} in {output:?}"));
    let value = line.trim_start()[what.len()..].split_whitespace().next().unwrap();
    if value == "none" { 0.0 } else { value.parse().expect(line) }
}

/// Starts the step with a script that stays, and waits until it has set the last
/// of its limits. Returns the directories it made.
fn limited(user: User, limits: &[&str], file: [&str; 2], text: &str) -> (Running, Vec<PathBuf>) {
    let mut step = script(user, limits, text).start();
    let last = format!("/{}\n", file[usize::from(v2())]);
    let mut stderr = String::new();
    while !stderr.ends_with(&last) {
        stderr += &(step.note() + "\n");
    }
    let dirs = made(&stderr);
    assert!(!dirs.is_empty() && dirs.iter().all(|dir| dir.is_dir()), "{dirs:?}");
    (step, dirs)
}

/// Starts the step with a script that says "ready" and then stays, with a
/// descendant in a session of its own.
fn staying(user: User) -> (Running, Vec<PathBuf>) {
    let text = "setsid sleep 1000 & echo ready; wait";
    let (mut step, dirs) = limited(user, &["--pids", "9"], ["pids.max"; 2], text);
    assert_eq!(step.line(), "ready");
    (step, dirs)
}

/// A number that the kernel keeps in a file of a run's cgroup.
fn count(dirs: &[PathBuf], file: &str, key: &str) -> u64 {
    let text =
        dirs.iter().find_map(|dir| fs::read_to_string(dir.join(file)).ok()).unwrap_or_default();
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim().parse().ok());
    value.unwrap_or_default()
}

/// The supervisor of a run: the process that is neither the step nor in the group.
fn supervisor(step: &Running, dirs: &[PathBuf]) -> Pid {
    let inside = fs::read_to_string(dirs.last().unwrap().join("cgroup.procs")).unwrap();
    let inside: Vec<_> = inside.lines().map(|pid| pid.parse().unwrap()).collect();
    let mut others = step.processes();
    others.retain(|pid| *pid != step.pid() && !inside.contains(&pid.as_raw()));
    let [supervisor] = others[..] else { panic!("{others:?} besides {inside:?}") };
    supervisor
}

/// The names of the cgroups in a cgroup.
fn children(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let dirs = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
    dirs.map(|it| it.file_name().into_string().unwrap()).collect()
}

fn all_gone(dirs: &[PathBuf]) -> bool {
    !dirs.iter().any(|dir| dir.exists())
}

#[test]
fn the_first_instruction_of_the_command_is_in_the_group_and_so_is_all_it_starts() {
    let user = able!();
    let output = step(user).args(["--pids", "20", "--", "cat", "/proc/self/cgroup"]).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    let inside = output.stdout.lines().filter(|line| line.contains("/step06-cgroup-run-"));
    assert_eq!(inside.count(), if v2() { 1 } else { 4 }, "{output:?}");

    let output = script(user, &[], "(setsid cat /proc/self/cgroup & wait)").run();
    let inside = output.stdout.lines().filter(|line| line.contains("/step06-cgroup-run-"));
    assert_eq!(inside.count(), if v2() { 1 } else { 4 }, "{output:?}");
    assert_gone(&output);
}

#[test]
fn the_limits_are_in_the_kernels_files() {
    let user = able!();
    let limits = ["--pids", "7", "--memory", "64M", "--cpu", "150%"];
    let file = ["cpu.cfs_quota_us", "cpu.max"];
    let (mut step, dirs) = limited(user, &limits, file, "read line");
    let value = |file: &str| {
        let found = dirs.iter().find_map(|dir| fs::read_to_string(dir.join(file)).ok());
        found.unwrap_or_else(|| panic!("no {file} in {dirs:?}")).trim().to_owned()
    };
    assert_eq!(value("pids.max"), "7");
    if v2() {
        assert_eq!(value("memory.max"), "67108864");
        assert_eq!(value("cpu.max"), "150000 100000");
        let swap = dirs[0].join("memory.swap.max");
        assert!(!swap.exists() || fs::read_to_string(swap).unwrap() == "0\n");
    } else {
        assert_eq!(value("memory.limit_in_bytes"), "67108864");
        assert_eq!(value("cpu.cfs_quota_us"), "150000");
        assert_eq!(value("cpu.cfs_period_us"), "100000");
    }
    step.type_in("\n");
    let output = step.wait();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(all_gone(&dirs));
}

#[test]
fn a_fork_beyond_the_limit_is_refused_and_counted() {
    let user = able!();
    let forks = "for i in 1 2 3 4 5 6 7 8; do sleep 1000 & done";
    let output = script(user, &["--pids", "5"], forks).run();
    assert_eq!(output.code(), Some(2), "{output:?}");
    assert!(output.stderr.contains("ork"), "the shell says so itself: {output:?}");
    assert!(figure(&output, "forks refused") >= 1.0, "{output:?}");
    assert!(output.stderr.contains("had to be killed: 4\n"), "{output:?}");
    assert_gone(&output);

    let output = script(user, &["--pids", "5"], "sh -c : ; sh -c :").run();
    assert_eq!((output.code(), figure(&output, "forks refused")), (Some(0), 0.0), "{output:?}");
}

#[test]
fn a_fork_bomb_is_held_and_ended() {
    let user = able!();
    let bomb = "bomb() { bomb 2>/dev/null & bomb 2>/dev/null & }; (bomb); echo lit";
    let output = script(user, &["--pids", "30", "--cpu", "50"], bomb).run();
    assert_eq!(output.stdout, "lit\n", "{output:?}");
    assert_gone(&output);
}

#[test]
fn who_takes_more_memory_than_the_group_has_is_killed_and_counted() {
    let user = able!();
    let hog = "head -c 30000000 /dev/zero | tail > /dev/null";
    let output = script(user, &["--memory", "16M"], hog).run();
    assert_eq!(output.code(), Some(137), "{output:?}");
    assert!(figure(&output, "OOM kills") >= 1.0, "{output:?}");
    if !output.stderr.contains("unknown   memory.peak") {
        let peak = figure(&output, "peak memory");
        assert!(peak > 8.0 && peak <= 16.0, "{output:?}");
    }
    assert_gone(&output);

    let output = script(user, &["--memory", "128M"], hog).run();
    assert_eq!((output.code(), figure(&output, "OOM kills")), (Some(0), 0.0), "{output:?}");
}

#[test]
fn two_processes_share_one_budget_of_memory() {
    let user = able!();
    // Each takes 20 MB, which is less than the limit; both together are not. Exactly 20:
    // what tail(1) takes for them is up to twice as much, if it reads them in small pieces.
    let hold = "dd if=/dev/zero of=/dev/null bs=20000000 count=1";
    let alone = script(user, &["--memory", "32M"], hold).run();
    assert_eq!((alone.code(), figure(&alone, "OOM kills")), (Some(0), 0.0), "{alone:?}");
    // Nobody reads the pipe, so they stay.
    let both = "for i in 1 2; do dd if=/dev/zero bs=20000000 count=1 | sleep 1000 & done; wait";
    let file = ["memory.memsw.limit_in_bytes", "memory.max"];
    let (step, dirs) = limited(user, &["--memory", "32M"], file, both);
    let events = if v2() { "memory.events" } else { "memory.oom_control" };
    wait_until("an OOM kill", || count(&dirs, events, "oom_kill ") > 0);
    step.signal(Signal::SIGTERM);
    let output = step.wait();
    assert!(figure(&output, "OOM kills") >= 1.0, "{output:?}");
}

#[test]
fn a_busy_loop_is_throttled_and_its_time_counted() {
    let user = able!();
    let busy = "while :; do :; done";
    let file = ["cpu.cfs_quota_us", "cpu.max"];
    let (step, dirs) = limited(user, &["--cpu", "20"], file, busy);
    let (time, twentieth) =
        if v2() { ("throttled_usec ", 50_000) } else { ("throttled_time ", 50_000_000) };
    wait_until("throttling", || count(&dirs, "cpu.stat", time) > twentieth);
    step.signal(Signal::SIGTERM);
    let output = step.wait();
    // The report has three decimals: 0.0503 s is printed as 0.050.
    assert!(figure(&output, "throttled") >= 0.05, "{output:?}");
    assert!(figure(&output, "CPU used") > 0.01, "{output:?}");
    let output = script(user, &[], "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done").run();
    assert_eq!(figure(&output, "throttled"), 0.0, "{output:?}");
}

#[test]
fn nothing_of_the_group_survives_the_end_of_the_command() {
    let user = able!();
    let output =
        Host::unchanged(|| script(user, &[], "setsid sleep 1000 & setsid sleep 1000 &").run());
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stderr.contains("had to be killed: 2\n"), "{output:?}");
    assert_eq!(figure(&output, "forks refused"), 0.0, "killing them refuses forks, too");
    assert!(!made(&output.stderr).is_empty());
    assert_gone(&output);
}

#[test]
fn forks_that_fail_only_while_the_group_is_killed_are_not_counted() {
    let user = able!();
    let forking = "for i in 1 2 3 4 5 6; do (while :; do true | true; done) & done";
    for _ in sample(0..20) {
        let output = script(user, &[], forking).run();
        assert_eq!(figure(&output, "forks refused"), 0.0, "{output:?}");
    }
}

#[test]
fn the_status_is_that_of_the_command() {
    let user = able!();
    for (command, code) in
        [("exit 0", 0), ("exit 42", 42), ("kill -TERM $$", 143), ("kill -9 $$", 137)]
    {
        let output = script(user, &[], command).run();
        assert_eq!(output.code(), Some(code), "{output:?}");
        assert_gone(&output);
    }
    for (program, code, error) in [
        ("/etc/passwd", 126, "EACCES: Permission denied"),
        ("/nowhere/to be found", 127, "ENOENT: No such file or directory"),
        ("\x1b[31m", 127, "ENOENT: No such file or directory"),
    ] {
        let output = step(user).args(["--", program]).run();
        assert_eq!(output.code(), Some(code), "{output:?}");
        let program = program.replace('\x1b', "\\u{1b}");
        let error = format!("step06-cgroup: execve({program}): {error}\n");
        assert!(output.stderr.contains(&error), "{output:?}");
        assert_gone(&output);
    }
}

#[test]
fn arguments_reach_the_command_as_they_are() {
    let user = able!();
    let args =
        [&b"--pids"[..], b"5", b"printf", b"[%s]", b"--pids", b"--", b"h\xe9 lo", b"", b"--help"];
    let output = step(user).args(args.map(|it| OsString::from_vec(it.to_vec()))).run();
    assert_eq!(output.stdout, "[--pids][--][h\u{fffd} lo][][--help]", "{output:?}");
}

#[test]
fn the_command_has_the_signals_and_the_stdin_of_an_ordinary_command() {
    let user = able!();
    let mut step = script(user, &[], "grep -E 'Sig(Blk|Ign)' /proc/self/status; cat").start();
    let ours = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = ours.lines().find(|line| line.starts_with("SigIgn")).unwrap();
    // The test harness ignores SIGPIPE, 13, but its children do not; testkit resets signals
    // 1 to 3; 32 and up are glibc's.
    let ignored = u64::from_str_radix(&ignored[8..], 16).unwrap() & 0x7fff_eff8;
    assert_eq!(step.line(), "SigBlk:\t0000000000000000");
    let line = step.line();
    let inside = line.strip_prefix("SigIgn:\t").expect(&line);
    assert_eq!(u64::from_str_radix(inside, 16).unwrap() & 0x7fff_ffff, ignored);
    step.type_in("helo\n");
    assert_eq!(step.line(), "helo");
    step.close_stdin();
    assert_eq!(step.wait().code(), Some(0));
}

#[test]
fn a_signal_that_ends_the_step_ends_the_group_and_is_reported() {
    let user = able!();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let (output, dirs) = Host::unchanged(|| {
            let (step, dirs) = staying(user);
            step.signal(signal);
            (step.wait(), dirs)
        });
        assert_eq!(output.signal(), Some(signal as i32), "{output:?}");
        assert!(output.stderr.contains("had to be killed: 2\n"), "{output:?}");
        assert!(all_gone(&dirs));
    }
}

#[test]
fn a_step_whose_stderr_nobody_reads_is_ended_by_a_signal() {
    let user = able!();
    let (_reader, writer) = nix::unistd::pipe2(OFlag::O_CLOEXEC).unwrap();
    let mut writer = File::from(writer);
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while writer.write(b".").is_ok() {}
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    let step = step(user).args(["--pids", "9", "true"]).with(|it| _ = it.stderr(writer)).start();
    let current_call = format!("/proc/{}/syscall", step.pid());
    let writes = format!("{} 0x2 ", nix::libc::SYS_write);
    wait_until("a write to stderr that waits for a reader", || {
        fs::read_to_string(&current_call).is_ok_and(|call| call.starts_with(&writes))
    });
    step.signal(Signal::SIGTERM);
    assert_eq!(step.wait().signal(), Some(Signal::SIGTERM as i32));
}

#[test]
fn a_step_that_is_killed_leaves_neither_processes_nor_cgroups() {
    let user = able!();
    let (step, dirs) = staying(user);
    step.signal(Signal::SIGKILL);
    let output = step.wait();
    assert_eq!(output.signal(), Some(Signal::SIGKILL as i32));
    assert!(all_gone(&dirs), "the supervisor has removed them before it ended");
}

#[test]
fn whoever_kills_all_processes_named_like_the_step_does_not_kill_the_supervisor() {
    let user = able!();
    let (step, dirs) = staying(user);
    let name = |pid: &Pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    let mut named = step.processes();
    named.retain(|pid| name(pid) == "step06-cgroup\n");
    // As killall(1) does: first the names, then the signals.
    named.iter().for_each(|pid| kill(*pid, Signal::SIGKILL).unwrap());
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
    assert!(all_gone(&dirs));
}

#[test]
fn a_supervisor_that_is_killed_is_not_missed() {
    let user = able!();
    let (step, dirs) = staying(user);
    kill(supervisor(&step, &dirs), Signal::SIGKILL).unwrap();
    step.signal(Signal::SIGTERM);
    assert_eq!(step.wait().signal(), Some(Signal::SIGTERM as i32));
    assert!(all_gone(&dirs));
}

/// Creates cgroups one in the other until their path is longer than a path can be (4096
/// bytes), and opens the last.
fn nest(dir: &Path) -> OwnedFd {
    let mut dir = OwnedFd::from(fs::File::open(dir).unwrap());
    let name = "x".repeat(250);
    for _ in 0..18 {
        mkdirat(&dir, name.as_str(), Mode::S_IRWXU).unwrap();
        let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        dir = openat(&dir, name.as_str(), flags, Mode::empty()).unwrap();
    }
    dir
}

#[test]
fn processes_in_cgroups_nested_deeper_than_a_path_is_long_are_killed_too() {
    let user = able!();
    let text = "sleep 1000 & echo $!; read line";
    let (mut step, dirs) = limited(user, &["--pids", "9"], ["pids.max"; 2], text);
    let sleep = step.line();
    for dir in &dirs {
        let procs = openat(nest(dir), "cgroup.procs", OFlag::O_WRONLY, Mode::empty()).unwrap();
        fs::File::from(procs).write_all(sleep.as_bytes()).unwrap();
    }
    step.type_in("\n");
    let output = step.wait();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stderr.contains("had to be killed: 1\n"), "{output:?}");
    assert!(all_gone(&dirs));
}

/// Cgroups beside those of a run, to which its command can move.
fn beside(dirs: &[PathBuf]) -> Vec<PathBuf> {
    let name = format!("step06-cgroup-test-{}-beside", std::process::id());
    let beside: Vec<_> = dirs.iter().map(|dir| dir.with_file_name(&name)).collect();
    beside.iter().for_each(|dir| fs::create_dir(dir).unwrap());
    beside
}

#[test]
fn a_command_that_has_left_its_group_and_changed_its_user_dies_with_the_step() {
    let user = able!();
    require_root!("to become another user");
    require_programs!("setpriv");
    // This clears PR_SET_PDEATHSIG, and no cgroup.kill reaches it.
    let leave = "read cgroups; for it in $cgroups; do echo $$ > $it/cgroup.procs; done
        exec /usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups sh -c 'echo ready; exec sleep 1000'";
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let (mut step, dirs) = limited(user, &["--pids", "9"], ["pids.max"; 2], leave);
        let beside = beside(&dirs);
        let names: Vec<_> = beside.iter().map(|dir| dir.to_str().unwrap()).collect();
        step.type_in(&format!("{}\n", names.join(" ")));
        assert_eq!(step.line(), "ready");
        step.signal(signal);
        assert_eq!(step.wait().signal(), Some(signal as i32));
        assert!(all_gone(&dirs));
        for dir in &beside {
            wait_until("the end of the command", || fs::remove_dir(dir).is_ok());
        }
    }
}

#[test]
fn a_supervisor_that_was_stopped_does_not_keep_the_step_waiting() {
    let user = able!();
    let (step, dirs) = staying(user);
    kill(supervisor(&step, &dirs), Signal::SIGSTOP).unwrap();
    step.signal(Signal::SIGTERM);
    assert_eq!(step.wait().signal(), Some(Signal::SIGTERM as i32));
    assert!(all_gone(&dirs));
}

#[test]
fn what_is_left_by_a_run_whose_supervisor_was_killed_too_is_removed_by_the_next() {
    let user = able!();
    let (dead, dirs) = staying(user);
    kill(supervisor(&dead, &dirs), Signal::SIGKILL).unwrap();
    dead.signal(Signal::SIGKILL);
    let alive = staying(user);
    let output = step(user).args(["--", "true"]).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(all_gone(&dirs), "{dirs:?}");
    assert_eq!(dead.wait().signal(), Some(Signal::SIGKILL as i32));

    let (alive, dirs) = alive;
    assert!(dirs.iter().all(|dir| dir.is_dir()), "and a living run is left alone");
    assert_eq!(alive.processes().len(), 4);
    alive.signal(Signal::SIGTERM);
    assert_eq!(alive.wait().signal(), Some(Signal::SIGTERM as i32));
    assert!(all_gone(&dirs));
}

#[test]
fn somebodys_directory_with_such_a_name_and_a_process_in_it_is_left_alone() {
    let user = able!();
    let dirs = made(&script(user, &["--pids", "9"], ":").run().stderr);
    assert!(!dirs.is_empty());
    let name = format!("step06-cgroup-run-{}-mine", std::process::id());
    let somebodys: Vec<_> = dirs.iter().map(|dir| dir.with_file_name(&name)).collect();
    let mut process = Command::new("sleep").arg("1000").spawn().unwrap();
    for dir in &somebodys {
        // As long as it is empty, another run may remove it.
        wait_until("a cgroup with a process", || {
            fs::create_dir(dir).is_ok()
                && fs::write(dir.join("cgroup.procs"), process.id().to_string()).is_ok()
        });
    }
    let output = script(user, &["--pids", "9"], ":").run();
    let alive = process.try_wait().unwrap().is_none() && somebodys.iter().all(|it| it.is_dir());
    process.kill().unwrap();
    process.wait().unwrap();
    for dir in &somebodys {
        // Now that it is empty, another run may remove it, too.
        wait_until("the removal of a cgroup", || fs::remove_dir(dir).is_ok() || !dir.exists());
    }
    assert!(alive, "{output:?}");
    assert_eq!(output.code(), Some(0), "{output:?}");
}

#[test]
fn locks_that_somebody_holds_there_do_not_hold_up_a_run() {
    let user = able!();
    let dirs = made(&script(user, &["--pids", "9"], ":").run().stderr);
    let mut locks = Vec::new();
    for parent in dirs.iter().map(|dir| dir.parent().unwrap()) {
        for path in [parent.to_owned(), parent.join("cgroup.procs")] {
            let file = fs::File::open(path).unwrap();
            locks.push(Flock::lock(file, FlockArg::LockExclusiveNonblock).unwrap());
        }
    }
    assert!(!locks.is_empty());
    let output = script(user, &["--pids", "9"], ":").run();
    assert_eq!(output.code(), Some(0), "{output:?}");
}

#[test]
fn a_frozen_process_is_named_and_keeps_nobody_waiting_for_ever() {
    let user = able!();
    let freezer = Path::new("/sys/fs/cgroup/freezer");
    if v2() || !freezer.join("cgroup.procs").exists() {
        skip!("only on v1 a frozen process cannot be killed");
    }
    let frozen = freezer.join(format!("step06-cgroup-test-{}", std::process::id()));
    fs::create_dir(&frozen).unwrap();
    // A shell that waits for its child to exec (vfork) would never count as frozen.
    let enter = format!("echo 0 > {}/cgroup.procs; echo ready; exec sleep 1000", frozen.display());
    let (mut step, dirs) = limited(user, &["--pids", "9"], ["pids.max"; 2], &enter);
    assert_eq!(step.line(), "ready");
    fs::write(frozen.join("freezer.state"), "FROZEN").unwrap();
    step.signal(Signal::SIGTERM);
    // The first one ends the group, or tries to; the second one ends the step at once.
    wait_until("the attempt to kill them", || count(&dirs, "pids.max", "") == 0);
    std::thread::sleep(std::time::Duration::from_millis(50));
    step.signal(Signal::SIGTERM);
    let supervisor = || step.processes().len() > 2;
    wait_until("the end of the supervisor", || !supervisor());
    let mut stderr = String::new();
    while !stderr.contains("SIGKILL): still running after ") {
        stderr = step.note();
    }
    fs::write(frozen.join("freezer.state"), "THAWED").unwrap();
    assert_eq!(step.wait().signal(), Some(Signal::SIGTERM as i32));
    wait_until("the removal of the frozen cgroup", || fs::remove_dir(&frozen).is_ok());
    assert_eq!(script(user, &[], ":").run().code(), Some(0));
    assert!(all_gone(&dirs), "the next run has removed them");
}

#[test]
fn runs_at_the_same_time_do_not_disturb_each_other() {
    let user = able!();
    for _ in sample(0..5) {
        let runs: Vec<_> = (0..6).map(|_| script(user, &["--pids", "5"], ":").start()).collect();
        for run in runs {
            let output = run.wait();
            assert_eq!(output.code(), Some(0), "{output:?}");
            assert_gone(&output);
        }
    }
}

/// Runs a program and kills it at the `when`th time that it makes a system call. Tells its
/// PID, and how it ended.
fn killed_at(call: &str, when: u32, program: &[&str]) -> (Pid, Output) {
    let inject = format!("inject={call}:signal=SIGKILL:when={when}");
    // -D: strace is not the parent of the program but its grandchild.
    let options = ["-D", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject];
    let strace = Step::new("/usr/bin/strace", User::all()[0]);
    let mut program = strace.args(options).args(program).start();
    program.close_stdin();
    (program.pid(), program.wait())
}

/// When to kill a run: the first four times of each system call that changes something, or
/// waits. With ?, those that some processors do not have.
fn moments() -> impl Iterator<Item = (&'static str, u32)> {
    let calls = [
        "?fork,clone",
        "?mkdir,mkdirat",
        "openat",
        "flock",
        "write",
        "wait4",
        "?rt_sigtimedwait,?rt_sigtimedwait_time64",
    ];
    calls.into_iter().flat_map(|call| (1..5).map(move |when| (call, when)))
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    let user = able!();
    if !testkit::installed("strace") {
        skip!("strace, which kills the step at a chosen system call, is not installed");
    }
    let dirs = made(&script(user, &["--pids", "9"], ":").run().stderr);
    let parents: Vec<_> = dirs.iter().map(|dir| dir.parent().unwrap()).collect();
    assert!(!parents.is_empty());
    for (call, when) in sample(moments()) {
        let (pid, output) = killed_at(call, when, &[STEP, "--pids", "9", "true"]);
        let killed = output.signal() == Some(Signal::SIGKILL as i32);
        assert!(killed || when > 1 && output.code() == Some(0), "{call} {when}: {output:?}");
        let ours = format!("step06-cgroup-run-{pid}-");
        for parent in &parents {
            let left = children(parent).into_iter().find(|it| it.starts_with(&ours));
            assert_eq!(left, None, "{call} {when}: {output:?}");
        }
    }
}

/// Lets a command begin with a signal ignored.
fn ignoring(command: &mut Command, ignored: Signal) {
    let ignore = move || {
        // SAFETY: no handler is installed, in a child that has one thread.
        unsafe { signal(ignored, SigHandler::SigIgn) }?;
        Ok(())
    };
    // SAFETY: nothing but a system call in the child.
    unsafe { command.pre_exec(ignore) };
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let user = able!();
    let step = script(user, &[], "echo ready; read line").with(|it| {
        ignoring(it, Signal::SIGHUP);
    });
    let mut step = step.start();
    assert_eq!(step.line(), "ready");
    step.signal(Signal::SIGHUP);
    step.type_in("\n");
    assert_eq!(step.wait().code(), Some(0));
}

#[test]
fn signals_that_the_caller_blocks_stay_blocked_for_the_command() {
    let user = able!();
    // Not by way of a shell, which may unblock them.
    let step = step(user).args(["grep", "SigBlk", "/proc/self/status"]).with(|it| {
        let block = || {
            let signals: SigSet = [Signal::SIGTERM, Signal::SIGUSR1].into_iter().collect();
            Ok(signals.thread_block()?)
        };
        // SAFETY: nothing but a system call in the child.
        unsafe { it.pre_exec(block) };
    });
    let output = step.run();
    let bits = 1_u64 << (Signal::SIGTERM as i32 - 1) | 1 << (Signal::SIGUSR1 as i32 - 1);
    assert_eq!(output.stdout, format!("SigBlk:\t{bits:016x}\n"), "{output:?}");
}

#[test]
fn a_command_that_the_keyboard_ends_ends_the_step_in_the_same_way() {
    let user = able!();
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        // Not a shell, which may ignore the signal.
        let mut step = script(user, &[], "ulimit -c 0; echo $$; exec sleep 1000").start();
        let command = step.line();
        let name = || fs::read_to_string(format!("/proc/{command}/comm")).unwrap();
        wait_until("the execve(2) of sleep", || name() == "sleep\n");
        kill(Pid::from_raw(command.parse().unwrap()), signal).unwrap();
        let output = step.wait();
        assert_eq!(output.signal(), Some(signal as i32), "{output:?}");
        assert_gone(&output);
    }
}

#[test]
fn a_parent_that_ignores_its_children_is_no_trouble() {
    let user = able!();
    let step = script(user, &[], "exit 3").with(|it| {
        ignoring(it, Signal::SIGCHLD);
    });
    assert_eq!(step.run().code(), Some(3));
}

#[test]
fn nobody_is_refused_with_the_file_and_a_way_out() {
    if v2() && !geteuid().is_root() {
        skip!("on v2 it takes root to be somebody else, to whom nothing is delegated");
    }
    for args in [&["--pids", "5", "--", "true"][..], &["--", "true"]] {
        let output = Host::unchanged(|| step(User::Ordinary).args(args).run());
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, "");
        let lines: Vec<_> = output.stderr.lines().collect();
        let [error, hint] = lines[..] else { panic!("{output:?}") };
        assert!(error.starts_with("step06-cgroup: mkdir(/sys/fs/cgroup"), "{error}");
        assert!(error.ends_with("): EACCES: Permission denied"), "{error}");
        assert!(hint.starts_with("hint: ") && hint.contains("sudo"), "{hint}");
    }
}

#[test]
fn nonsense_is_refused_before_anything_is_made() {
    let not_text = OsString::from_vec(b"5\xff".to_vec());
    let cases: [(&[&OsStr], &str); 15] = [
        (&["--pids".as_ref()], "missing argument for option '--pids'"),
        (&["--pids".as_ref(), "5".as_ref()], "missing CMD"),
        (&["--pids=0".as_ref(), "true".as_ref()], "CMD itself is one process"),
        (&["--pids=-1".as_ref(), "true".as_ref()], "not a whole number"),
        (&["--pids=4194305".as_ref(), "true".as_ref()], "Linux has at most 4194304"),
        (&["--pids".as_ref(), &not_text, "true".as_ref()], r"argument is invalid unicode: "),
        (&["--memory=0".as_ref(), "true".as_ref()], "less than a page"),
        (&["--memory=64MB".as_ref(), "true".as_ref()], "sizes look like"),
        (&["--memory=9999999999999T".as_ref(), "true".as_ref()], "more bytes"),
        (&["--memory=99999999999999999999".as_ref(), "true".as_ref()], "too large"),
        (&["--memory=\x1b[31m".as_ref(), "true".as_ref()], r"\u{1b}[31m"),
        (&["--cpu=0%".as_ref(), "true".as_ref()], "no CPU time"),
        (&["--cpu=1.5".as_ref(), "true".as_ref()], "not a whole number"),
        (&["--cpu=9999999".as_ref(), "true".as_ref()], "not have that many CPUs"),
        (&["--color".as_ref()], "invalid option '--color'"),
    ];
    for (args, error) in sample(cases) {
        let output = step(User::all()[0]).args(args).run();
        assert_eq!(output.code(), Some(2), "{args:?}: {output:?}");
        assert_eq!(output.stdout, "", "{args:?}");
        assert_eq!(output.stderr.lines().count(), 1, "{output:?}");
        assert!(output.stderr.starts_with("step06-cgroup: "), "{output:?}");
        assert!(output.stderr.contains(error), "{args:?}: {output:?}");
        assert!(output.stderr.ends_with("(try --help)\n"), "{output:?}");
    }
}

#[test]
fn without_a_command_it_shows_each_hierarchy_of_proc_self_cgroup() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).run());
        assert_eq!((output.code(), &*output.stderr), (Some(0), ""), "{output:?}");
        let proc = fs::read_to_string("/proc/self/cgroup").unwrap();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        for line in proc.lines() {
            let fields: Vec<_> = line.splitn(3, ':').collect();
            let kind = if fields[0] == "0" { "v2".to_owned() } else { format!("v1 {}", fields[1]) };
            let row = output.stdout.lines().find(|row| {
                row.starts_with(&format!("{kind} ")) && row.contains(&format!(" {} ", fields[2]))
            });
            let row = row.unwrap_or_else(|| panic!("no {kind} in {output:?}"));
            let point = row.split("  ").map(str::trim).find(|it| it.starts_with('/')).unwrap();
            assert!(mounts.contains(&format!(" {point} ")), "{row}");
        }
        let mode = if mounts.contains(" - cgroup2 ") && mounts.contains(" - cgroup ") {
            "hybrid"
        } else if mounts.contains(" - cgroup2 ") {
            "v2"
        } else {
            "v1"
        };
        assert!(output.stdout.starts_with(&format!("This machine runs cgroups {mode}:")));
        let may_create = output.stdout.contains("create cgroups");
        let may = geteuid().is_root() || v2() && delegated().is_some();
        assert_eq!(may_create, user == User::all()[0] && may, "{output:?}");
    }
}

/// A cgroup of a test, below one that is delegated, with nothing enabled in it.
struct Scope(PathBuf);

impl Scope {
    fn new(below: &Path, name: &str) -> Scope {
        let dir = below.join(format!("step06-cgroup-test-{}-{name}", std::process::id()));
        fs::create_dir(&dir).unwrap();
        Scope(dir)
    }

    /// The step, alone in this cgroup.
    fn step(&self, user: User) -> Step {
        self.run_in(step(user))
    }

    fn run_in(&self, step: Step) -> Step {
        let procs = self.0.join("cgroup.procs");
        step.with(|it| {
            // SAFETY: only system calls and allocation in a child that has one thread.
            unsafe { it.pre_exec(move || fs::write(&procs, "0")) };
        })
    }

    fn enabled(&self) -> String {
        fs::read_to_string(self.0.join("cgroup.subtree_control")).unwrap()
    }

    fn children(&self) -> usize {
        children(&self.0).len()
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn alone_in_a_delegated_cgroup_it_steps_aside_enables_controllers_and_undoes_it() {
    let above = delegated_on_v2!();
    let scope = Scope::new(&above, "alone");
    let limits = ["--pids", "9", "--memory", "64M", "--cpu", "100"];
    let script = "cat /proc/self/cgroup; read line; exit 5";
    let mut step = scope.step(User::all()[0]).args(limits).args(["sh", "-c", script]).start();
    let name = scope.0.file_name().unwrap().to_str().unwrap().to_owned();
    let inside = step.line();
    assert!(inside.contains(&format!("/{name}/step06-cgroup-run-")), "{inside}");
    assert_eq!(scope.enabled(), "cpu memory pids\n");
    assert_eq!(scope.children(), 2);
    let aside = fs::read_to_string(format!("/proc/{}/cgroup", step.pid())).unwrap();
    assert!(aside.contains(&format!("/{name}/step06-cgroup-supervisors\n")), "{aside}");
    step.type_in("\n");
    let output = step.wait();
    assert_eq!(output.code(), Some(5), "{output:?}");
    assert_eq!((scope.enabled().trim(), scope.children()), ("", 0));
}

#[test]
fn killed_while_it_stands_aside_it_leaves_the_cgroup_as_it_was() {
    let above = delegated_on_v2!();
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let scope = Scope::new(&above, signal.as_str());
        let mut step = scope
            .step(User::all()[0])
            .args(["--pids", "9", "sh", "-c", "echo ready; sleep 1000"])
            .start();
        assert_eq!(step.line(), "ready");
        step.signal(signal);
        assert_eq!(step.wait().signal(), Some(signal as i32));
        assert_eq!((scope.enabled().trim(), scope.children()), ("", 0));
    }
}

#[test]
fn killed_at_any_moment_while_it_stands_aside_it_undoes_what_it_enabled() {
    let above = delegated_on_v2!();
    if !testkit::installed("strace") {
        skip!("strace, which kills the step at a chosen system call, is not installed");
    }
    let mut killed_afterwards = 0;
    // In each sample one moment is after it has enabled controllers.
    for (call, when) in sample(moments()).chain([("wait4", 1)]) {
        let scope = Scope::new(&above, "strace");
        // Not strace: the step has to be alone in there.
        let enter = format!("echo 0 > {}/cgroup.procs", scope.0.display());
        let shell = format!("{enter}; exec {STEP} --pids 9 true");
        let (_, output) = killed_at(call, when, &["sh", "-c", &shell]);
        let killed = output.signal() == Some(Signal::SIGKILL as i32);
        assert!(killed || when > 1 && output.code() == Some(0), "{call} {when}: {output:?}");
        killed_afterwards += u32::from(killed && output.stderr.contains("\necho '+"));
        let left = (scope.enabled().trim().to_owned(), children(&scope.0));
        assert_eq!(left, (String::new(), vec![]), "{call} {when}: {output:?}");
    }
    assert!(killed_afterwards > 0, "it was killed only before it had enabled anything");
}

/// Leaves a scope as after SIGKILL of a run and of its supervisor.
fn abandon_a_run_in(scope: &Scope) {
    let mut dead = scope
        .step(User::all()[0])
        .args(["--pids", "9", "sh", "-c", "sleep 1000 & echo ready; wait"])
        .start();
    assert_eq!(dead.line(), "ready");
    let run = children(&scope.0).into_iter().find(|it| it.starts_with("step06-cgroup-run-"));
    let supervisor = supervisor(&dead, &[scope.0.join(run.unwrap())]);
    kill(supervisor, Signal::SIGKILL).unwrap();
    dead.signal(Signal::SIGKILL);
    // The shell has died with its parent, and what it had started has not.
    let sleep = || dead.processes().len();
    wait_until("the end of the step", || sleep() == 1);
    assert_ne!((scope.enabled().trim(), scope.children()), ("", 0), "nothing was left");
    for pid in dead.processes() {
        kill(pid, Signal::SIGKILL).unwrap();
    }
    assert_eq!(dead.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn what_a_dead_run_has_enabled_is_disabled_by_the_next() {
    let above = delegated_on_v2!();
    let scope = Scope::new(&above, "left");
    abandon_a_run_in(&scope);
    // Nobody can be in the scope itself now; the next run comes from beside.
    let beside = Scope::new(&scope.0, "beside");
    let script = format!("{} --pids 9 cat /proc/self/cgroup; exit $?", STEP);
    let output = beside.run_in(Step::new("/bin/sh", User::all()[0]).args(["-c", &script])).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(made(&output.stderr).iter().all(|dir| dir.parent() == Some(&scope.0)), "{output:?}");
    assert_eq!((beside.enabled().trim(), beside.children()), ("", 0));
    drop(beside);
    assert_eq!((scope.enabled().trim(), scope.children()), ("", 0));
}

#[test]
fn what_somebody_else_uses_by_now_stays_enabled_and_the_status_is_the_commands() {
    let above = delegated_on_v2!();
    for (file, value, name) in
        [("memory.max", "104857600\n", "limits"), ("cgroup.subtree_control", "+pids", "enables")]
    {
        let scope = Scope::new(&above, name);
        let limits =
            ["--pids", "9", "--memory", "64M", "sh", "-c", "echo ready; read line; exit 7"];
        let mut step = scope.step(User::all()[0]).args(limits).start();
        assert_eq!(step.line(), "ready");
        let other = Scope::new(&scope.0, "other");
        fs::write(other.0.join(file), value).unwrap();
        step.type_in("\n");
        let output = step.wait();
        assert_eq!(output.code(), Some(7), "{output:?}");
        assert!(output.stderr.contains("\nnote: "), "{output:?}");
        assert!(scope.enabled().contains("memory pids"), "{output:?}");
        let kept = fs::read_to_string(other.0.join(file)).unwrap();
        assert_eq!(kept.trim(), value.trim_start_matches('+').trim());

        // A later run goes on, and undoes it as soon as nobody needs it.
        let beside = Scope::new(&scope.0, "beside");
        let script = format!("{} --pids 9 true; exit $?", STEP);
        let next = || {
            let shell = Step::new("/bin/sh", User::all()[0]).args(["-c", &script]);
            let output = beside.run_in(shell).run();
            assert_eq!(output.code(), Some(0), "{output:?}");
        };
        next();
        assert!(scope.enabled().contains("memory pids"));
        drop(other);
        next();
        drop(beside);
        assert_eq!((scope.enabled().trim(), scope.children()), ("", 0));
    }
}

#[test]
fn a_run_inside_of_a_run_is_below_it() {
    let user = able!();
    let inner = [STEP, "--pids", "5", "cat", "/proc/self/cgroup"];
    let output = step(user).args(["--pids", "9"]).args(inner).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    let inside: Vec<_> = output.stdout.lines().filter(|line| line.contains("/step06-")).collect();
    assert_eq!(inside.len(), if v2() { 1 } else { 4 }, "{output:?}");
    for line in inside {
        assert_eq!(line.matches("/step06-cgroup-run-").count(), 2, "{output:?}");
    }
    assert_gone(&output);
}

#[test]
fn a_run_that_is_not_alone_inside_of_a_run_is_refused_and_does_not_leave_it() {
    let _above = delegated_on_v2!();
    let inner = format!("{} --pids 5 true; exit $?", STEP);
    let output = script(User::all()[0], &["--pids", "9"], &inner).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("cgroup.subtree_control, \"+"), "{output:?}");
    assert!(output.stderr.contains("): EBUSY: Device or resource busy\nhint: "), "{output:?}");
    assert_gone(&output);
}

#[test]
fn without_clone3_the_command_is_moved_before_it_begins() {
    let _above = delegated_on_v2!();
    let clone3 = (libc::SYS_clone3, CloneFlags::empty(), Errno::ENOSYS);
    let step = step(User::all()[0])
        .args(["--pids", "5", "cat", "/proc/self/cgroup"])
        .with_obstacle(move || refuse(&[clone3]));
    let output = step.run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stderr.contains("ENOSYS"), "{output:?}");
    assert!(output.stdout.contains("/step06-cgroup-run-"), "{output:?}");
    assert_gone(&output);
}

#[test]
fn help_names_the_manual_and_an_example() {
    let output = step(User::Ordinary).args(["--help"]).run();
    assert_eq!(output.code(), Some(0));
    for part in ["Usage: step06-cgroup", "--pids N", "--memory SIZE", "cgroups(7)"] {
        assert!(output.stdout.contains(part), "{part}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is() {
    let (reader, writer) = nix::unistd::pipe().unwrap();
    drop(reader);
    let output = step(User::Ordinary)
        .with(|it| {
            it.stdout(writer);
        })
        .run();
    assert_eq!((output.code(), &*output.stderr), (Some(0), ""));

    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = step(User::Ordinary)
        .with(|it| {
            it.stdout(full());
        })
        .run();
    assert_eq!(output.code(), Some(1));
    assert_eq!(output.stderr, "step06-cgroup: write(stdout): ENOSPC: No space left on device\n");
    if let Some(user) = able() {
        let output = step(user)
            .args(["--", "true"])
            .with(|it| {
                it.stderr(full());
            })
            .run();
        assert_eq!(output.code(), Some(0));
    }
}

#[test]
fn a_command_that_a_real_time_signal_killed_has_the_status_of_a_shell_and_a_report() {
    let user = able!();
    let output = script(user, &["--pids", "9"], "kill -34 $$").run();
    assert_eq!(output.code(), Some(128 + 34), "{output:?}");
    assert!(output.stderr.contains("forks refused"), "{output:?}");
    assert_gone(&output);
}
