//! What step06-cgroup does about processes that cannot be killed at once, of its own run and
//! of one before it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use testkit::{
    CgroupSandbox, Output, SignalAt, Step, User, descendants, require_programs, require_root, skip,
    wait_until,
};

const EXE: &str = env!("CARGO_BIN_EXE_step06-cgroup");

fn step(args: &[&str]) -> Step {
    Step::new(EXE, User::Root).args(args)
}

/// Lets one test at a time run: a sandbox moves this whole process, with the other tests.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cgroups of a test, so that no other run meets what this one leaves.
fn sandbox(name: &str) -> std::io::Result<CgroupSandbox> {
    CgroupSandbox::new(format!("isolated-{name}-{}", std::process::id()))
}

/// The cgroups of runs in a sandbox.
fn runs(sandbox: &CgroupSandbox) -> Vec<PathBuf> {
    let dirs = sandbox.cgroups().into_iter().map(|(dir, _)| dir);
    dirs.filter(|dir| dir.to_string_lossy().contains("/step06-cgroup-")).collect()
}

/// A cgroup of the freezer of v1: only there a frozen process cannot be killed. Dropping it
/// thaws what is inside.
struct Freezer(PathBuf);

impl Freezer {
    fn new() -> Option<Freezer> {
        let dir = Path::new("/sys/fs/cgroup/freezer");
        let name = format!("step06-cgroup-leftovers-{}", std::process::id());
        dir.join("cgroup.procs").exists().then(|| {
            let dir = dir.join(name);
            fs::create_dir(&dir).unwrap();
            Freezer(dir)
        })
    }

    fn set(&self, state: &str) {
        let file = self.0.join("freezer.state");
        fs::write(&file, state).unwrap();
        wait_until(state, || fs::read_to_string(&file).unwrap().trim() == state);
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        let _ = fs::write(self.0.join("freezer.state"), "THAWED");
        // The processes in it have been killed, and leave it one after the other.
        wait_until("the removal of the frozen cgroup", || fs::remove_dir(&self.0).is_ok());
    }
}

/// The lines about a run that was there before.
fn notes(output: &Output) -> Vec<&str> {
    let note = "note: an earlier run has left a cgroup: kill(";
    output.stderr.lines().filter(|line| line.starts_with(note)).collect()
}

#[test]
fn what_cannot_be_killed_is_named_and_holds_up_each_later_run_for_a_second_in_all() {
    require_root!("to freeze processes");
    let _alone = alone();
    let (Ok(sandbox), Some(freezer)) = (sandbox("leftovers"), Freezer::new()) else {
        skip!("only on v1 a frozen process cannot be killed");
    };

    // A shell that waits for its child to exec (vfork) would never count as frozen.
    let enter =
        format!("echo 0 > {}/cgroup.procs; echo ready; exec sleep 1000", freezer.0.display());
    let mut dead = step(&["--pids", "9", "sh", "-c", &enter]).start();
    assert_eq!(dead.line(), "ready");
    freezer.set("FROZEN");
    dead.signal(Signal::SIGKILL);
    // The supervisor tries for ten seconds, and has nobody else to report it.
    let mut error = String::new();
    while !error.starts_with("step06-cgroup: kill(") {
        error = dead.note();
    }
    assert!(error.contains("SIGKILL): still running after 10 s in "), "{error}");
    let hint = dead.note();
    assert!(hint.starts_with("hint: a process in a frozen cgroup ends when"), "{hint}");
    assert!(runs(&sandbox).len() > 1, "in several hierarchies");

    let start = Instant::now();
    let output = step(&["--pids", "9", "true"]).run();
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    let notes_of_one = notes(output.assert_ok());
    assert_eq!(notes_of_one.len(), 1, "{output:?}");
    // A second for all hierarchies together.
    assert!(notes_of_one[0].contains("SIGKILL): still running after "), "{output:?}");
    assert!(notes_of_one[0].contains("echo THAWED > freezer.state"), "{output:?}");

    drop(freezer);
    let output = step(&["--pids", "9", "true"]).run();
    assert_eq!(notes(output.assert_ok()), [""; 0]);
    assert_eq!(runs(&sandbox), [""; 0].map(PathBuf::from), "the next run has removed them");
    assert_eq!(dead.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn what_cannot_be_killed_is_waited_for_once_and_the_status_is_that_of_the_command() {
    require_root!("to freeze processes");
    let _alone = alone();
    let (Ok(sandbox), Some(freezer)) = (sandbox("unkillable"), Freezer::new()) else {
        skip!("only on v1 a frozen process cannot be killed");
    };
    let enter = format!("echo 0 > {}/cgroup.procs; echo ready", freezer.0.display());
    let script = format!("({enter}; exec sleep 1000) & read end; exit 7");
    let mut run = step(&["--pids", "9", "sh", "-c", &script]).start();
    assert_eq!(run.line(), "ready");
    freezer.set("FROZEN");

    let start = Instant::now();
    run.close_stdin();
    while !run.note().contains("SIGKILL): still running after 10 s in ") {}
    assert!(start.elapsed() < Duration::from_secs(16), "{:?}", start.elapsed());
    drop(freezer);
    let output = run.wait();
    assert_eq!(output.code(), Some(7), "{output:?}");
    assert_eq!(output.stderr.matches("step06-cgroup: kill(").count(), 1, "{output:?}");
    let report = "The group of sh is left; what the kernel has counted:\n  forks refused ";
    assert!(output.stderr.contains(report), "{output:?}");

    assert!(!runs(&sandbox).is_empty());
    step(&["true"]).run().assert_ok();
    assert_eq!(runs(&sandbox), [""; 0].map(PathBuf::from), "the next run has removed them");
}

#[test]
fn a_cgroup_that_another_run_removes_before_it_is_locked_is_made_again() {
    require_root!("to be sure that there is a cgroup for the run");
    require_programs!("strace");
    let _alone = alone();
    let Ok(sandbox) = sandbox("unlocked") else { skip!("no cgroups with controllers here") };

    // The signal stops the run when its first mkdir(2) returns.
    let stop = SignalAt::new("?mkdir,mkdirat", Signal::SIGSTOP);
    let args = ["--pids", "9", "cat", "/proc/self/cgroup"];
    let run = stop.step(EXE, &args, User::Root).start();
    wait_until("the first cgroup", || !runs(&sandbox).is_empty());
    let [first] = &runs(&sandbox)[..] else { panic!("{:?}", sandbox.cgroups()) };
    let step_of_strace = descendants(run.pid())[0];

    let another = step(&["true"]).run();
    let removed = !first.exists();
    kill(step_of_strace, Signal::SIGCONT).unwrap();
    let output = run.wait();
    assert!(removed, "{another:?}");
    another.assert_ok();
    output.assert_ok();
    let mkdir = format!("mkdir {}\n", first.display());
    assert_eq!(output.stderr.matches(&mkdir).count(), 2, "{output:?}");
    let name = first.file_name().unwrap().to_str().unwrap();
    assert!(output.stdout.contains(&format!("/{name}\n")), "{output:?}");
    assert_eq!(runs(&sandbox), [""; 0].map(PathBuf::from));
}
