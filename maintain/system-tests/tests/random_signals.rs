//! Sends a signal at a random moment of a step's life: to the step, to one of its children,
//! to all its processes, or to its process group, as a terminal does. Afterwards the host
//! must be as it was.
//!
//! `RANDOM_SIGNAL_RUNS=10000 cargo test -p system-tests --test random_signals` is a longer
//! test, with that many runs of each step. `RANDOM_SIGNAL_SEED=…` repeats one: each run
//! sends the same signal to the same target after the same share of the step's life.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hint::spin_loop;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::panicking;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, geteuid};
use testkit::cgroup::{create_delegated, enabled};
use testkit::fastrand::{self, Rng};
use testkit::{
    Isolated, Output, Running, Step, User, descendants, log, sample, setting, skip, step_binary,
    wait_until,
};

/// A command with children that prints before and after its stdin ends. Its child comes
/// from fork(2): a shell uses vfork(2) for its commands, and a signal after that can
/// corrupt the heap of both.
const SCRIPT: &str = "echo one; (exec sh -c :); read line; echo two";

/// The same, with children that end only when their cgroup or PID namespace does.
const SCRIPT_WITH_LEFTOVERS: &str =
    "sleep 1000 & setsid sleep 1000 & echo one; (exec sh -c :); read line; echo two";

const SIGNALS: [Signal; 4] = [Signal::SIGKILL, Signal::SIGINT, Signal::SIGTERM, Signal::SIGSTOP];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Step,
    Child,
    /// The step and then its descendants, one by one.
    All,
    /// The same in the reverse order.
    AllReversed,
    /// The process group, as Ctrl-C and Ctrl-Z do.
    Group,
}

const TARGETS: [Target; 5] =
    [Target::Step, Target::Child, Target::All, Target::AllReversed, Target::Group];

/// One run: its user and arguments, and the signal.
#[derive(Clone, Debug)]
struct Case {
    user: User,
    args: &'static str,
    signal: Signal,
    target: Target,
    /// When the signal is sent, in thousandths of the life of an undisturbed run.
    permille: u32,
    /// How long SIGSTOP stops it.
    pause: Duration,
    /// Which of the children is the target.
    child: usize,
}

impl Case {
    fn random(rng: &mut Rng, all: &[&'static str]) -> Case {
        fn one<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
            of[rng.usize(..of.len())]
        }
        Case {
            user: one(rng, User::all()),
            args: one(rng, all),
            signal: one(rng, &SIGNALS),
            target: one(rng, &TARGETS),
            permille: rng.u32(..1100),
            pause: Duration::from_micros(rng.u64(..5000)),
            child: rng.usize(..100),
        }
    }

    /// The PIDs to signal, as `kill(2)` takes them.
    fn targets(&self, step: Pid) -> Vec<Pid> {
        let children = descendants(step);
        match self.target {
            Target::Step => vec![step],
            Target::Child if children.is_empty() => vec![],
            Target::Child => vec![children[self.child % children.len()]],
            Target::All => [vec![step], children].concat(),
            Target::AllReversed => children.into_iter().rev().chain([step]).collect(),
            Target::Group => vec![Pid::from_raw(-step.as_raw())],
        }
    }

    /// Sends the signal to a step that has just been started.
    fn send(&self, step: &mut Running, life: Duration) {
        spin_for(life * self.permille / 1000);
        let targets = self.targets(step.pid());
        let send = |signal| {
            for &pid in &targets {
                let _ = kill(pid, signal);
            }
        };
        send(self.signal);
        match (self.signal, self.target) {
            (Signal::SIGSTOP, _) => {
                spin_for(self.pause);
                step.close_stdin();
                // Once is not enough: a child of a stopped process group that is created
                // while SIGCONT arrives stays stopped.
                wait_until("the end of a step that was stopped", || {
                    send(Signal::SIGCONT);
                    has_ended(step.pid(), WaitPidFlag::WNOHANG)
                });
            }
            (Signal::SIGKILL, Target::Step) => {
                // Its children must die with it, although their stdin is open.
                has_ended(step.pid(), WaitPidFlag::empty());
                wait_until("the end of its children", || step.processes().is_empty());
            }
            _ => {}
        }
    }

