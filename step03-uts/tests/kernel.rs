//! Runs step03-uts and asks the kernel whether the child's name is its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{SYS_pidfd_open, SYS_sethostname};
use nix::sched::CloneFlags;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use testkit::obstacle::{no_more_namespaces, refuse};
use testkit::{Host, Output, Running, SignalAt, Step, User, inode, namespace, status};
use testkit::{require_programs, require_root, sample, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step03-uts");

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

fn hostname() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim_end().to_owned()
}

/// Starts the step and reads it up to the last line it prints for one name.
fn started(user: User) -> (Running, Pid) {
    let mut step = step(user).args(["helo"]).start();
    let first = step.line();
    let child = first.strip_prefix("PID of child created by clone() is ").expect(&first);
    let child = Pid::from_raw(child.parse().unwrap());
    assert_eq!(step.line(), "uts.nodename in child:  helo");
    assert_eq!(step.line(), format!("uts.nodename in parent: {}", hostname()));
    (step, child)
}

fn only_the_user_note_is_on_stderr(output: &Output, user: User) -> bool {
    let lines: Vec<_> = output.stderr.lines().collect();
    match user {
        User::Root => lines.is_empty(),
        User::Ordinary => lines.len() == 1 && lines[0].contains("CLONE_NEWUSER"),
    }
}

#[test]
fn the_three_lines_come_in_the_same_order_every_time() {
    for user in sample((0..200).map(|round| User::all()[round % User::all().len()])) {
        let output = Host::unchanged(|| step(user).args(["helo"]).run());
        output.assert_ok();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
        let lines: Vec<_> = output.stdout.lines().collect();
        let [first, child, parent] = lines[..] else { panic!("{output:?}") };
        let pid = first.strip_prefix("PID of child created by clone() is ").expect(first);
        assert!(pid.parse::<u32>().is_ok(), "{pid}");
        assert_eq!(child, "uts.nodename in child:  helo");
        assert_eq!(parent, format!("uts.nodename in parent: {}", hostname()));
    }
}

#[test]
fn the_child_has_its_own_uts_namespace_and_the_parent_keeps_the_original_one() {
    for &user in User::all() {
        let (step, child) = started(user);
        let childs = namespace(child, "uts");
        assert!(childs.starts_with("uts:["));
        assert_ne!(childs, namespace("self", "uts"));
        assert_eq!(namespace(step.pid(), "uts"), namespace("self", "uts"));
        assert_eq!(step.processes().len(), 2);
        step.wait().assert_ok();
    }
}

#[test]
fn an_unprivileged_users_child_has_its_own_user_namespace_and_roots_has_not() {
    for &user in User::all() {
        let (step, child) = started(user);
        let same_user = namespace(child, "user") == namespace("self", "user");
        assert_eq!(same_user, user == User::Root);
        for kind in ["ipc", "mnt", "net", "pid"] {
            assert_eq!(namespace(child, kind), namespace("self", kind));
        }
        step.wait().assert_ok();
    }
}

#[test]
fn lsns_sees_the_childs_namespace_and_nsenter_finds_the_name_in_it() {
    require_root!("to look into the child's namespace");
    require_programs!("lsns", "nsenter");
    let (step, child) = started(User::Root);
    let row = format!("{} {child}", inode(child, "uts"));
    // lsns prints nothing if any process of the machine ends while it looks at it.
    wait_until(&format!("lsns lists {row:?}"), || {
        let lsns = Command::new("lsns").args(["-n", "-o", "NS,PID", "-t", "uts"]).output().unwrap();
        let lsns = String::from_utf8_lossy(&lsns.stdout).into_owned();
        lsns.lines().any(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") == row)
    });

    let target = child.to_string();
    let inside = Command::new("nsenter").args(["-u", "-t", &target, "uname", "-n"]).output();
    assert_eq!(inside.unwrap().stdout, b"helo\n");
    step.wait().assert_ok();
}

#[test]
fn both_stay_until_enter() {
    for &user in User::all() {
        let (mut step, child) = started(user);
        let notes: Vec<_> =
            (0..if user == User::Root { 5 } else { 6 }).map(|_| step.note()).collect();
        for pid in [step.pid(), child] {
            assert!(notes.contains(&format!("    readlink /proc/{pid}/ns/uts")), "{notes:?}");
        }
        step.type_in("\n");
        step.wait().assert_ok();
    }
}

#[test]
fn a_stopped_pair_continues_where_it_was() {
    let (mut step, child) = started(User::Ordinary);
    for pid in [step.pid(), child] {
        kill(pid, Signal::SIGSTOP).unwrap();
        wait_until("the process stops", || status(pid, "State").starts_with('T'));
    }
    assert_ne!(namespace(child, "uts"), namespace(step.pid(), "uts"));
    for pid in [step.pid(), child] {
        kill(pid, Signal::SIGCONT).unwrap();
    }
    step.type_in("\n");
    step.wait().assert_ok();
}

#[test]
fn a_signal_that_ends_the_parent_ends_the_child_too() {
    for &user in User::all() {
        for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
            let output = Host::unchanged(|| {
                let (step, _) = started(user);
                step.signal(signal);
                step.wait()
            });
            assert_eq!(output.signal(), Some(signal as i32));
        }
    }
}

