//! Runs step02-clone and asks the kernel what the child of clone(2) got.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid, pipe};
use testkit::{Host, Output, Running, Step, User, installed, namespace, skip, wait_until};

/// The kinds of namespace that clone(2) creates.
const KINDS: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

fn step(user: User) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step02-clone"), user)
}

/// The rows of the table: kind, parent's link, child's link, verdict.
fn table(output: &Output) -> Vec<[String; 4]> {
    let rows = output.stdout.lines().filter(|line| line.contains(":["));
    rows.map(|line| {
        let cells: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        cells.try_into().unwrap()
    })
    .collect()
}

/// The kinds that the child has of its own, by the inode numbers in the table.
fn new_kinds(output: &Output) -> Vec<String> {
    let mut new = Vec::new();
    for [kind, parents, childs, verdict] in table(output) {
        // The step is not isolated from us: what the kernel tells us of
        // ourselves is true of it as well.
        assert_eq!(parents, namespace("self", &kind));
        assert_eq!(verdict, if parents == childs { "same" } else { "new" });
        if parents != childs {
            new.push(kind);
        }
    }
    new
}

#[test]
fn without_a_kind_the_child_shares_everything() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).run());
        assert_eq!(output.code(), Some(0), "{output:?}");
        assert!(table(&output).len() >= 7);
        assert_eq!(new_kinds(&output), [""; 0]);
        assert_eq!(output.stderr, "");
    }
}

#[test]
fn each_kind_is_new_for_the_child_and_no_other_is() {
    for &user in User::all() {
        for kind in KINDS {
            let output = Host::unchanged(|| step(user).args([kind]).run());
            assert_eq!(output.code(), Some(0), "{output:?}");
            let mut expected = vec![kind];
            if kind == "pid" {
                expected.push("pid_for_children");
            }
            if user == User::Ordinary && kind != "user" {
                expected.push("user");
                assert!(output.stderr.starts_with("note: not root: "), "{output:?}");
                assert_eq!(output.stderr.lines().count(), 1);
            } else {
                assert_eq!(output.stderr, "");
            }
            expected.sort();
            assert_eq!(new_kinds(&output), expected, "{user:?} {output:?}");
        }
    }
}

#[test]
fn all_kinds_at_once_are_all_new() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).args(KINDS).run());
        let mut expected = KINDS.to_vec();
        expected.push("pid_for_children");
        expected.sort();
        assert_eq!(new_kinds(&output), expected, "{output:?}");
    }
}

#[test]
fn lines_come_in_order_and_name_the_same_pids() {
    for _ in 0..20 {
        for &user in User::all() {
            let output = step(user).run();
            let lines: Vec<_> = output.stdout.lines().collect();
            let child = lines[0].strip_prefix("PID of child created by clone() is ").unwrap();
            let parent = lines[1].rsplit_once(' ').unwrap().1;
            assert_eq!(lines[1], format!("PID in child:  {child}, its parent's: {parent}"));
            assert_eq!(lines[2], format!("PID in parent: {parent}, its child's:  {child}"));
            assert_eq!(*lines.last().unwrap(), format!("child {child} exited with status 0"));
        }
    }
}

#[test]
fn in_a_new_pid_namespace_one_child_has_two_pids() {
    for &user in User::all() {
        let output = step(user).args(["pid"]).run();
        let child = output.stdout.lines().next().unwrap().rsplit_once(' ').unwrap().1;
        assert!(output.stdout.contains("PID in child:  1, its parent's: 0\n"), "{output:?}");
        assert!(output.stdout.contains(&format!(", its child's:  {child}\n")), "{output:?}");
        assert!(child.parse::<u32>().unwrap() > 1);
    }
}

/// A step whose child is held in its first write, because the pipe is full but
/// for the parent's first line.
struct Held {
    step: Running,
    child: Pid,
    pipe: File,
}