    /// Whether a cgroup may remain for the next run: no process was left to remove it.
    fn may_leave_a_cgroup(&self) -> bool {
        let one = matches!(self.target, Target::Step | Target::Child);
        !one && self.signal == Signal::SIGKILL
    }

    /// Asserts that a run ended as the step promises.
    fn check(&self, step: &str, output: &Output, baseline: &Output) {
        for text in [&output.stdout, &output.stderr] {
            assert!(text.is_empty() || text.ends_with('\n'), "an unfinished line: {output:?}");
            assert!(!text.contains("panicked"), "{output:?}");
        }
        assert!(
            repeated(&output.stdout).is_subset(&repeated(&baseline.stdout))
                && repeated(&output.stderr).is_subset(&repeated(&baseline.stderr)),
            "a line was printed twice: {output:?}"
        );
        let undisturbed = output.code() == baseline.code();
        if self.signal == Signal::SIGSTOP {
            let same = undisturbed && outline(&output.stdout) == outline(&baseline.stdout);
            assert!(same, "not like the baseline: {output:?}");
        }
        let (step_hit, child_hit) = match self.target {
            Target::Step => (true, false),
            Target::Child => (false, true),
            _ => (true, true),
        };
        // Step 16 passes on to its command what is sent to itself.
        let passes_on = step == "step16-container";
        let runs_a_command =
            passes_on || matches!(step, "step04-setns" | "step05-unshare" | "step06-cgroup");
        // Step 13 runs itself like a command, but then takes other signals for errors.
        let waits_like_a_shell = runs_a_command || step == "step13-privilege";
        let is_key = waits_like_a_shell && matches!(self.signal, Signal::SIGINT | Signal::SIGQUIT);
        let number = self.signal as i32;
        let promised = match (output.code(), output.signal()) {
            // A key that kills the command kills the step, too, so that a shell's loop ends.
            (None, signal) => (step_hit || child_hit && is_key) && signal == Some(number),
            // Of step 16 a child may be gone before it is the container that runs the command.
            (Some(1), _) => child_hit && (!runs_a_command || passes_on),
            (code, _) => (child_hit && runs_a_command || passes_on) && code == Some(128 + number),
        };
        assert!(undisturbed || promised, "an unexpected end: {output:?}");
    }
}

/// Whether a child of ours has ended. It stays a zombie for `wait` (`waitid(2)`).
fn has_ended(child: Pid, flags: WaitPidFlag) -> bool {
    let flags = flags | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(child), flags).expect("waitid") != WaitStatus::StillAlive
}

/// Waits more precisely than sleep: some steps live for a millisecond.
fn spin_for(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        spin_loop();
    }
}

/// The lines that occur more than once.
fn repeated(text: &str) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    text.lines().filter(|line| !seen.insert(*line)).collect()
}

/// The first words of the lines, without digits and repetition: the namespaces that `--all`
/// lists are not only ours.
fn outline(text: &str) -> Vec<String> {
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let mut words: Vec<_> =
        text.lines().map(|line| first(line).replace(|it: char| it.is_ascii_digit(), "")).collect();
    words.dedup();
    words
}

/// A process in new namespaces that step 04 can join, and the step that keeps it alive.
fn target_process(user: User) -> (Running, Pid) {
    let args = ["-Urpfu", "sh", "-c", "echo ready; cat"];
    let mut step = Step::new(&step_binary("step05-unshare"), user).args(args).start();
    assert_eq!(step.line(), "ready");
    let shell = descendants(step.pid())[0];
    (step, shell)
}

/// Runs step 06 in a child of `dir`, a cgroup that enables controllers and so has no
/// processes of its own. A second process in the child makes the step work in `dir`.
fn run_below(dir: &Path, user: User) {
    let below = dir.join("below");
    create_delegated(&below).unwrap();
    let other = enter(Step::new("/bin/cat", user), &below).start();
    let step = Step::new(&step_binary("step06-cgroup"), user).args(["--pids", "9", "true"]);
    enter(step, &below).run().assert_ok();
    other.wait();
    // A process leaves its cgroup a moment after its end.
    wait_until("an empty cgroup", || fs::remove_dir(&below).is_ok());
}

/// A step that moves into a cgroup before it starts.
fn enter(step: Step, dir: &Path) -> Step {
    let procs = dir.join("cgroup.procs");
    step.with_obstacle(move || fs::write(&procs, "0"))
}

