//! Processes that step04-setns cannot join, and what it says about them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, setrlimit};
use testkit::{Step, User, WaitingProcess, WithoutFirstThread, inode};

fn step(user: User) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step04-setns"), user)
}

#[test]
fn a_process_whose_first_thread_has_ended_is_joined_by_the_files_of_another_thread() {
    for &user in User::all() {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let target = WithoutFirstThread::new(user, flags);
        let (pid, thread) = (target.pid(), target.thread());
        let output = step(user).args(["--target", &pid.to_string(), "--", "true"]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let files = format!("/proc/{pid}/task/{thread}/ns");
        let [_, hint] = output.errors()[..] else { panic!("{output:?}") };
        let beginning = format!("hint: the first thread of process {pid} has ended");
        assert!(hint.starts_with(&beginning) && hint.contains(&files), "{output:?}");

        let uts = inode(format!("{pid}/task/{thread}"), "uts");
        let files = ["user", "uts"].map(|kind| format!("{files}/{kind}"));
        // Root is not mapped there, so root cannot become its root.
        let files = &files[usize::from(user == User::Root)..];
        let output = step(user).args(files).args(["--", "readlink", "/proc/self/ns/uts"]).run();
        assert_eq!(output.assert_ok().stdout, format!("uts:[{uts}]\n"), "{output:?}");
    }
}

#[test]
fn a_process_of_the_same_user_that_is_not_dumpable_is_not_called_another_users() {
    let target = WaitingProcess::not_dumpable(User::Ordinary);
    let output = step(User::Ordinary).args(["--target", &target.pid().to_string()]).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let [_, hint] = output.errors()[..] else { panic!("{output:?}") };
    assert!(hint.contains("your") && !hint.contains("another user"), "{output:?}");
    assert!(hint.contains("sudo target/debug/step04-setns"), "{output:?}");
}

#[test]
fn in_a_pid_namespace_with_the_old_proc_it_joins_no_other_process_of_the_same_number() {
    for &user in User::all() {
        let output = Step::new("/usr/bin/unshare", user)
            .args(["-Urpf", env!("CARGO_BIN_EXE_step04-setns"), "--target", "1", "--", "true"])
            .run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "step04-setns: /proc belongs to another PID namespace: PID 1 is ";
        assert!(output.stderr.starts_with(error), "{output:?}");
    }
}

#[test]
fn at_the_limit_of_open_files_the_hint_names_the_limit() {
    // Stdin, stdout, stderr, and /proc/self/ns, which the step keeps open.
    let limit = || Ok(setrlimit(Resource::RLIMIT_NOFILE, 4, 4)?);
    let file = "/proc/self/ns/uts";
    for &user in User::all() {
        let output = step(user).args([file, "--", "true"]).with_obstacle(limit).run();
        output.assert_error(&format!("open({file}): EMFILE: Too many open files"), "ulimit -n");
    }
}