#[test]
fn a_stopped_child_dies_with_its_parent() {
    let (step, child) = started(User::Ordinary);
    kill(child, Signal::SIGSTOP).unwrap();
    step.signal(Signal::SIGKILL);
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn a_killed_child_is_reported_without_waiting_for_enter() {
    for &user in User::all() {
        for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
            let (mut step, child) = started(user);
            kill(child, signal).unwrap();
            let last = format!("step03-uts: child {child} was killed by {signal}");
            while step.note() != last {}
            assert_eq!(step.wait().code(), Some(1));
        }
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    // A moment is a system call, not a time: the signal comes at the first call of a name.
    require_programs!("strace");
    // Some processors have only the second of two calls that do the same.
    let poll = "?poll,ppoll";
    let recv = "?recv,recvfrom";
    let of_parent = ["socketpair", "clone", "write", "uname", recv, poll, "wait4"];
    let of_both = ["prctl", recv, "sethostname", "uname", "write"];
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let in_parent = of_parent.map(|call| SignalAt::new(call, signal));
        let in_both = of_both.map(|call| SignalAt::in_any_process(call, signal));
        for moment in sample(in_parent.into_iter().chain(in_both)) {
            let output = moment.run(EXE, &["helo"], User::Ordinary);
            let received = output.stderr.contains(signal.as_str());
            assert!(received, "no {signal} at {}: {output:?}", moment.call);
        }
    }
}

#[test]
fn a_hostname_of_64_bytes_is_the_longest() {
    for &user in User::all() {
        let longest = "h".repeat(64);
        let output = step(user).args([&longest]).run();
        output.assert_ok();
        assert!(output.stdout.contains(&format!("in child:  {longest}\n")));

        let output = step(user).args([&"h".repeat(65)]).run();
        assert_eq!(output.code(), Some(1));
        let [error, hint] = output.errors()[..] else { panic!("{output:?}") };
        assert!(error.starts_with("step03-uts: sethostname(\"hhh"), "{error}");
        assert!(error.ends_with("): EINVAL: Invalid argument"), "{error}");
        assert_eq!(hint, "hint: a hostname is limited to 64 bytes");
        assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
    }
}

#[test]
fn an_empty_hostname_is_a_hostname_to_the_kernel() {
    let output = step(User::Ordinary).args([""]).run();
    output.assert_ok();
    assert!(output.stdout.contains("uts.nodename in child:  \n"));
}

#[test]
fn bytes_that_are_no_text_and_control_characters_are_escaped() {
    for (name, shown) in [
        (&b"h\xe9lo"[..], r"h\xE9lo"),
        (b"\x1b[31mred", r"\u{1b}[31mred"),
        (b"two\nlines", r"two\nlines"),
        ("left\u{202e}right".as_bytes(), r"left\u{202e}right"),
        ("골디락스".as_bytes(), "골디락스"),
        (b"it's \"it\"", "it's \"it\""),
    ] {
        let output = step(User::Ordinary).args([OsStr::from_bytes(name)]).run();
        output.assert_ok();
        assert!(output.stdout.contains(&format!("in child:  {shown}\n")), "{output:?}");
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&[][..], "missing HOSTNAME"),
        (&["a", "b"], "unexpected argument \"b\""),
        (&["--color", "a"], "invalid option '--color'"),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
    ] {
        let output = step(User::Ordinary).args(args).run();
        output.assert_usage_error(error);
    }
}

#[test]
fn a_name_that_begins_with_a_dash_follows_two_dashes() {
    let output = step(User::Ordinary).args(["--", "-helo"]).run();
    assert!(output.stdout.contains("uts.nodename in child:  -helo\n"), "{output:?}");
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step03-uts -- helo";
    step(User::Ordinary).assert_help(&["Usage: step03-uts HOSTNAME", example, "clone(2)"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for &user in User::all() {
        Step::assert_stdout_errors(|| step(user).args(["helo"]));
        let output = step(user).args(["helo"]).stdout_without_reader().run();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    step(User::Ordinary).args(["helo"]).stderr_full().run().assert_ok();
}

#[test]
fn color_appears_only_on_request() {
    Step::assert_color_on_request(|| step(User::Ordinary).args(["helo"]));
}

#[test]
fn at_the_limit_the_hint_names_the_setting() {
    let at_limit = || no_more_namespaces(&["uts", "user"]);
    let output = step(User::Ordinary).args(["helo"]).with_obstacle(at_limit).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("step03-uts: clone(CLONE_NEW"), "{output:?}");
    assert!(output.stderr.contains("ENOSPC: No space left on device\n"), "{output:?}");
    assert!(output.stderr.contains("hint: user.max_user_namespaces=0 blocks this"), "{output:?}");
    assert!(output.stderr.contains("hint: user.max_uts_namespaces=0 allows none"), "{output:?}");
}

#[test]
fn an_inherited_sigchld_that_is_ignored_does_not_lose_the_childs_status() {
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    step(User::all()[0]).args(["helo"]).with_obstacle(ignore_sigchld).run().assert_ok();
}

// Why the kernel refuses: the state of the machine decides.

#[test]
fn a_filter_is_named_whatever_call_it_refuses() {
    for (call, name) in
        [(SYS_pidfd_open, "pidfd_open(self)"), (SYS_sethostname, "sethostname(\"helo\")")]
    {
        for errno in [Errno::EPERM, Errno::EACCES, Errno::ENOSYS] {
            let refuse = move || refuse(&[(call, CloneFlags::empty(), errno)]);
            for &user in User::all() {
                let output = step(user).args(["helo"]).with_obstacle(refuse).run();
                let error = format!("{name}: {errno}\nhint: a seccomp filter may be blocking");
                assert!(output.stderr.contains(&error), "{output:?}");
            }
        }
    }
}
