//! How the judge explains an answer that does not return: `attempts/answer.rs` hangs,
//! panics or ends, as root and as an ordinary user.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use testkit::{Output, Step, User};

use crate::attempts::{answer, attempt};

mod attempts;

/// The system call behind `pause(3)`; most architectures have none of that name.
const PAUSE: &str =
    if cfg!(any(target_arch = "x86", target_arch = "x86_64")) { "pause(2)" } else { "ppoll(2)" };

/// Runs the attempt, and asserts that the judge found this, with a PID for each `#`.
fn assert_found(name: &str, found: &str) {
    attempt(name, "", |user, output| {
        assert_eq!(output.code(), Some(1), "{name} as {user:?}: {output:?}");
        assert_eq!(without_pids(&line(output)), found, "{name} as {user:?}: {output:?}");
    });
}

/// What the judge found.
fn line(output: &Output) -> String {
    let found = output.stderr.lines().find_map(|line| line.trim().strip_prefix("found:"));
    found.unwrap_or_else(|| panic!("nothing found: {output:?}")).trim().to_owned()
}

fn without_pids(line: &str) -> String {
    let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    for index in 1..words.len() {
        let named = ["process", "child"].contains(&words[index - 1].as_str());
        if named && words[index].parse::<u32>().is_ok() {
            words[index] = "#".to_owned();
        }
    }
    words.join(" ")
}

#[test]
fn a_system_call_that_does_not_return_is_named() {
    assert_found("read", "process # is still in read(2) after 10 s");
    assert_found("pause", &format!("process # is still in {PAUSE} after 10 s"));
}

#[test]
fn the_call_of_a_child_that_is_waited_for_is_named_too() {
    let found = format!("process # is still in wait4(2) after 10 s; its child # is in {PAUSE}");
    assert_found("wait", &found);
}

#[test]
fn a_process_that_wakes_up_again_and_again_hangs_all_the_same() {
    let found = "process # is still in clock_nanosleep(2) after 10 s";
    assert_found("sleep in bits", found);
}

#[test]
fn a_stopped_process_is_said_to_be_stopped() {
    assert_found("stop", "process # is still stopped by a signal after 10 s");
}

#[test]
fn an_endless_loop_is_ended_after_ten_seconds_of_cpu_time() {
    assert_found("loop", "it was still running after 10 s of CPU time");
    assert_found("fork for ever", "it was still running after 10 s of CPU time");
}

#[test]
fn a_panic_is_shown_with_its_message_and_its_place() {
    for (name, message) in [
        ("panic", "a message at tests/attempts/answer.rs:"),
        (
            "index",
            "index out of bounds: the len is 2 but the index is 7 at tests/attempts/answer.rs:",
        ),
    ] {
        attempt(name, "", |_, output| {
            let found = line(output);
            assert!(found.starts_with(&format!("your function panicked: {message}")), "{found}");
            assert!(!output.stderr.contains("thread 'main'"), "said twice: {output:?}");
        });
    }
}

#[test]
fn a_panic_in_a_child_is_printed_and_is_not_that_of_the_function() {
    attempt("panic in a child", "", |_, output| {
        assert!(output.stderr.contains("a message of the child"), "{output:?}");
        assert!(!output.stderr.contains("your function panicked"), "{output:?}");
        assert!(output.stdout.contains("waitpid: done"), "{output:?}");
    });
}

#[test]
fn a_process_that_ends_is_explained_in_words() {
    assert_found("exit", "its process exited with status 7");
    assert_found("abort", "its process was killed by SIGABRT");
}

/// The cgroups that the judge of this name has created.
fn cgroups_named(name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(dir) = dirs.pop() {
        let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
        dirs.extend(
            entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir())).map(|it| it.path()),
        );
        found.extend(Some(dir).filter(|dir| dir.ends_with(Path::new(name))));
    }
    found
}

#[test]
fn a_signal_ends_the_sandbox_and_what_the_judge_has_created() {
    for &user in User::all() {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let mut judge = Step::new(answer(), user).env("ATTEMPT", "say and pause").start();
            assert_eq!(judge.line(), "waiting");
            let name = format!("exercise-{}", judge.pid());
            judge.signal(signal);
            // This waits for the end of all processes, too.
            let output = judge.wait();
            assert_eq!(output.code(), Some(128 + signal as i32), "{user:?}: {output:?}");
            assert_eq!(cgroups_named(&name), Vec::<PathBuf>::new());
        }
    }
}

#[test]
fn what_a_killed_judge_leaves_behind_the_next_one_removes() {
    for &user in User::all() {
        let mut judge = Step::new(answer(), user).env("ATTEMPT", "say and pause").start();
        assert_eq!(judge.line(), "waiting");
        let name = format!("exercise-{}", judge.pid());
        judge.signal(Signal::SIGKILL);
        assert_eq!(judge.wait().signal(), Some(Signal::SIGKILL as i32));
        Step::new(answer(), user).env("ATTEMPT", "tmp").run();
        assert_eq!(cgroups_named(&name), Vec::<PathBuf>::new());
    }
}
