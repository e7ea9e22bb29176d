//! Runs step14-resources and asks the kernel's cgroup files what it did.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::libc::{SCHED_FIFO, SCHED_OTHER, SYS_prctl};
use nix::sched::CloneFlags;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{AccessFlags, Pid, eaccess, geteuid};
use step_support::cgroup::{self, Version, is_delegated};
use step_support::refusal::scheduling_policy;
use testkit::cgroup::{create_delegated, enabled};
use testkit::obstacle::{cover, own_mounts, refuse};
use testkit::tempfile::TempDir;
use testkit::{
    Host, Output, Running, Step, User, copy_program, descendants, require_programs, sample, skip,
    status, wait_until,
};

const EXE: &str = env!("CARGO_BIN_EXE_step14-resources");

/// The call in which the step measures; some processors and libraries have another of them.
const SLEEP: &str = "?nanosleep,?clock_nanosleep,?clock_nanosleep_time64";

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// Where v2 is mounted, and the cgroup of the tests there.
fn own() -> Option<(PathBuf, PathBuf)> {
    let mut all = cgroup::all().unwrap().into_iter();
    let mounted = all.find(|it| it.version == Version::V2)?.mounted?;
    Some((mounted.mount_point, mounted.current))
}

/// A cgroup of v2 that is delegated to the ordinary user, with a leaf in which a step starts.
struct Sandbox {
    dir: PathBuf,
    leaf: PathBuf,
    program: PathBuf,
    _copy: TempDir,
}

impl Sandbox {
    fn new() -> Option<Sandbox> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (top, current) = own()?;
        let mut above = current.ancestors().take_while(|dir| dir.starts_with(&top));
        let above = above.find(|dir| enabled(dir).contains("cpu")).unwrap_or(&current);
        if !is_delegated(above) {
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = above.join(format!("test-step14-{}-{number}", std::process::id()));
        let leaf = dir.join("leaf");
        create_delegated(&dir).unwrap();
        // Where v2 has no controllers, the sandbox has none either.
        for controller in ["+cpu", "+memory", "+pids"] {
            let _ = fs::write(dir.join("cgroup.subtree_control"), controller);
        }
        create_delegated(&leaf).unwrap();
        let (copy, program) = copy_program(EXE, 0o755);
        Some(Sandbox { dir, leaf, program, _copy: copy })
    }