/// Prints which run it was, if the test fails.
struct ReportOnPanic(String);

impl Drop for ReportOnPanic {
    fn drop(&mut self) {
        if panicking() {
            log(&format!("FAILED {}", self.0));
        }
    }
}

/// Lets one test run at a time, because the isolation is for the whole process.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a step many times with one of these argument lists and sends it signals. TARGET is
/// the PID of a process in other namespaces; SCRIPT and SCRIPT_WITH_LEFTOVERS are scripts.
fn test(name: &str, all: &'static [&'static str]) {
    let _lock = one_at_a_time();
    test_in(&Isolated::new("random-signals"), None, name, all);
}

/// The same in a given environment, and there with the step alone in a cgroup.
fn test_in(isolated: &Isolated, cgroup: Option<&Path>, name: &str, all: &'static [&'static str]) {
    let seed = setting("RANDOM_SIGNAL_SEED").unwrap_or_else(random_seed);
    let runs = setting("RANDOM_SIGNAL_RUNS").unwrap_or(100);
    // Each list takes three undisturbed runs before the first signal.
    let all: Vec<_> = sample(all.iter().copied()).collect();
    let begin = Instant::now();

    let exe = step_binary(name);
    let targets: Vec<_> = User::all().iter().map(|&user| target_process(user)).collect();
    let start = |user: User, args: &str| {
        let at = User::all().iter().position(|it| *it == user).unwrap();
        let args = args.split(' ').filter(|word| !word.is_empty()).map(|word| match word {
            "SCRIPT" => SCRIPT.to_owned(),
            "SCRIPT_WITH_LEFTOVERS" => SCRIPT_WITH_LEFTOVERS.to_owned(),
            word => word.replace("TARGET", &targets[at].1.to_string()),
        });
        let step = Step::new(&exe, user).args(args).with(|it| _ = it.process_group(0));
        match cgroup {
            Some(dir) => enter(step, dir).start(),
            None => step.start(),
        }
    };
    // How long an undisturbed run lives, and its output.
    let baseline = |user, args| {
        let begin = Instant::now();
        let mut step = start(user, args);
        step.close_stdin();
        has_ended(step.pid(), WaitPidFlag::empty());
        (begin.elapsed(), step.wait())
    };

    // The next run, which removes what a killed one left.
    let next_run = |user, args| match cgroup {
        Some(dir) if !enabled(dir).is_empty() => run_below(dir, user),
        _ => _ = baseline(user, args),
    };

    let mut baselines = BTreeMap::new();
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    let mut cleaned_up = 0;
    let mut killed = BTreeMap::new();
    for run in 0..runs {
        let case = Case::random(&mut Rng::with_seed(seed ^ run), &all);
        let _report =
            ReportOnPanic(format!("{name}: RANDOM_SIGNAL_SEED={seed}, run {run}: {case:?}"));
        // The shortest of three: no other process held it up.
        let (life, undisturbed) =
            baselines.entry((case.user.uid().as_raw(), case.args)).or_insert_with(|| {
                let three = (0..3).map(|_| baseline(case.user, case.args));
                three.min_by_key(|(life, _)| *life).unwrap()
            });

        let before = isolated.state();
        let mut step = start(case.user, case.args);
        case.send(&mut step, *life);
        if case.may_leave_a_cgroup() && !step.processes().is_empty() {
            // A process was created while all others died, in a cgroup without a supervisor.
            next_run(case.user, case.args);
        }
        if case.may_leave_a_cgroup() {
            killed.insert(case.user.uid().as_raw(), (case.user, case.args));
        }
        let output = step.wait();
        case.check(name, &output, undisturbed);
        let mut after = isolated.state();
        if after.cgroups != before.cgroups && case.may_leave_a_cgroup() {
            cleaned_up += 1;
            next_run(case.user, case.args);
            after = isolated.state();
        }
        assert_eq!(after, before, "the step changed the host: {output:?}");
        let end = output.signal().map(|it| Signal::try_from(it).unwrap().as_str().to_owned());
        *ends.entry(end.unwrap_or_else(|| output.code().unwrap().to_string())).or_default() += 1;
    }
    // The sandbox is on version 1 where the controllers are there. What the last one that was
    // killed left on version 2, its user's next run removes.
    for (user, args) in killed.into_values() {
        next_run(user, args);
    }
    isolated.assert_no_leaks();
    let seconds = begin.elapsed().as_secs();
    log(&format!(
        "{name}: RANDOM_SIGNAL_SEED={seed}, {runs} runs in {seconds} s, {cleaned_up} cleaned up \
         by the next, ends: {ends:?}"
    ));
}