impl Held {
    fn new(user: User, kinds: &[&str]) -> Held {
        let (reader, writer) = pipe().unwrap();
        let room = i32::try_from("PID of child created by clone() is 4194304\n".len()).unwrap();
        let size = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
        let mut writer = File::from(writer);
        writer.write_all(&vec![b'.'; usize::try_from(size - room).unwrap()]).unwrap();
        let step = step(user)
            .args(kinds)
            .with(|it| {
                it.stdout(writer);
            })
            .start();
        let mut child = None;
        wait_until("the child waits in write(2)", || {
            let others = step.processes().into_iter().find(|pid| *pid != step.pid());
            child = others;
            others.is_some_and(|pid| {
                let file = format!("/proc/{pid}/syscall");
                let write = format!("{} 0x1 ", libc::SYS_write); // to stdout
                fs::read_to_string(file).is_ok_and(|call| call.starts_with(&write))
            })
        });
        Held { step, child: child.unwrap(), pipe: reader.into() }
    }

    /// Lets the step go on; returns its output without what filled the pipe.
    fn release(mut self) -> Output {
        let mut text = String::new();
        self.pipe.read_to_string(&mut text).unwrap();
        let mut output = self.step.wait();
        output.stdout = text.trim_start_matches('.').to_owned();
        output
    }
}

#[test]
fn what_the_table_says_is_what_the_kernel_says_of_the_living_child() {
    for &user in User::all() {
        let held = Held::new(user, &["uts", "pid", "net"]);
        let child = held.child;
        let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap();
        let nspid = status.lines().find(|line| line.starts_with("NSpid:")).unwrap();
        assert_eq!(
            nspid.split_whitespace().collect::<Vec<_>>(),
            ["NSpid:", &child.to_string(), "1"]
        );
        let alive: Vec<_> = ["uts", "pid", "net"].map(|kind| namespace(child, kind)).into();
        let output = held.release();
        assert_eq!(output.code(), Some(0), "{output:?}");
        for link in alive {
            let row = table(&output).into_iter().find(|[_, _, childs, _]| *childs == link).unwrap();
            assert_eq!(row[3], "new");
        }
    }
}

#[test]
fn a_killed_child_is_told_by_its_signal() {
    for &user in User::all() {
        for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
            let held = Held::new(user, &[]);
            let child = held.child;
            kill(child, signal).unwrap();
            let output = held.release();
            assert_eq!(output.code(), Some(1), "{output:?}");
            let last = output.stdout.lines().last().unwrap();
            assert_eq!(last, format!("child {child} was killed by {signal}"));
        }
    }
}

#[test]
fn the_first_process_of_a_pid_namespace_dies_by_sigkill_but_not_by_sigterm() {
    for &user in User::all() {
        for (signal, end) in [
            (Signal::SIGTERM, "exited with status 0"),
            (Signal::SIGINT, "exited with status 0"),
            (Signal::SIGKILL, "was killed by SIGKILL"),
        ] {
            let held = Held::new(user, &["pid"]);
            let child = held.child;
            kill(child, signal).unwrap();
            let output = held.release();
            let last = output.stdout.lines().last().unwrap();
            assert_eq!(last, format!("child {child} {end}"), "{output:?}");
        }
    }
}

#[test]
fn a_child_killed_while_its_parent_reads_proc_is_told_by_its_signal() {
    if !installed("strace") {
        skip!("strace, which stops the parent at a chosen system call, is not installed");
    }
    for &user in User::all() {
        // The parent looks into its own /proc/PID/ns, and then into the child's.
        let mut strace = Step::new("/usr/bin/strace", user)
            .args(["-e", "trace=getdents64"])
            .args(["-e", "inject=getdents64:signal=SIGSTOP:when=1"])
            .args([env!("CARGO_BIN_EXE_step02-clone"), "uts"])
            .start();
        let child = strace.line().rsplit_once(' ').unwrap().1.parse().unwrap();
        let child = Pid::from_raw(child);
        assert_eq!(strace.line().split(':').next(), Some("PID in child"));
        let parent = strace.line().replace("PID in parent: ", "");
        let parent = Pid::from_raw(parent.split(',').next().unwrap().parse().unwrap());
        let state = |pid| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
            let state = status.lines().find_map(|line| line.strip_prefix("State:\t"));
            state.unwrap()[..1].to_owned()
        };
        while !strace.note().contains("stopped by SIGSTOP") {}
        kill(child, Signal::SIGKILL).unwrap();
        wait_until("the child is a zombie", || state(child) == "Z");
        kill(parent, Signal::SIGCONT).unwrap();
        let output = strace.wait();
        let last = output.stdout.lines().last().unwrap();
        assert_eq!(last, format!("child {child} was killed by SIGKILL"), "{output:?}");
        assert_eq!(output.code(), Some(1));
        assert!(!output.stderr.contains("step02-clone: "), "{output:?}");
    }
}

