//! The test support must notice what goes wrong: a check that cannot fail proves nothing.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::panic::catch_unwind;

use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, chdir, fork, getcwd};
use testkit::obstacle::refuse;
use testkit::{SignalAt, Step, User, WaitingProcess, inode, namespace, require_programs, status};

fn shell(script: &str) -> Step {
    Step::new("/bin/sh", User::Ordinary).args(["-c", script])
}

fn panics(check: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    catch_unwind(check).is_err()
}

#[test]
fn a_signal_that_strace_never_sends_fails_the_test() {
    require_programs!("strace");
    let exit = SignalAt::new("exit_group", Signal::SIGKILL);
    exit.run("/bin/true", &[], User::Ordinary);
    assert!(panics(|| {
        SignalAt::new("swapon", Signal::SIGKILL).run("/bin/true", &[], User::Ordinary);
    }));
}

#[test]
fn a_refused_system_call_fails_and_no_other() {
    let refused = || {
        let chdir_is_refused = refuse(&[(libc::SYS_chdir, CloneFlags::empty(), Errno::EPERM)])
            .is_ok_and(|()| chdir("/") == Err(Errno::EPERM));
        chdir_is_refused && getcwd().is_ok()
    };
    // SAFETY: the child of fork(2) calls only malloc(3) and system calls.
    match unsafe { fork() }.unwrap() {
        // SAFETY: it ends the child without running anything of the test harness.
        ForkResult::Child => unsafe { libc::_exit(refused().into()) },
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None), Ok(WaitStatus::Exited(child, 1)));
        }
    }
}

#[test]
fn an_error_a_hint_and_a_usage_error_are_told_apart() {
    let run = |script: &str| shell(script).run();
    let error = "echo 'note: a' >&2; echo 'sh: b(): EPERM' >&2; echo 'hint: c' >&2; exit 1";
    run(error).assert_error("b(): EPERM", "c");
    assert!(panics(|| _ = run(error).assert_error("b(): EPERM", "")), "an extra hint");
    assert!(panics(|| _ = run(error).assert_error("b(): EPERM", "d")), "a different hint");
    assert!(panics(|| _ = run(error).assert_error("c(): EPERM", "c")), "a different error");
    assert!(panics(|| _ = run(error).assert_ok()));
    let usage = "echo 'sh: what? (try --help)' >&2; exit 2";
    run(usage).assert_usage_error("what?");
    assert!(panics(|| _ = run(usage).assert_usage_error("why?")));
}

#[test]
fn stdout_can_be_full_or_without_a_reader() {
    let script = "trap '' PIPE; echo a 2>/dev/null; echo $? >&2";
    assert_eq!(shell(script).run().stderr, "0\n");
    assert_ne!(shell(script).stdout_full().run().stderr, "0\n");
    assert_ne!(shell(script).stdout_without_reader().run().stderr, "0\n");
}

#[test]
fn what_the_kernel_says_about_a_process_is_read_from_proc() {
    let mut process = WaitingProcess::new("cat", || Ok(()));
    let pid = process.pid();
    assert_eq!(namespace(pid, "uts"), format!("uts:[{}]", inode("self", "uts")));
    assert_eq!(status(pid, "Pid"), pid.to_string());
    process.close_stdin();
    testkit::wait_until("a zombie", || status(pid, "State").starts_with('Z'));
}

#[test]
fn a_process_that_is_in_execve_is_not_missed() {
    // The shell replaces itself by a shell, again and again.
    let script = r#"exec sh -c "$0" "$0""#;
    let step = shell(script).args([script]).start();
    for round in 0..100 {
        assert_eq!(step.processes(), [step.pid()], "in round {round}");
    }
}
