//! Runs every step under fire: a signal at a random moment of its life, to the step, to
//! a child of it, to all its processes or to its process group, as a terminal sends it.
//! Whatever it hits, the host is afterwards what it was before.
//!
//! `FIRE_RUNS=10000 cargo test -p proof --test fire` is the longer run, with so many runs
//! of each step. `FIRE_SEED=…` repeats one: with the same seed, run by run, the same
//! signals go to the same targets at the same share of the step's life.

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
use system_tests::{Place, Random, descendants, enabled, make, say};
use testkit::{Output, Running, Step, User, installed, skip, until};

/// What a command does that is to be hit: it has children, it says what it did, and it
/// stays until its stdin ends. Its child comes by fork(2): who is killed after vfork(2),
/// by which a shell runs its commands, may leave the heap of both in pieces.
const SCRIPT: &str = "echo one; (exec sh -c :); read line; echo two";

/// The same, leaving behind what only the end of its cgroup or PID namespace ends.
const LITTER: &str =
    "sleep 1000 & setsid sleep 1000 & echo one; (exec sh -c :); read line; echo two";

const SIGNALS: [Signal; 4] = [Signal::SIGKILL, Signal::SIGINT, Signal::SIGTERM, Signal::SIGSTOP];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Step,
    Child,
    /// The step and all its descendants, one by one; or the other way round.
    All,
    Llarof,
    /// The process group, which is what Ctrl-C and Ctrl-Z hit.
    Group,
}

const TARGETS: [Target; 5] =
    [Target::Step, Target::Child, Target::All, Target::Llarof, Target::Group];

/// One run: as whom, with which arguments, and what hits it when.
#[derive(Clone, Debug)]
struct Shot {
    user: User,
    args: &'static str,
    signal: Signal,
    target: Target,
    /// Of the life of an undisturbed run, in thousandths.
    moment: u32,
    /// How long it stays stopped, if it is.
    pause: Duration,
    /// Which of the children.
    child: usize,
}

impl Shot {
    fn random(random: &mut Random, all: &'static [&'static str]) -> Shot {
        Shot {
            user: random.one(User::all()),
            args: random.one(all),
            signal: random.one(&SIGNALS),
            target: random.one(&TARGETS),
            moment: random.below(1100) as u32,
            pause: Duration::from_micros(random.below(5000) as u64),
            child: random.below(100),
        }
    }

    /// The processes that it hits, as `kill(2)` numbers them.
    fn targets(&self, step: Pid) -> Vec<Pid> {
        let children = descendants(step);
        match self.target {
            Target::Step => vec![step],
            Target::Child if children.is_empty() => vec![],
            Target::Child => vec![children[self.child % children.len()]],
            Target::All => [vec![step], children].concat(),
            Target::Llarof => children.into_iter().rev().chain([step]).collect(),
            Target::Group => vec![Pid::from_raw(-step.as_raw())],
        }
    }

    /// Fires, at the moment, into a step that has just been started.
    fn fire(&self, step: &mut Running, life: Duration) {
        wait(life * self.moment / 1000);
        let targets = self.targets(step.pid());
        let send = |signal| {
            for &pid in &targets {
                let _ = kill(pid, signal);
            }
        };
        send(self.signal);
        match (self.signal, self.target) {
            (Signal::SIGSTOP, _) => {
                wait(self.pause);
                step.close_stdin();
                // Not once: who is stopped and continued during one clone(2) goes on, but
                // a child of the same process group is born stopped.
                until("the end of a step that was stopped", || {
                    send(Signal::SIGCONT);
                    ended(step.pid(), WaitPidFlag::WNOHANG)
                });
            }
            (Signal::SIGKILL, Target::Step) => {
                // It takes with it those who still wait for their stdin to end.
                ended(step.pid(), WaitPidFlag::empty());
                until("the end of those it left", || step.processes().is_empty());
            }
            _ => {}
        }
    }

    /// Whether it may leave a cgroup to the next run: nobody was left to remove it.
    fn is_deadly(&self, step: &str) -> bool {
        let all = match self.target {
            Target::Step => false,
            // The doctor's child is alone with what it makes.
            Target::Child => step == "step00-doctor",
            _ => true,
        };
        all && self.signal == Signal::SIGKILL
    }

    /// Holds the end of a run to what is promised of it.
    fn check(&self, step: &str, output: &Output, calm: &Output) {
        for text in [&output.stdout, &output.stderr] {
            assert!(text.is_empty() || text.ends_with('\n'), "an unfinished line: {output:?}");
            assert!(!text.contains("panicked"), "{output:?}");
        }
        assert!(
            twice(&output.stdout).is_subset(&twice(&calm.stdout))
                && twice(&output.stderr).is_subset(&twice(&calm.stderr)),
            "a line is there twice: {output:?}"
        );
        let undisturbed = output.code() == calm.code();
        if self.signal == Signal::SIGSTOP {
            let same = undisturbed && shape(&output.stdout) == shape(&calm.stdout);
            assert!(same, "not as undisturbed: {output:?}");
        }
        let (step_hit, child_hit) = match self.target {
            Target::Step => (true, false),
            Target::Child => (false, true),
            _ => (true, true),
        };
        let runs_a_command = matches!(step, "step04-setns" | "step05-unshare" | "step06-cgroup");
        let number = self.signal as i32;
        let promised = match (output.code(), output.signal()) {
            (None, signal) => step_hit && signal == Some(number),
            (Some(1), _) => child_hit && !runs_a_command,
            (code, _) => child_hit && runs_a_command && code == Some(128 + number),
        };
        assert!(undisturbed || promised, "nobody promised this end: {output:?}");
    }
}