    /// A command that starts in the leaf, as `user`. (A shell of busybox would take its own
    /// `setpriv` if there were no path.)
    fn command(&self, user: User, argv: &[&str]) -> Step {
        let uid = user.uid().to_string();
        let (reuid, regid) = (format!("--reuid={uid}"), format!("--regid={uid}"));
        let change: &[&str] = match geteuid().is_root() && user == User::Ordinary {
            true => &["/usr/bin/setpriv", &reuid, &regid, "--clear-groups"],
            false => &[],
        };
        Step::new("/bin/sh", User::all()[0])
            .args(["-c", r#"echo $$ > "$0/cgroup.procs" && exec "$@""#])
            .args([&self.leaf])
            .args(change)
            .args(argv)
    }

    fn step(&self, user: User, args: &[&str]) -> Step {
        self.command(user, &[&[self.program.to_str().unwrap()], args].concat())
    }

    /// The step under strace, which sends it a signal at its `when`th `call`.
    fn signaled(&self, user: User, args: &[&str], call: &str, when: u32, signal: Signal) -> Step {
        let (trace, inject) =
            (format!("trace={call}"), format!("inject={call}:signal={signal}:when={when}"));
        let program = self.program.to_str().unwrap();
        let strace = ["strace", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject, program];
        self.command(user, &[&strace, args].concat())
    }

    fn has(&self, controller: &str) -> bool {
        enabled(&self.dir).contains(controller)
    }

    /// The group of a run.
    fn group(&self) -> Option<PathBuf> {
        let runs = cgroup::children(&self.dir).unwrap();
        let mut runs = runs.into_iter().chain(cgroup::children(&self.leaf).unwrap());
        runs.find(|it| it.to_string_lossy().contains("-run-"))
    }

    #[track_caller]
    fn assert_empty(&self) {
        assert_eq!(cgroup::children(&self.dir).unwrap(), std::slice::from_ref(&self.leaf));
        assert!(cgroup::children(&self.leaf).unwrap().is_empty(), "{:?}", self.group());
        // Who has been killed closes its files before it leaves its cgroup.
        wait_until("the processes have ended", || cgroup::processes(&self.dir).unwrap().is_empty());
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = cgroup::remove(&self.dir);
    }
}

macro_rules! sandbox {
    () => {
        match Sandbox::new() {
            Some(sandbox) => sandbox,
            None => skip!("no cgroup of v2 is delegated to uid {} here", geteuid()),
        }
    };
}

/// The numbers of a row of the table: light runs and waits, heavy runs and waits.
fn row<'a>(output: &'a Output, setting: &str) -> [&'a str; 4] {
    let found = output.stdout.lines().find_map(|line| line.strip_prefix(setting));
    let found = found.unwrap_or_else(|| panic!("no {setting}: {output:?}"));
    found.split_whitespace().collect::<Vec<_>>().try_into().unwrap()
}

fn number(text: &str) -> f64 {
    text.parse().expect(text)
}

fn contents(file: PathBuf) -> String {
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The process of a group.
fn member(dir: &Path) -> Pid {
    let pids = cgroup::processes(dir).unwrap();
    let [pid] = pids[..] else { panic!("{pids:?} in {}", dir.display()) };
    pid
}

/// Starts the step, which stops in one of its windows (strace), and waits for that. Returns the
/// PID of the step, too.
fn held(sandbox: &Sandbox, user: User, window: u32, line: &str) -> (Running, Pid) {
    let mut running = sandbox.signaled(user, &[], SLEEP, window, Signal::SIGSTOP).start();
    while !running.line().starts_with(line) {}
    let step = descendants(running.pid())[0];
    // Or strace stops it for a moment, at one of the few calls before: it stops for good soon.
    wait_until("the step stops", || status(step, "State").starts_with(['t', 'T']));
    (running, step)
}

/// The step, stopped while its second group is frozen.
fn held_while_frozen(sandbox: &Sandbox, user: User) -> (Running, Pid) {
    let window = if sandbox.has("cpu") { 3 } else { 2 };
    held(sandbox, user, window, "heavy's cgroup.events: frozen 1; ")
}

#[test]
fn a_frozen_group_gets_no_cpu_and_its_neighbor_gets_all_of_it() {
    let sandbox = sandbox!();
    for &user in User::all() {
        let output = Host::unchanged(|| sandbox.step(user, &[]).run());
        output.assert_ok();
        let [light, light_waits, heavy, waits] = row(&output, "cgroup.freeze 0 : 1");
        // On a busy machine it may only have waited for the CPU.
        assert!(number(light) > 0.0 || number(light_waits) > 0.3, "{output:?}");
        assert_eq!(heavy, "0.000", "{output:?}");
        assert!(["0.000", "-"].contains(&waits), "a frozen process waits for no CPU: {output:?}");
        assert!(output.stdout.contains(": S (sleeping)\n"), "{output:?}");
        sandbox.assert_empty();
    }
}

#[test]
fn the_kernel_says_that_the_group_is_frozen_and_counts_nothing_more_in_it() {
    require_programs!("strace", "setpriv");
    let sandbox = sandbox!();
    for &user in sample(User::all()) {
        let (running, step) = held_while_frozen(&sandbox, user);
        let group = sandbox.group().unwrap();
        let [light, heavy] = ["light", "heavy"].map(|name| group.join(name));
        let usage = |dir: &Path| cgroup::value(&contents(dir.join("cpu.stat")), "usage_usec");
        let before = [usage(&light), usage(&heavy)];
        wait_until("the other group runs", || usage(&light) > before[0].map(|it| it + 20_000));
        assert_eq!(usage(&heavy), before[1]);
        assert_eq!(contents(heavy.join("cgroup.events")), "populated 1\nfrozen 1\n");
        assert_eq!(contents(light.join("cgroup.events")), "populated 1\nfrozen 0\n");
        assert!(status(member(&heavy), "State").starts_with('S'));
        assert_eq!(status(member(&heavy), "PPid"), step.to_string());

        // No signal but SIGKILL gets through to it.
        kill(member(&heavy), Signal::SIGCONT).unwrap();
        assert_eq!(contents(heavy.join("cgroup.events")), "populated 1\nfrozen 1\n");
        assert_eq!(usage(&heavy), before[1]);

        kill(step, Signal::SIGKILL).unwrap();
        assert_ne!(running.wait().code(), Some(0));
        sandbox.assert_empty();
    }
}

#[test]
fn both_processes_compete_for_one_cpu() {
    require_programs!("strace", "setpriv");
    let sandbox = sandbox!();
    let (running, step) = held_while_frozen(&sandbox, User::all()[0]);
    let group = sandbox.group().unwrap();
    let cpus = ["light", "heavy"].map(|it| status(member(&group.join(it)), "Cpus_allowed_list"));
    assert_eq!(cpus[0], cpus[1]);
    assert!(cpus[0].parse::<u32>().is_ok(), "one CPU: {cpus:?}");
    kill(step, Signal::SIGKILL).unwrap();
    running.wait();
}

#[test]
fn started_with_a_real_time_policy_its_processes_have_none() {
    require_programs!("strace", "setpriv", "chrt");
    let sandbox = sandbox!();
    if User::all()[0] != User::Root {
        skip!("needs root to set a real-time policy");
    }
    let inject = format!("inject={SLEEP}:signal=SIGSTOP:when=1");
    let trace = format!("trace={SLEEP}");
    let strace = ["strace", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
    let program = sandbox.program.to_str().unwrap();
    let step = [&["/usr/bin/chrt", "--fifo", "1"], &strace[..], &[program]].concat();
    let mut running = sandbox.command(User::Root, &step).start();
    running.line();
    let step = descendants(running.pid())[0];
    wait_until("the step stops", || status(step, "State").starts_with(['t', 'T']));
    assert_eq!(scheduling_policy(step), SCHED_FIFO);
    for name in ["light", "heavy"] {
        let pid = member(&sandbox.group().unwrap().join(name));
        assert_eq!(scheduling_policy(pid), SCHED_OTHER);
    }
    kill(step, Signal::SIGKILL).unwrap();
    running.wait();
    sandbox.assert_empty();
}

#[test]
fn pressure_is_what_two_who_want_one_cpu_wait() {
    let sandbox = sandbox!();
    if fs::read_to_string("/proc/pressure/cpu").is_err() {
        skip!("this kernel has no PSI");
    }
    let output = sandbox.step(User::Ordinary, &[]).run();
    let first = output.stdout.lines().nth(1).unwrap();
    let numbers: Vec<_> = first.split_whitespace().rev().take(4).map(number).collect();
    let [heavy_waits, heavy_runs, light_waits, light_runs] = numbers[..] else { panic!("{first}") };
    for (runs, waits) in [(light_runs, light_waits), (heavy_runs, heavy_waits)] {
        assert!(waits > 0.05, "{output:?}");
        // Who does not run waits: the two together are about the window.
        assert!(runs + waits > 0.3, "{output:?}");
    }
}

#[test]
fn three_times_the_weight_is_three_times_the_cpu() {
    let sandbox = sandbox!();
    if !sandbox.has("cpu") {
        skip!("v2 has no cpu controller here");
    }
    for &user in sample(User::all()) {
        // On a busy host an emulated CPU stops now and then, at the cost of whoever has it.
        wait_until("the shares are those of the weights", || {
            let output = sandbox.step(user, &[]).run();
            let ratio = |setting| {
                let [light, _, heavy, _] = row(&output, setting);
                number(heavy) / number(light)
            };
            let (equal, weighed) = (ratio("cpu.weight 100 : 100"), ratio("cpu.weight 100 : 300"));
            (0.6..1.7).contains(&equal) && (2.0..4.5).contains(&weighed)
        });
    }
}

#[test]
fn without_a_cpu_controller_the_note_says_why_and_the_rest_is_shown() {
    let sandbox = sandbox!();
    if sandbox.has("cpu") {
        skip!("v2 has the cpu controller here");
    }
    let output = sandbox.step(User::Ordinary, &[]).run();
    output.assert_ok();
    assert!(output.stderr.contains("note: no cpu.weight here: "), "{output:?}");
    assert!(!output.stdout.contains("cpu.weight"), "{output:?}");
    row(&output, "cgroup.freeze 0 : 0");
}

#[test]
fn one_write_kills_all_processes_the_frozen_one_too() {
    let sandbox = sandbox!();
    for &user in User::all() {
        let output = sandbox.step(user, &[]).run();
        output.assert_ok();
        let lines: Vec<_> = output.stdout.lines().rev().take(3).collect();
        let [populated, heavy, light] = lines[..] else { panic!("{output:?}") };
        assert_eq!(populated, "cgroup.events: populated 0");
        for (line, frozen) in [(light, 0), (heavy, 1)] {
            assert!(line.starts_with(&format!("cgroup.freeze {frozen}: process ")), "{line}");
            assert!(line.ends_with(" was killed by SIGKILL"), "{line}");
        }
        let has_kill = sandbox.dir.join("cgroup.kill").exists();
        assert_eq!(output.stderr.contains("/cgroup.kill\n"), has_kill, "{output:?}");
        assert_eq!(output.stderr.contains("no cgroup.kill before Linux 5.14"), !has_kill);
    }
}

#[test]
fn memory_max_kills_and_memory_high_slows_down() {
    let sandbox = sandbox!();
    if !sandbox.has("memory") {
        skip!("v2 has no memory controller here");
    }
    for &user in sample(User::all()) {
        let output = sandbox.step(user, &["memory"]).run();
        output.assert_ok();
        let lines: Vec<_> = output.stdout.lines().collect();
        let [max, killed, high, slowed] = lines[..] else { panic!("{output:?}") };
        assert!(max.starts_with("memory.max 16777216: process "), "{output:?}");
        assert!(max.ends_with(" was killed by SIGKILL"), "{output:?}");
        assert!(killed.starts_with("  memory.events: oom_kill 1; "), "{output:?}");
        assert!(high.starts_with("memory.high 16777216: process "), "{output:?}");
        assert!(high.ends_with(" exited with status 0"), "{output:?}");
        let count = slowed.strip_prefix("  memory.events: high ").expect(slowed);
        let (count, waited) = count.split_once("; memory.pressure: waited ").unwrap();
        assert!(number(count) > 0.0, "{output:?}");
        if waited != "-" {
            assert!(number(waited.trim_end_matches(" s")) > 0.0, "{output:?}");
        }
        sandbox.assert_empty();
    }
}

#[test]
fn without_a_memory_controller_the_error_says_why() {
    let sandbox = sandbox!();
    if sandbox.has("memory") {
        skip!("v2 has the memory controller here");
    }
    for &user in User::all() {
        let output = sandbox.step(user, &["memory"]).run();
        assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
        let error = "step14-resources: cgroup.controllers: no memory controller here: ENODEV: ";
        let lines: Vec<_> = output.stderr.lines().rev().take(2).collect();
        assert!(lines[1].starts_with(error), "{output:?}");
        assert!(lines[0].starts_with("hint: "), "{output:?}");
        sandbox.assert_empty();
    }
}

#[test]
fn who_has_been_given_a_group_works_in_it_but_not_on_it() {
    let sandbox = sandbox!();
    for &user in User::all() {
        let output = sandbox.step(user, &["delegate"]).run();
        output.assert_ok();
        let (uid, given) = match user {
            User::Root => (65534, "step14-resources-run-"),
            User::Ordinary => (user.uid().as_raw(), "test-step14-"),
        };
        let lines: Vec<_> = output.stdout.lines().collect();
        let [first, mkdir, procs, below, above, own] = lines[..] else { panic!("{output:?}") };
        assert!(first.starts_with(&format!("uid {uid} has been given /")), "{output:?}");
        assert!(first.contains(given), "{output:?}");
        for (line, call) in [(mkdir, "mkdir(below)"), (procs, "write(below/cgroup.procs)")] {
            assert_eq!(line.split_whitespace().collect::<Vec<_>>(), [call, "ok"], "{output:?}");
        }
        assert!(below.ends_with(" ok"), "{output:?}");
        // An ordinary user who runs the tests has made the sandbox, with all its files.
        let owner = fs::metadata(sandbox.dir.join("cgroup.freeze")).unwrap().uid();
        match user == User::Ordinary && owner == uid {
            true => assert!(above.ends_with(" ok"), "{output:?}"),
            false => assert!(above.ends_with(" EACCES: Permission denied"), "{output:?}"),
        }
        assert!(own.starts_with("/proc/self/cgroup: 0::/"), "{output:?}");
        assert!(own.ends_with("/below"), "{output:?}");
        sandbox.assert_empty();
    }
}

#[test]
fn root_gives_away_what_the_kernel_lists_and_a_later_run_can_remove_it() {
    let sandbox = sandbox!();
    if User::all()[0] != User::Root {
        skip!("needs root to give a cgroup away");
    }
    require_programs!("strace");
    // The step stops when it waits for its child, which has ended or will.
    let wait = "?waitpid,?wait4";
    let running = sandbox.signaled(User::Root, &["delegate"], wait, 1, Signal::SIGSTOP).start();
    let mut step = None;
    wait_until("the step stops", || {
        // Before it there is a child with which strace tries what the kernel can do.
        step = descendants(running.pid()).first().copied();
        let file = step.map(|it| format!("/proc/{it}/status"));
        let text = file.and_then(|it| fs::read_to_string(it).ok()).unwrap_or_default();
        text.to_lowercase().contains("state:\tt")
            && sandbox.group().is_some_and(|it| it.join("given/below").exists())
    });
    let own = sandbox.group().unwrap();
    assert_eq!(fs::metadata(&own).unwrap().uid(), 0);
    let group = own.join("given");
    let given = contents("/sys/kernel/cgroup/delegate".into());
    for file in cgroup_files(&group) {
        let uid = fs::metadata(group.join(&file)).unwrap().uid();
        assert_eq!(uid == 65534, given.lines().any(|it| it == file), "{file}");
    }
    assert_eq!(fs::metadata(&group).unwrap().uid(), 65534);
    let started = descendants(running.pid());
    kill(supervisor(&running), Signal::SIGKILL).unwrap();
    kill(step.unwrap(), Signal::SIGKILL).unwrap();
    running.wait();
    // A child of the step has a copy of the lock that says that the group is in use.
    wait_until("all of the run has ended", || {
        started.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists())
    });
    assert!(own.exists());
    // Below strace again, whose own process decides where the group can be. It never has a
    // thousandth call.
    sandbox.signaled(User::Root, &["delegate"], wait, 1000, Signal::SIGSTOP).run().assert_ok();
    sandbox.assert_empty();
}

fn cgroup_files(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let files = entries.filter(|it| it.file_type().is_ok_and(|it| it.is_file()));
    files.map(|it| it.file_name().into_string().unwrap()).collect()
}

#[test]
fn killed_at_any_moment_it_leaves_no_cgroup_and_no_process() {
    require_programs!("strace", "setpriv");
    let sandbox = sandbox!();
    let moments = [
        ("?mkdir,?mkdirat", 1),
        ("?mkdir,?mkdirat", 2),
        ("?mkdir,?mkdirat", 3),
        ("?fork,?clone", 2),
        ("?fork,?clone", 3),
        (SLEEP, 1),
        (SLEEP, 2),
        ("?poll,?ppoll", 1),
        ("?waitpid,?wait4", 1),
    ];
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        for (call, when) in sample(moments) {
            let step = sandbox.signaled(User::Ordinary, &[], call, when, signal);
            let output = Host::unchanged(|| step.run());
            assert_ne!(output.code(), Some(0), "no {signal} at {call} {when}: {output:?}");
            sandbox.assert_empty();
        }
    }
    for (args, call) in [("memory", "?mkdir,?mkdirat"), ("delegate", "?waitpid,?wait4")] {
        let step = sandbox.signaled(User::all()[0], &[args], call, 1, Signal::SIGKILL);
        assert_ne!(step.run().code(), Some(0));
        sandbox.assert_empty();
    }
}

#[test]
fn a_process_of_the_groups_that_somebody_kills_is_reported() {
    require_programs!("strace", "setpriv");
    let sandbox = sandbox!();
    for name in sample(["light", "heavy"]) {
        let (running, step) = held(&sandbox, User::Ordinary, 1, "In each half second");
        let pid = member(&sandbox.group().unwrap().join(name));
        kill(pid, Signal::SIGTERM).unwrap();
        let file = format!("/proc/{pid}/status");
        // Gone, if the step has looked at it before it was stopped.
        wait_until("its end", || {
            fs::read_to_string(&file).map_or(true, |text| text.contains("State:\tZ"))
        });
        // SIGSTOP may come after the first SIGCONT: strace stops the step for a moment before.
        wait_until("the end of the step", || kill(step, Signal::SIGCONT).is_err());
        let output = running.wait();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = format!("step14-resources: process {pid} was killed by SIGTERM\n");
        assert!(output.stderr.ends_with(&error), "{output:?}");
        sandbox.assert_empty();
    }
}

#[test]
fn if_the_supervisor_is_killed_the_step_removes_the_group() {
    let sandbox = sandbox!();
    let mut running = sandbox.step(User::Ordinary, &[]).start();
    running.line();
    kill(supervisor(&running), Signal::SIGKILL).unwrap();
    running.wait().assert_ok();
    sandbox.assert_empty();
}

fn supervisor(running: &Running) -> Pid {
    let name = |pid: &Pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let mut found = None;
    // It takes this name only when it has been born.
    wait_until("the supervisor", || {
        found = running.processes().into_iter().find(|pid| name(pid) == "supervisor\n");
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn killed_with_its_supervisor_it_leaves_no_process_and_the_next_run_removes_the_cgroups() {
    require_programs!("strace", "setpriv");
    let sandbox = sandbox!();
    let (running, step) = held_while_frozen(&sandbox, User::Ordinary);
    let left = sandbox.group().unwrap();
    kill(supervisor(&running), Signal::SIGKILL).unwrap();
    kill(step, Signal::SIGKILL).unwrap();
    running.wait(); // for all processes, the frozen one too
    assert!(left.exists() && cgroup::processes(&left).unwrap().is_empty());
    // It is not alone in the leaf either, so it looks in the same place.
    let program = sandbox.program.to_str().unwrap();
    let beside = ["sh", "-c", "\"$0\" delegate; exit $?", program];
    sandbox.command(User::Ordinary, &beside).run().assert_ok();
    sandbox.assert_empty();
}

#[test]
fn without_a_delegated_cgroup_the_error_names_the_call_and_who_may() {
    let Some((top, current)) = own() else { skip!("no cgroup of v2 is mounted here") };
    if current.ancestors().take_while(|it| it.starts_with(&top)).any(delegated_to_ordinary) {
        skip!("a cgroup is delegated to uid {} here", User::Ordinary.uid());
    }
    for args in [&[][..], &["memory"], &["delegate"]] {
        let output = step(User::Ordinary).args(args).run();
        assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
        let [error, hint] = output.errors()[..] else { panic!("{output:?}") };
        assert!(error.starts_with("step14-resources: "), "{error}");
        assert!(error.contains("): E") || error.contains(": EBUSY"), "{error}");
        assert!(hint.starts_with("hint: ") && !hint.contains("step06"), "{hint}");
        if error.contains("EACCES") {
            assert!(hint.contains("target/debug/step14-resources"), "{hint}");
        }
    }
}

fn delegated_to_ordinary(dir: &Path) -> bool {
    match geteuid().is_root() {
        true => fs::metadata(dir).is_ok_and(|it| it.uid() == User::Ordinary.uid().as_raw()),
        false => eaccess(dir, AccessFlags::W_OK).is_ok(),
    }
}

#[test]
fn where_v2_is_not_mounted_the_hint_mounts_it() {
    // Where it is mounted, the step does not see that.
    let top = own().map(|(top, _)| top.to_str().unwrap().to_owned());
    for &user in User::all() {
        let top = top.clone();
        let hide = move || match &top {
            Some(top) => own_mounts().and_then(|()| cover(top)),
            None => Ok(()),
        };
        let output = step(user).with_obstacle(hide).run();
        let error = "/proc/self/mountinfo: the v2 hierarchy is not mounted: ENODEV: No such device";
        output.assert_error(error, "as root: mount -t cgroup2 ");
    }
}

#[test]
fn a_child_that_cannot_be_tied_to_the_step_is_an_error() {
    let sandbox = sandbox!();
    let refuse_prctl = || refuse(&[(SYS_prctl, CloneFlags::empty(), nix::errno::Errno::EPERM)]);
    let output = sandbox.step(User::all()[0], &[]).with_obstacle(refuse_prctl).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let error = "step14-resources: prctl(PR_SET_PDEATHSIG, SIGKILL): EPERM: ";
    assert!(output.stderr.contains(error), "{output:?}");
    sandbox.assert_empty();
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    let sandbox = sandbox!();
    for (args, user) in [(&[][..], User::Ordinary), (&["delegate"], User::all()[0])] {
        let output = sandbox.step(user, args).stdout_without_reader().run();
        output.assert_ok();
        assert!(!output.stderr.contains("step14-resources: "), "{output:?}");
        sandbox.assert_empty();

        let output = sandbox.step(user, args).stdout_full().run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "step14-resources: write(stdout): ENOSPC: No space left on device\n";
        assert!(output.stderr.ends_with(error), "{output:?}");
        assert_eq!(output.stderr.matches("ENOSPC").count(), 1, "{output:?}");
        sandbox.assert_empty();
    }
}

#[test]
fn color_appears_only_on_request() {
    let sandbox = sandbox!();
    Step::assert_color_on_request(|| sandbox.step(User::Ordinary, &["delegate"]));
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["cpu"][..], "unexpected argument \"cpu\""),
        (&["memory", "memory"], "unexpected argument \"memory\""),
        (&["delegate", "memory"], "unexpected argument \"memory\""),
        (&["--color"], "invalid option '--color'"),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
    ] {
        step(User::Ordinary).args(args).run().assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let usage = "Usage: step14-resources [memory | delegate]";
    step(User::Ordinary).assert_help(&[usage, "sudo target/debug/step14-resources", "cgroups(7)"]);
}