#[test]
fn a_proc_of_another_pid_namespace_is_refused_and_not_believed() {
    if !installed("unshare") {
        skip!("unshare, which leaves the old /proc in a new PID namespace, is not installed");
    }
    for &user in User::all() {
        // `exit` keeps the shell from becoming the step. Some PIDs later, /proc has strangers under the PIDs of step and child.
        let script = "for i in 1 2 3 4 5 6 7 8; do /bin/true; done; \"$0\" uts; exit $?";
        let step = env!("CARGO_BIN_EXE_step02-clone");
        let output =
            Step::new("/usr/bin/unshare", user).args(["-Urpf", "sh", "-c", script, step]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, "", "nothing was created");
        let error = "step02-clone: /proc belongs to another PID namespace: PID ";
        assert!(output.stderr.starts_with(error), "{output:?}");
        assert!(output.stderr.ends_with("\nhint: unshare --mount-proc mounts the right one\n"));

        let output =
            Step::new("/usr/bin/unshare", user).args(["-Urpf", "--mount-proc", step, "uts"]).run();
        assert_eq!(output.code(), Some(0), "{output:?}");
        let uts = table(&output).into_iter().find(|[kind, ..]| kind == "uts").unwrap();
        assert_eq!(uts[3], "new");
        assert_ne!(uts[1], uts[2]);
    }
}

#[test]
fn without_proc_the_error_says_so() {
    if !installed("unshare") {
        skip!("unshare, which makes a mount namespace without /proc, is not installed");
    }
    for &user in User::all() {
        // A user may cover a mount that was there before, but not take it off.
        let output = Step::new("/usr/bin/unshare", user)
            .args(["-Urm", "sh", "-c", "mount -t tmpfs none /proc && exec \"$0\""])
            .args([env!("CARGO_BIN_EXE_step02-clone")])
            .run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "step02-clone: readlink(/proc/self): ENOENT: No such file or directory\n";
        assert!(output.stderr.starts_with(error), "{output:?}");
        assert!(output.stderr.contains("hint: /proc is not mounted"), "{output:?}");
    }
}

#[test]
fn a_parent_that_dies_takes_the_child_with_it() {
    for &user in User::all() {
        for kinds in [&[][..], &["pid"]] {
            let held = Held::new(user, kinds);
            // Stopped, the child cannot even read that its pipe has ended.
            kill(held.child, Signal::SIGSTOP).unwrap();
            held.step.signal(Signal::SIGKILL);
            let output = held.step.wait();
            assert_eq!(output.signal(), Some(Signal::SIGKILL as i32), "{output:?}");
        }
    }
}