/// A seed that is short enough to type.
fn random_seed() -> u64 {
    u64::from(fastrand::u32(..))
}

#[test]
fn step00_survives_or_leaves_nothing() {
    test("step00-doctor", &["", "--json"]);
}

#[test]
fn step01_survives_or_leaves_nothing() {
    test("step01-proc-ns", &["", "--all", "1", "1 TARGET"]);
}

#[test]
fn step02_survives_or_leaves_nothing() {
    test("step02-clone", &["", "uts pid", "cgroup ipc mnt net pid user uts"]);
}

#[test]
fn step03_survives_or_leaves_nothing() {
    test("step03-uts", &["helo"]);
}

#[test]
fn step04_survives_or_leaves_nothing() {
    test(
        "step04-setns",
        &[
            "--target TARGET -- true",
            "--target TARGET -- sh -c SCRIPT",
            "--target TARGET -- sh -c SCRIPT",
            "/proc/TARGET/ns/user /proc/TARGET/ns/uts -- sh -c SCRIPT",
        ],
    );
}

#[test]
fn step05_survives_or_leaves_nothing() {
    test(
        "step05-unshare",
        &[
            "-u true",
            "-Ur sh -c SCRIPT",
            "-Urf sh -c SCRIPT",
            "-Urpf --mount-proc sh -c SCRIPT_WITH_LEFTOVERS",
            "-pf --mount-proc sh -c SCRIPT_WITH_LEFTOVERS",
        ],
    );
}

#[test]
fn step06_survives_or_leaves_nothing() {
    test(
        "step06-cgroup",
        &[
            "",
            "--pids 9 true",
            "sh -c SCRIPT_WITH_LEFTOVERS",
            "--pids 9 --memory 64M --cpu 50 sh -c SCRIPT_WITH_LEFTOVERS",
        ],
    );
}

#[test]
fn step07_survives_or_leaves_nothing() {
    test("step07-user", &["", "range", "nested"]);
}

#[test]
fn step08_survives_or_leaves_nothing() {
    test("step08-pid", &[""]);
}

#[test]
fn step09_survives_or_leaves_nothing() {
    test("step09-mount", &["", "propagation", "root sh -c SCRIPT", "locked"]);
}

#[test]
fn step10_survives_or_leaves_nothing() {
    test("step10-image", &["", "sh -c SCRIPT"]);
}

#[test]
fn step11_survives_or_leaves_nothing() {
    test("step11-net", &["", "unix"]);
}

#[test]
fn step12_survives_or_leaves_nothing() {
    test("step12-ipc-time-cgroup", &["", "ipc", "time", "cgroup"]);
}

#[test]
fn step13_survives_or_leaves_nothing() {
    test("step13-privilege", &["", "su", "no_new_privs su", "permitted execve seccomp execve"]);
}

/// Mostly what takes no second.
#[test]
fn step14_survives_or_leaves_nothing() {
    test("step14-resources", &["", "delegate", "delegate", "delegate"]);
}

/// Not the tree, whose first words change with the namespaces of other tests.
#[test]
fn step15_survives_or_leaves_nothing() {
    test("step15-map", &["--json"]);
}

#[test]
fn step16_survives_or_leaves_nothing() {
    test("step16-container", &["head -n 1", "--layer /usr true", "--pids 9 true", "--verify"]);
}

/// On v2 it must first move itself to a child and enable controllers, and undo both.
#[test]
fn step06_alone_in_its_cgroup_survives_or_leaves_nothing() {
    let _lock = one_at_a_time();
    let isolated = Isolated::new("alone");
    let Some(dir) = isolated.empty_cgroup() else {
        skip!("no cgroup v2 with controllers is delegated to uid {} here", geteuid());
    };
    let all = &[
        "",
        "--pids 9 true",
        "sh -c SCRIPT_WITH_LEFTOVERS",
        "--memory 64M sh -c SCRIPT_WITH_LEFTOVERS",
    ];
    test_in(&isolated, Some(&dir), "step06-cgroup", all);
}