/// Whether a child of ours has ended, of which the status stays to be told (`waitid(2)`).
fn ended(child: Pid, flags: WaitPidFlag) -> bool {
    let flags = flags | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(child), flags).expect("waitid") != WaitStatus::StillAlive
}

/// Of several runs the one that no other process of the machine has held up.
fn shortest(runs: impl Iterator<Item = (Duration, Output)>) -> (Duration, Output) {
    runs.min_by_key(|(life, _)| *life).unwrap()
}

/// Waits more exactly than by sleep: some steps live for a millisecond.
fn wait(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        spin_loop();
    }
}

/// The lines that are there more than once.
fn twice(text: &str) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    text.lines().filter(|line| !seen.insert(*line)).collect()
}

/// How the lines begin, without numbers and repetition: the namespaces that `--all`
/// lists are not ours alone.
fn shape(text: &str) -> Vec<String> {
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let mut words: Vec<_> =
        text.lines().map(|line| first(line).replace(|it: char| it.is_ascii_digit(), "")).collect();
    words.dedup();
    words
}

/// A process in namespaces of its own that step 04 can enter.
fn inhabitant(user: User) -> (Running, Pid) {
    let words = ["-Urpfu", "sh", "-c", "echo ready; cat"];
    let mut step = Step::new(&system_tests::step("step05-unshare"), user).args(words).start();
    assert_eq!(step.line(), "ready");
    let shell = descendants(step.pid())[0];
    (step, shell)
}

/// Runs step 06 so that it works in `dir`, a cgroup that enables controllers: nobody may
/// be in that (EBUSY), and if it were alone below it, it would work there.
fn from_below(dir: &Path, user: User) {
    let below = dir.join("below");
    make(&below).unwrap();
    let company = enter(Step::new("/bin/cat", user), &below).start();
    let step = Step::new(&system_tests::step("step06-cgroup"), user).args(["--pids", "9", "true"]);
    let output = enter(step, &below).run();
    assert_eq!(output.code(), Some(0), "{output:?}");
    company.wait();
    // Who has ended may be in there for a moment more.
    until("the end of a cgroup", || fs::remove_dir(&below).is_ok());
}

/// A step that moves into a cgroup before it begins.
fn enter(step: Step, dir: &Path) -> Step {
    let procs = dir.join("cgroup.procs");
    step.behind(move || fs::write(&procs, "0"))
}

/// Tells, when a test fails, which run it was.
struct Tell(String);

impl Drop for Tell {
    fn drop(&mut self) {
        if panicking() {
            say(&format!("FAILED {}", self.0));
        }
    }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect(name))
}

/// One test at a time: a place is for the whole process.
fn turn() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Fires at a step that is run with these arguments. TARGET is an inhabitant of other
/// namespaces, SCRIPT and LITTER are what a shell is to do.
fn fire(name: &str, all: &'static [&'static str]) {
    let _turn = turn();
    fire_in(&Place::new("fire"), None, name, all);
}