#[test]
fn time_is_answered_with_why_clone_cannot_do_it() {
    let output = step(User::Ordinary).args(["uts", "time"]).run();
    assert_eq!(output.code(), Some(2));
    assert_eq!(output.stderr.lines().count(), 1);
    for word in ["time namespace", "exit signal", "unshare(2)", "clone3(2)"] {
        assert!(output.stderr.contains(word), "{output:?}");
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (arg, error) in [
        ("hostname", "\"hostname\" is not a kind of namespace"),
        ("", "\"\" is not a kind of namespace"),
        ("-u", "invalid option '-u'"),
    ] {
        let output = step(User::Ordinary).args([arg]).run();
        assert_eq!(output.code(), Some(2));
        assert_eq!(output.stderr, format!("step02-clone: {error} (try --help)\n"));
    }
}

#[test]
fn arguments_that_are_no_text_are_escaped() {
    for arg in [&b"\xff"[..], b"\x1b[31m", b"two\nlines", "u\u{202e}ts".as_bytes()] {
        let output = step(User::Ordinary).args([OsStr::from_bytes(arg)]).run();
        assert_eq!(output.code(), Some(2));
        let line =
            output.stderr.strip_suffix(" is not a kind of namespace (try --help)\n").unwrap();
        assert!(!line.contains(|it: char| it.is_control() || it == '\u{202e}'), "{line:?}");
        assert!(line.contains(r"\"), "{line}");
    }
}

#[test]
fn a_signal_at_any_moment_leaves_nothing_behind() {
    if !installed("strace") {
        skip!("strace, which signals at a chosen system call, is not installed");
    }
    // Some processors have only the second of two calls that do the same.
    let readlink = "?readlink,readlinkat";
    let of_parent = ["socketpair", "clone", "write", "recvfrom", "getdents64", readlink, "wait4"];
    let of_both = ["prctl", "recvfrom", "write", "getppid"];
    let moments = of_parent.map(|call| ("-qq", call)).into_iter();
    for (follow, call) in moments.chain(of_both.map(|call| ("-fqq", call))) {
        for signal in ["SIGKILL", "SIGTERM", "SIGINT"] {
            let output = Host::unchanged(|| {
                Step::new("/usr/bin/strace", User::Ordinary)
                    .args([follow, "-e", &format!("trace={call}")])
                    .args(["-e", &format!("inject={call}:signal={signal}:when=1")])
                    .args([env!("CARGO_BIN_EXE_step02-clone"), "uts", "pid"])
                    .run()
            });
            assert!(output.stderr.contains(signal), "no {signal} at {call}: {output:?}");
        }
    }
}

#[test]
fn at_the_limit_the_error_is_enospc_and_the_hint_names_the_settings() {
    let output = step(User::all()[0])
        .args(["uts"])
        .with(|it| {
            // SAFETY: only system calls and allocation in a child that has one thread.
            unsafe {
                it.pre_exec(|| {
                    unshare(CloneFlags::CLONE_NEWUSER)?;
                    fs::write("/proc/sys/user/max_uts_namespaces", "0")?;
                    fs::write("/proc/sys/user/max_user_namespaces", "0")
                });
            }
        })
        .run();
    assert_eq!(output.code(), Some(1));
    let errors: Vec<_> = output.stderr.lines().filter(|line| !line.starts_with("note:")).collect();
    assert!(errors[0].starts_with("step02-clone: clone(CLONE_NEW"), "{errors:?}");
    assert!(errors[0].ends_with("): ENOSPC: No space left on device"), "{errors:?}");
    assert!(errors[1].starts_with("hint: user.max_user_namespaces=0 blocks this; "));
    assert!(errors[2].starts_with("hint: user.max_uts_namespaces=0 allows none; "), "{errors:?}");
}

#[test]
fn without_rights_the_error_is_eperm() {
    // In a user namespace without a mapping nobody may create another one.
    let output = step(User::all()[0])
        .args(["uts"])
        .with(|it| {
            // SAFETY: only a system call in a child that has one thread.
            unsafe { it.pre_exec(|| Ok(unshare(CloneFlags::CLONE_NEWUSER)?)) };
        })
        .run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("step02-clone: clone(CLONE_NEW"), "{output:?}");
    assert!(output.stderr.contains("): EPERM: Operation not permitted\nhint: "), "{output:?}");
}

#[test]
fn with_no_process_left_the_error_is_eagain() {
    if !geteuid().is_root() {
        skip!("only root can become a user whose processes it can count");
    }
    let output = Step::new(env!("CARGO_BIN_EXE_step02-clone"), User::Ordinary)
        .with(|it| {
            // SAFETY: only a system call in a child that has one thread.
            unsafe { it.pre_exec(|| Ok(setrlimit(Resource::RLIMIT_NPROC, 0, 0)?)) };
        })
        .run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.starts_with("step02-clone: clone(): EAGAIN: "), "{output:?}");
    assert!(output.stderr.contains("hint: process limit reached; check: ulimit -u"), "{output:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let output = step(User::Ordinary)
        .with(|it| {
            it.stdout(writer);
        })
        .run();
    assert_eq!((output.code(), output.stderr.as_str()), (Some(0), ""));
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = step(User::Ordinary)
        .with(|it| {
            it.stdout(full);
        })
        .run();
    let error = "step02-clone: write(stdout): ENOSPC: No space left on device\n";
    assert_eq!((output.code(), output.stderr.as_str()), (Some(1), error));
}

#[test]
fn help_names_the_manual_and_an_example() {
    let output = step(User::Ordinary).args(["--help"]).run();
    assert_eq!(output.code(), Some(0));
    for part in ["Usage: step02-clone", "cargo run -p step02-clone -- uts pid", "clone(2)"] {
        assert!(output.stdout.contains(part), "{part}");
    }
}
