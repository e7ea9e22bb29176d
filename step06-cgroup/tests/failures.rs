//! System calls of step06-cgroup that fail, and what it says about them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::Pid;
use step_support::cgroup::{self, Version};
use step06_cgroup::parent;
use testkit::obstacle::refuse;
use testkit::{Step, User, require_programs, require_root, skip, wait_until};

fn step(args: &[&str]) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step06-cgroup"), User::Root).args(args)
}

#[test]
fn a_command_that_cannot_be_tied_to_the_step_is_not_run_and_the_call_is_named() {
    require_root!("to create a cgroup");
    let prctl = (libc::SYS_prctl, CloneFlags::empty(), Errno::EPERM);
    let step = step(&["--pids", "9", "echo", "it ran"]);
    let output = step.with_obstacle(move || refuse(&[prctl])).run();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
    let error = "step06-cgroup: prctl(PR_SET_PDEATHSIG, SIGKILL): EPERM: Operation not permitted\n";
    assert!(output.stderr.contains(error), "{output:?}");
}

#[test]
fn a_lock_that_the_kernel_refuses_is_an_error_and_not_waited_for() {
    require_root!("to create a cgroup");
    let flock = (libc::SYS_flock, CloneFlags::empty(), Errno::ENOLCK);
    let output = step(&["--pids", "9", "true"]).with_obstacle(move || refuse(&[flock])).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let error = output.stderr.lines().last().unwrap();
    let dir = error.strip_prefix("step06-cgroup: flock(").expect(error);
    let dir = dir.strip_suffix(&format!("): {}", Errno::ENOLCK)).expect(error);
    assert!(output.stderr.contains(&format!("mkdir {dir}\n")), "{output:?}");
    assert!(!Path::new(dir).exists(), "it is removed all the same");
}

#[test]
fn where_the_kernel_has_too_many_cgroups_the_hint_is_about_cgroups() {
    require_root!("to create a cgroup");
    require_programs!("strace");
    let output = Step::new("/usr/bin/strace", User::Root)
        .args(["-qq", "-o", "/dev/null", "-e", "inject=?mkdir,?mkdirat:error=ENOSPC"])
        .args([env!("CARGO_BIN_EXE_step06-cgroup"), "--pids", "9", "true"])
        .run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let hint =
        "): ENOSPC: No space left on device\nhint: too many cgroups; check: cat /proc/cgroups\n";
    assert!(output.stderr.ends_with(hint), "{output:?}");
}

/// A new cgroup in the hierarchy of v2, which has controllers or not.
fn new_on_v2(name: &str) -> Option<PathBuf> {
    let hierarchies = cgroup::all().unwrap();
    let v2 = hierarchies.iter().find(|it| it.version == Version::V2)?;
    let current = &v2.mounted.as_ref()?.current;
    let dir = current.join(format!("step06-cgroup-{name}-{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    Some(dir)
}

#[test]
fn a_cgroup_of_threads_is_removed_and_its_processes_are_those_of_the_cgroup_above() {
    require_root!("to create a cgroup");
    let Some(dir) = new_on_v2("threads") else { skip!("no cgroup v2 is mounted here") };
    let threaded = dir.join("threaded");
    fs::create_dir(&threaded).unwrap();
    fs::write(threaded.join("cgroup.type"), "threaded").unwrap();
    let mut target = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    fs::write(dir.join("cgroup.procs"), target.id().to_string()).unwrap();
    fs::write(threaded.join("cgroup.threads"), target.id().to_string()).unwrap();

    let procs = fs::read(threaded.join("cgroup.procs")).unwrap_err();
    let processes = cgroup::processes(&dir);
    let removed = cgroup::remove(&dir);
    if removed.is_err() {
        target.kill().unwrap();
    }
    let status = target.wait().unwrap();
    let is_left = dir.exists();
    for left in [&threaded, &dir].into_iter().filter(|_| is_left) {
        wait_until("the end of a cgroup", || fs::remove_dir(left).is_ok() || !left.exists());
    }
    assert_eq!(procs.raw_os_error(), Some(Errno::EOPNOTSUPP as i32));
    assert_eq!(processes.unwrap(), [Pid::from_raw(target.id() as i32)]);
    removed.unwrap();
    assert_eq!(status.signal(), Some(libc::SIGKILL));
    assert!(!is_left);
}

#[test]
fn the_cgroup_of_the_lock_is_removed_by_the_last_run() {
    require_root!("to create a cgroup");
    let Some(dir) = new_on_v2("lock") else { skip!("no cgroup v2 is mounted here") };
    let supervisors = dir.join(parent::SUPERVISORS);

    // A cgroup that nobody has enabled anything in, so there is a setting to share.
    let lock = parent::lock(&dir, &["pids"]).unwrap();
    let while_locked = (lock.is_some(), supervisors.is_dir());
    parent::record(&dir, &["pids"]).unwrap();
    drop(lock);
    parent::undo(&dir);
    let after_undo = supervisors.exists();
    parent::undo(&dir); // another supervisor, a moment later
    let after_both = supervisors.exists();
    let _ = fs::remove_dir(&supervisors);
    fs::remove_dir(&dir).unwrap();
    assert_eq!((while_locked, after_undo, after_both), ((true, true), false, false));
}

#[test]
fn at_the_limit_of_open_files_the_hint_names_the_limit() {
    require_root!("to be sure that there is a cgroup for the run");
    // Stdin, stdout, stderr and one more; a pipe is two.
    let limit = || Ok(setrlimit(Resource::RLIMIT_NOFILE, 4, 4)?);
    let output = step(&["--pids", "9", "true"]).with_obstacle(limit).run();
    output.assert_error("pipe2(O_CLOEXEC): EMFILE: Too many open files", "ulimit -n");
}