/// The same in a place, and there in a cgroup in which nobody else is.
fn fire_in(place: &Place, alone: Option<&Path>, name: &str, all: &'static [&'static str]) {
    let seed = setting("FIRE_SEED").unwrap_or_else(Random::seed);
    let runs = setting("FIRE_RUNS").unwrap_or(100);
    let begin = Instant::now();

    let exe = system_tests::step(name);
    let inhabitants: Vec<_> = User::all().iter().map(|&user| inhabitant(user)).collect();
    let start = |user: User, args: &str| {
        let inside = User::all().iter().position(|it| *it == user).unwrap();
        let words = args.split(' ').filter(|word| !word.is_empty()).map(|word| match word {
            "SCRIPT" => SCRIPT.to_owned(),
            "LITTER" => LITTER.to_owned(),
            word => word.replace("TARGET", &inhabitants[inside].1.to_string()),
        });
        let step = Step::new(&exe, user).args(words).with(|it| {
            it.process_group(0);
        });
        match alone {
            Some(dir) => enter(step, dir).start(),
            None => step.start(),
        }
    };
    // How long an undisturbed run lives, and its end.
    let calm = |user, args| {
        let begin = Instant::now();
        let mut step = start(user, args);
        step.close_stdin();
        ended(step.pid(), WaitPidFlag::empty());
        (begin.elapsed(), step.wait())
    };

    // The next run, which removes what a dead one has left.
    let next = |user, args| match alone {
        Some(dir) if !enabled(dir).is_empty() => from_below(dir, user),
        _ => _ = calm(user, args),
    };

    let mut known = BTreeMap::new();
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    let mut tidied = 0;
    for run in 0..runs {
        let shot = Shot::random(&mut Random::of(seed, run), all);
        let _tell = Tell(format!("{name}: FIRE_SEED={seed}, run {run}: {shot:?}"));
        let (life, undisturbed) = known
            .entry((shot.user.uid().as_raw(), shot.args))
            .or_insert_with(|| shortest((0..5).map(|_| calm(shot.user, shot.args))));

        let before = place.state();
        let mut step = start(shot.user, shot.args);
        shot.fire(&mut step, *life);
        if shot.is_deadly(name) && !step.processes().is_empty() {
            // Born while all others died, in a cgroup without a guard.
            next(shot.user, shot.args);
        }
        let output = step.wait();
        shot.check(name, &output, undisturbed);
        let mut after = place.state();
        if after.cgroups != before.cgroups && shot.is_deadly(name) {
            tidied += 1;
            next(shot.user, shot.args);
            after = place.state();
        }
        assert_eq!(after, before, "the host is not what it was: {output:?}");
        let end = output.signal().map(|it| Signal::try_from(it).unwrap().as_str().to_owned());
        *ends.entry(end.unwrap_or_else(|| output.code().unwrap().to_string())).or_default() += 1;
    }
    place.nothing_elsewhere();
    let seconds = begin.elapsed().as_secs();
    say(&format!(
        "{name}: FIRE_SEED={seed}, {runs} runs in {seconds} s, {tidied} tidied by the next, ends: {ends:?}"
    ));
}

#[test]
fn step00_survives_or_leaves_nothing() {
    fire("step00-doctor", &["", "--json"]);
}

#[test]
fn step01_survives_or_leaves_nothing() {
    fire("step01-proc-ns", &["", "--all", "1", "1 TARGET"]);
}

#[test]
fn step02_survives_or_leaves_nothing() {
    fire("step02-clone", &["", "uts pid", "cgroup ipc mnt net pid user uts"]);
}

#[test]
fn step03_survives_or_leaves_nothing() {
    fire("step03-uts", &["helo", "helo goldilocks"]);
}

#[test]
fn step04_survives_or_leaves_nothing() {
    fire(
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
    fire(
        "step05-unshare",
        &[
            "-u true",
            "-Ur sh -c SCRIPT",
            "-Urf sh -c SCRIPT",
            "-Urpf --mount-proc sh -c LITTER",
            "-pf --mount-proc sh -c LITTER",
        ],
    );
}

#[test]
fn step06_survives_or_leaves_nothing() {
    fire(
        "step06-cgroup",
        &["", "--pids 9 true", "sh -c LITTER", "--pids 9 --memory 64M --cpu 50 sh -c LITTER"],
    );
}

/// On v2 it has to step aside and to enable controllers first, and undoes that in the end.
#[test]
fn step06_alone_in_its_cgroup_survives_or_leaves_nothing() {
    let _turn = turn();
    let place = Place::new("alone");
    let Some(dir) = place.empty() else {
        skip!("no cgroup v2 with controllers is delegated to uid {} here", geteuid());
    };
    let all = &["", "--pids 9 true", "sh -c LITTER", "--memory 64M sh -c LITTER"];
    fire_in(&place, Some(&dir), "step06-cgroup", all);
}

/// What chance hits once in thousands of runs: the doctor between mkdir(2) and rmdir(2).
#[test]
fn a_doctor_hit_while_it_has_a_cgroup_removes_it_or_the_next_one_does() {
    if !installed("strace") {
        skip!("strace, which signals at a chosen system call, is not installed");
    }
    let _turn = turn();
    let place = Place::new("doctor");
    let before = place.state();
    if before.cgroups.is_empty() {
        skip!("no cgroup is delegated here");
    }
    let doctor = system_tests::step("step00-doctor");
    for (calls, signal) in
        [("?mkdir,?mkdirat", "INT"), ("?mkdir,?mkdirat", "TERM"), ("?rmdir,?unlinkat", "KILL")]
    {
        let inject = format!("inject={calls}:signal={signal}");
        let options = ["-f", "-qq", "-o", "/dev/null", "-e", inject.as_str(), doctor.as_str()];
        let output = Step::new("/usr/bin/strace", User::all()[0]).args(options).run();
        assert!(output.stdout.contains("exercises"), "{output:?}");
        if signal == "KILL" {
            assert_ne!(place.state(), before, "nothing was there to be left: {output:?}");
            Step::new(&doctor, User::all()[0]).run();
        }
        assert_eq!(place.state(), before, "{signal}: {output:?}");
    }
}
