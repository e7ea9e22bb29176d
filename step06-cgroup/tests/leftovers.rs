//! What step06-cgroup does about processes that cannot be killed at once, of its own run and
//! of one before it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use testkit::{CgroupSandbox, Output, Step, User, require_root, skip, wait_until};

fn step(args: &[&str]) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step06-cgroup"), User::Root).args(args)
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
    // So that no other run meets what this one leaves.
    let sandbox = CgroupSandbox::new(format!("isolated-leftovers-{}", std::process::id()));
    let (Ok(sandbox), Some(freezer)) = (sandbox, Freezer::new()) else {
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
    let left = |(dir, _): &(PathBuf, String)| dir.to_string_lossy().contains("/step06-");
    assert!(sandbox.cgroups().iter().filter(|it| left(it)).count() > 1, "in several hierarchies");

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
    let left = sandbox.cgroups().into_iter().find(left);
    assert_eq!(left, None, "the next run has removed them");
    assert_eq!(dead.wait().signal(), Some(Signal::SIGKILL as i32));
}
