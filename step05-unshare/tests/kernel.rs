//! Runs step05-unshare and asks the kernel where the command has arrived.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, OpenOptions};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::{Pid, chroot, geteuid, pipe};
use testkit::obstacle::{cover, own_mounts, refuse};
use testkit::{Host, Output, Running, Step, User, installed, namespace, skip, wait_until};

/// Short and long option, and the link that changes for the command (or its children).
const KINDS: [(&str, &str, &str); 8] = [
    ("-C", "--cgroup", "cgroup"),
    ("-i", "--ipc", "ipc"),
    ("-m", "--mount", "mnt"),
    ("-n", "--net", "net"),
    ("-p", "--pid", "pid_for_children"),
    ("-T", "--time", "time_for_children"),
    ("-U", "--user", "user"),
    ("-u", "--uts", "uts"),
];

fn step(user: User) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step05-unshare"), user)
}

/// Starts `cat` behind the step; returns both once cat answers.
fn started(user: User, options: &[&str]) -> Running {
    let mut step = step(user).args(options).args(["cat"]).start();
    step.type_in("ready\n");
    assert_eq!(step.line(), "ready");
    step
}

/// The command that was forked off: neither the step nor its watchdog.
fn forked(step: &Running) -> Pid {
    let all = step.processes();
    assert_eq!(all.len(), 3, "{all:?}");
    let comm = |pid: &Pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    all.into_iter().find(|pid| *pid != step.pid() && comm(pid) != "watchdog\n").unwrap()
}

fn assert_error(output: &Output, code: i32, lines: &[&str]) {
    assert_eq!(output.code(), Some(code), "{output:?}");
    assert_eq!(output.stderr.lines().collect::<Vec<_>>(), lines);
}

#[test]
fn each_option_short_or_long_changes_its_link_and_no_other() {
    for &user in User::all() {
        for (short, long, kind) in KINDS {
            for option in [short, long] {
                let mut options = vec![option];
                if user == User::Ordinary && kind != "user" {
                    options.push("-r");
                }
                let step = started(user, &options);
                for (.., other) in
                    KINDS.iter().filter(|(.., other)| !other.ends_with("_for_children"))
                {
                    let changed = namespace(step.pid(), other) != namespace("self", other);
                    // execve(2) takes a process into its time namespace, on newer kernels.
                    let asked = *other == kind || (*other == "user" && options.contains(&"-r"));
                    assert_eq!(changed, asked, "{user:?} {options:?} {other}");
                }
                let output = step.wait();
                assert_eq!(output.code(), Some(0), "{output:?}");
                let said = |kind: &str| {
                    output.stderr.lines().any(|line| line.starts_with(&format!("{kind}: ")))
                };
                assert!(said(kind), "{output:?}");
                assert_eq!(said("user"), options.contains(&"-r") || kind == "user", "{output:?}");
            }
        }
    }
}

#[test]
fn what_is_said_to_change_is_what_the_kernel_shows() {
    for &user in User::all() {
        let step = started(user, &["-Uru"]);
        let links = ["user", "uts"].map(|kind| {
            format!("{kind}: {} -> {}", namespace("self", kind), namespace(step.pid(), kind))
        });
        let output = step.wait();
        assert_eq!(output.stderr.lines().collect::<Vec<_>>(), links);
    }
}

#[test]
fn with_r_one_is_root_inside_and_oneself_outside() {
    for &user in User::all() {
        let step = started(user, &["-r"]);
        let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", step.pid())).unwrap();
        let map = |file: &str| read(file).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let id = user.uid().to_string();
        assert_eq!(map("uid_map"), ["0", &id, "1"]);
        assert_eq!(map("gid_map")[0], "0");
        assert_eq!(map("gid_map")[2], "1");
        assert_eq!(read("setgroups"), "deny\n");
        assert!(read("status").contains(&format!("Uid:\t{id}\t{id}")), "seen from outside");
        assert_eq!(step.wait().code(), Some(0));
        let output = self::step(user).args(["-r", "id", "-u"]).run();
        assert_eq!(output.stdout, "0\n");
    }
}

#[test]
fn a_hostname_set_inside_stays_inside() {
    if !installed("hostname") {
        skip!("hostname, which sets it by sethostname(2), is not installed");
    }
    for &user in User::all() {
        let script = "hostname helo; uname -n";
        let output = Host::unchanged(|| step(user).args(["-ru", "sh", "-c", script]).run());
        assert_eq!((output.code(), output.stdout.as_str()), (Some(0), "helo\n"), "{output:?}");
    }
}

#[test]
fn an_ordinary_user_without_r_is_refused_and_told_of_it() {
    for (option, flag) in [("-u", "CLONE_NEWUTS"), ("-m", "CLONE_NEWNS"), ("-T", "CLONE_NEWTIME")] {
        let output = step(User::Ordinary).args([option, "true"]).run();
        let error = format!("step05-unshare: unshare({flag}): EPERM: Operation not permitted");
        let hint =
            "hint: add -r: it makes you root in a new user namespace, which can own the others";
        assert_error(&output, 1, &[&error, hint]);
    }
}

#[test]
fn with_p_and_f_the_command_is_pid_1() {
    for &user in User::all() {
        let step = started(user, &["-rpf"]);
        let child = forked(&step);
        let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap();
        let nspid = status.lines().find(|line| line.starts_with("NSpid:")).unwrap();
        assert_eq!(nspid.split_whitespace().nth(2), Some("1"), "{nspid}");
        assert_ne!(namespace(child, "pid"), namespace("self", "pid"));
        assert_eq!(namespace(step.pid(), "pid"), namespace("self", "pid"));
        assert_eq!(step.wait().code(), Some(0));
    }
}

#[test]
fn with_p_alone_the_second_fork_fails_and_a_note_says_why_beforehand() {
    for &user in User::all() {
        let script = "sh -c 'echo $$'; sh -c 'echo $$'; echo not reached";
        let output = step(user).args(["-rp", "sh", "-c", script]).run();
        assert_ne!(output.code(), Some(0), "{output:?}");
        assert_eq!(output.stdout, "1\n", "{output:?}");
        assert!(output.stderr.contains("note: without -f "), "{output:?}");
        assert!(output.stderr.contains("ENOMEM"), "{output:?}");
    }
}

#[test]
fn with_t_alone_a_command_is_in_the_new_time_namespace_from_linux_6_2_on_as_the_note_says() {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(['.', '-']).map(|it| it.parse::<u32>().unwrap_or(0));
    let moves = (numbers.next(), numbers.next()) >= (Some(6), Some(2));
    for &user in User::all() {
        let output = step(user).args(["-rT", "readlink", "/proc/self/ns/time"]).run();
        assert_eq!(output.code(), Some(0), "{output:?}");
        let before = format!("{}\n", namespace("self", "time"));
        assert_eq!(output.stdout != before, moves, "{release} {before} {output:?}");
        assert!(output.stderr.contains("note: before Linux 6.2, without -f "), "{output:?}");
    }
}

#[test]
fn mount_proc_shows_the_processes_of_the_new_namespace_only() {
    for &user in User::all() {
        let script = "echo /proc/[0-9]*";
        let output =
            Host::unchanged(|| step(user).args(["-rpf", "--mount-proc", "sh", "-c", script]).run());
        assert_eq!(output.stdout, "/proc/1\n", "{output:?}");
    }
}

#[test]
fn a_mount_inside_is_not_seen_outside_even_where_mounts_are_shared() {
    if !geteuid().is_root() {
        skip!("it takes root to make the mounts around the step shared");
    }
    // As systemd does with `/`; here in a mount namespace that the test makes.
    let count = "grep -c ' /mnt .*step05' /proc/self/mountinfo";
    let inside = format!("mount -t tmpfs step05 /mnt; {count}");
    let script = format!("{} -m sh -c \"{inside}\"; {count}", env!("CARGO_BIN_EXE_step05-unshare"));
    let output = Host::unchanged(|| {
        Step::new("/bin/sh", User::Root)
            .args(["-c", &script])
            .with(|it| {
                let shared = || {
                    unshare(CloneFlags::CLONE_NEWNS)?;
                    let none = None::<&str>;
                    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
                    Ok(mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_SHARED, none)?)
                };
                // SAFETY: only system calls in a child that has one thread.
                unsafe { it.pre_exec(shared) };
            })
            .run()
    });
    assert_eq!(output.stdout, "1\n0\n", "{output:?}");
}

#[test]
fn the_status_of_the_command_is_passed_on() {
    for fork in [&["-r"][..], &["-rf"], &["-rpf"]] {
        for (script, code) in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255)] {
            let output = step(User::Ordinary).args(fork).args(["sh", "-c", script]).run();
            assert_eq!(output.code(), Some(code), "{output:?}");
        }
        let output = step(User::Ordinary).args(fork).args(["no/such/command"]).run();
        assert_eq!(output.code(), Some(127), "{output:?}");
        let last = "step05-unshare: execve(no/such/command): ENOENT: No such file or directory";
        assert_eq!(output.stderr.lines().last(), Some(last));
        let output = step(User::Ordinary).args(fork).args(["/etc"]).run();
        assert_eq!(output.code(), Some(126), "{output:?}");
        let last = "step05-unshare: execve(/etc): EACCES: Permission denied";
        assert_eq!(output.stderr.lines().last(), Some(last));
    }
    let output = step(User::Ordinary).args(["-rf", "sh", "-c", "kill -TERM $$"]).run();
    assert_eq!(output.code(), Some(128 + 15));
    let output = step(User::Ordinary).args(["-r", "sh", "-c", "kill -TERM $$"]).run();
    assert_eq!(output.signal(), Some(15));
}

#[test]
fn a_command_dies_with_the_step_even_as_pid_1() {
    for &user in User::all() {
        for options in ["-rf", "-rpf"] {
            for signal in [Signal::SIGKILL, Signal::SIGTERM] {
                let output = Host::unchanged(|| {
                    // The command would outlive its stdin, and everything but the kernel's signal.
                    let script = "echo ready; exec sleep 1000";
                    let mut step = step(user).args([options, "sh", "-c", script]).start();
                    assert_eq!(step.line(), "ready");
                    step.signal(signal);
                    step.wait()
                });
                assert_eq!(output.signal(), Some(signal as i32));
            }
        }
    }
}

#[test]
fn a_command_that_changes_its_user_dies_with_the_step_too() {
    if !geteuid().is_root() || !installed("setpriv") {
        skip!("only root can become another user, and setpriv does it");
    }
    // The kernel clears PR_SET_PDEATHSIG then; the watchdog is left.
    let to_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    for options in ["-f", "-pf"] {
        let script = ["sh", "-c", "echo ready; exec sleep 1000"];
        let mut step = step(User::Root).args([options]).args(to_nobody).args(script).start();
        assert_eq!(step.line(), "ready");
        step.signal(Signal::SIGKILL);
        assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
    }
}

#[test]
fn a_watchdog_that_is_killed_is_not_missed() {
    let step = started(User::Ordinary, &["-rpf"]);
    let comm = |pid: &Pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    let watchdog = step.processes().into_iter().find(|pid| comm(pid) == "watchdog\n").unwrap();
    kill(watchdog, Signal::SIGKILL).unwrap();
    step.signal(Signal::SIGKILL);
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
}

/// Waits until the step waits for signals, which it does once its command is started.
fn wait_until_supervising(step: &Running) {
    // The second is that of 32-bit processors, for which libc has no name.
    let sigtimedwait = [nix::libc::SYS_rt_sigtimedwait, 421];
    let file = format!("/proc/{}/syscall", step.pid());
    wait_until("the step waits for signals", || {
        let call = fs::read_to_string(&file).unwrap();
        let number = call.split(' ').next().and_then(|number| number.parse().ok());
        number.is_some_and(|number| sigtimedwait.contains(&number))
    });
}

#[test]
fn a_key_on_the_terminal_is_for_the_command() {
    let mut step = started(User::Ordinary, &["-rf"]);
    for key in [Signal::SIGINT, Signal::SIGQUIT] {
        wait_until_supervising(&step);
        for _ in 0..3 {
            step.signal(key);
        }
    }
    step.type_in("still here\n");
    assert_eq!(step.line(), "still here");
    assert_eq!(step.wait().code(), Some(0));
}

#[test]
fn a_command_that_a_key_has_killed_takes_the_step_with_it_by_the_same_signal() {
    for key in [Signal::SIGINT, Signal::SIGQUIT] {
        let step = started(User::Ordinary, &["-rf"]);
        wait_until_supervising(&step);
        kill(forked(&step), key).unwrap();
        assert_eq!(step.wait().signal(), Some(key as i32));
    }
    let step = started(User::Ordinary, &["-rf"]);
    kill(forked(&step), Signal::SIGTERM).unwrap();
    assert_eq!(step.wait().code(), Some(128 + 15));
}

#[test]
fn a_key_that_the_kernel_drops_for_pid_1_is_explained_and_the_second_kills() {
    for &user in User::all() {
        let mut step = step(user).args(["-Urpf", "--mount-proc", "sleep", "1000"]).start();
        let is_sleep = |pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap() == "sleep\n";
        wait_until("the command runs", || step.processes().into_iter().any(is_sleep));
        wait_until_supervising(&step);
        step.signal(Signal::SIGINT);
        while !step.note().contains("so the kernel drops the signal; press the key again") {}
        step.signal(Signal::SIGINT);
        assert_eq!(step.wait().code(), Some(128 + 9));
    }
}

#[test]
fn a_key_that_pid_1_handles_is_not_explained_and_never_kills() {
    let script = "trap 'echo caught' INT; echo ready; while read line; do echo $line; done";
    let options = ["-Urpf", "--mount-proc", "sh", "-c", script];
    let mut step = step(User::Ordinary).args(options).start();
    assert_eq!(step.line(), "ready");
    wait_until_supervising(&step);
    for _ in 0..3 {
        step.signal(Signal::SIGINT);
    }
    step.type_in("here\n");
    assert_eq!(step.line(), "here");
    let output = step.wait();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(!output.stderr.contains("press the key again"), "{output:?}");
}

#[test]
fn the_status_is_passed_on_even_if_sigchld_was_ignored_and_the_command_inherits_that() {
    let ignoring = |argv: &[&str]| {
        let step = step(User::Ordinary).args(["-rf"]).args(argv).with_obstacle(|| {
            // SAFETY: SIG_IGN installs no handler that could run.
            unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
            Ok(())
        });
        step.run()
    };
    assert_eq!(ignoring(&["sh", "-c", "exit 7"]).code(), Some(7));
    let output = ignoring(&["cat", "/proc/self/status"]);
    let ignored = output.stdout.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
    let ignored = u64::from_str_radix(ignored, 16).unwrap();
    assert_ne!(ignored & (1 << (Signal::SIGCHLD as i32 - 1)), 0, "{output:?}");
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    if !installed("strace") {
        skip!("strace, which kills the step at a chosen system call, is not installed");
    }
    for (follow, call) in [
        ("-qq", "unshare"),
        ("-qq", "write"),
        ("-qq", "mount"),
        ("-qq", "clone"),
        ("-qq", "wait4"),
        ("-fqq", "prctl"),
        ("-fqq", "?poll,ppoll"), // some processors have only the second
        ("-fqq", "mount"),
        ("-fqq", "execve"),
    ] {
        // The first execve is that of the step itself.
        let when = if call == "execve" { 2 } else { 1 };
        let output = Host::unchanged(|| {
            Step::new("/usr/bin/strace", User::Ordinary)
                .args([follow, "-e", &format!("trace={call}")])
                .args(["-e", &format!("inject={call}:signal=SIGKILL:when={when}")])
                .args([env!("CARGO_BIN_EXE_step05-unshare"), "-Urpf", "--mount-proc", "true"])
                .run()
        });
        assert!(output.stderr.contains("SIGKILL") || call == "execve", "{call}: {output:?}");
    }
}

#[test]
fn what_follows_the_command_is_the_commands() {
    let output = step(User::Ordinary).args(["-r", "echo", "-u", "--help", "--"]).run();
    assert_eq!(output.stdout, "-u --help --\n");
    let output = step(User::Ordinary).args(["-r", "--", "echo", "-n", "x"]).run();
    assert_eq!(output.stdout, "x");
}

#[test]
fn without_a_command_it_is_the_shell() {
    let shell = |value| {
        step(User::Ordinary)
            .args(["-r"])
            .with(move |it| {
                it.env("SHELL", value);
            })
            .run()
    };
    assert_eq!(shell("/bin/true").code(), Some(0));
    assert_eq!(shell("/bin/false").code(), Some(1));
    let output = step(User::Ordinary)
        .args(["-r"])
        .with(|it| {
            it.env_remove("SHELL");
        })
        .run();
    assert_eq!(output.code(), Some(0), "/bin/sh ends with its stdin: {output:?}");
}

#[test]
fn unshare_of_util_linux_agrees() {
    if !installed("unshare") {
        skip!("unshare, the second witness, is not installed");
    }
    for &user in User::all() {
        let script =
            "cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups; id -u; echo $$";
        let ours = step(user).args(["-Urpf", "sh", "-c", script]).run().stdout;
        let theirs =
            Step::new("/usr/bin/unshare", user).args(["-Urpf", "sh", "-c", script]).run().stdout;
        assert_eq!(ours, theirs);
        assert!(ours.ends_with("deny\n0\n1\n"), "{ours}");
    }
}

#[test]
fn lsns_sees_the_new_namespace_and_its_command() {
    if !geteuid().is_root() || !installed("lsns") {
        skip!("it takes root and lsns to look from outside");
    }
    let step = started(User::Root, &["-n"]);
    let pid = step.pid().to_string();
    let lsns = Command::new("lsns")
        .args(["-n", "-t", "net", "-o", "NS,PID,COMMAND", "-p", &pid])
        .output()
        .unwrap();
    let lsns = String::from_utf8(lsns.stdout).unwrap();
    let row: Vec<_> = lsns.split_whitespace().collect();
    let inode = namespace(step.pid(), "net").replace("net:[", "").replace(']', "");
    assert_eq!(row, [&inode, &pid, "cat"]);
    assert_eq!(step.wait().code(), Some(0));
}

#[test]
fn a_proc_of_its_own_takes_a_pid_namespace_of_its_own() {
    let output = step(User::Ordinary).args(["-r", "--mount-proc", "true"]).run();
    assert_eq!(output.code(), Some(1));
    let error = "step05-unshare: mount(proc, /proc): EPERM: Operation not permitted";
    assert!(output.stderr.lines().any(|line| line == error), "{output:?}");
    assert!(output.stderr.lines().last().unwrap().contains("-p -f"), "{output:?}");
}

#[test]
fn at_the_limit_the_error_is_enospc() {
    let output = step(User::all()[0])
        .args(["-ru", "true"])
        .with(|it| {
            let at_limit = || {
                unshare(CloneFlags::CLONE_NEWUSER)?;
                fs::write("/proc/sys/user/max_user_namespaces", "0")
            };
            // SAFETY: only system calls and allocation in a child that has one thread.
            unsafe { it.pre_exec(at_limit) };
        })
        .run();
    assert_eq!(output.code(), Some(1));
    let lines: Vec<_> = output.stderr.lines().collect();
    let error =
        "step05-unshare: unshare(CLONE_NEWUTS | CLONE_NEWUSER): ENOSPC: No space left on device";
    assert_eq!(lines[0], error);
    assert!(lines[1].starts_with("hint: user.max_user_namespaces=0 blocks this; "), "{lines:?}");
}

/// Runs the step in a chroot: a directory that is not a mount point, with the root of the
/// machine in it.
fn in_chroot(user: User, args: &[&str]) -> Output {
    let dir = std::env::temp_dir().join(format!("step05-chroot-{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    let mount_point = dir.clone();
    let enter = move || {
        // Nobody else sees this tmpfs, in which the chroot is a directory.
        own_mounts()?;
        cover(dir.to_str().unwrap())?;
        let root = dir.join("root");
        fs::create_dir_all(root.join("host"))?;
        let none = None::<&str>;
        mount(Some("/"), &root.join("host"), none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
        for name in ["bin", "lib", "lib64", "proc", "usr", "etc"] {
            symlink(format!("host/{name}"), root.join(name))?;
        }
        Ok(chroot(&root)?)
    };
    let exe = format!("/host{}", env!("CARGO_BIN_EXE_step05-unshare"));
    let output = Step::new("/usr/bin/env", user).args([&exe]).args(args).with_obstacle(enter).run();
    fs::remove_dir(&mount_point).unwrap();
    output
}

#[test]
fn in_a_chroot_the_hint_says_that_this_is_why() {
    if !geteuid().is_root() {
        skip!("only root can enter a chroot without a user namespace");
    }
    let output = in_chroot(User::Root, &["-Ur", "true"]);
    let error =
        "unshare(CLONE_NEWUSER): EPERM: Operation not permitted\nhint: a process in a chroot";
    assert!(output.stderr.contains(error), "{output:?}");
    assert_eq!(output.stderr.matches("hint: ").count(), 1, "{output:?}");
    let output = in_chroot(User::Root, &["-m", "true"]);
    let error =
        "mount(/, MS_REC | MS_PRIVATE): EINVAL: Invalid argument\nhint: / is not a mount point";
    assert!(output.stderr.contains(error), "{output:?}");
}

#[test]
fn what_a_filter_refuses_is_said_to_be_filtered_whatever_the_errno() {
    for errno in [Errno::EPERM, Errno::EACCES, Errno::ENOSYS] {
        let filter = (nix::libc::SYS_unshare, CloneFlags::empty(), errno);
        let step =
            step(User::all()[0]).args(["-u", "true"]).with_obstacle(move || refuse(&[filter]));
        let output = step.run();
        assert!(output.stderr.contains("\nhint: a seccomp filter may be blocking"), "{output:?}");
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (arg, error) in [("-x", "invalid option '-x'"), ("--nope", "invalid option '--nope'")] {
        let output = step(User::Ordinary).args([arg]).run();
        assert_error(&output, 2, &[&format!("step05-unshare: {error} (try --help)")]);
    }
}

#[test]
fn a_closed_or_full_stderr_does_not_stop_the_command() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = step(User::Ordinary)
        .args(["-r", "echo", "x"])
        .with(|it| {
            it.stderr(full);
        })
        .run();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(0), "x\n"));
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let output = step(User::Ordinary)
        .args(["-r", "echo", "x"])
        .with(|it| {
            it.stderr(writer);
        })
        .run();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(0), "x\n"));
}

#[test]
fn the_command_gets_the_signals_that_a_shell_would_give_it() {
    for options in ["-r", "-rf"] {
        let output = step(User::Ordinary).args([options, "cat", "/proc/self/status"]).run();
        let set = output.stdout.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        let ignored = u64::from_str_radix(set.trim(), 16).unwrap();
        // Rust ignores SIGPIPE in itself, and we ignore keys while we wait: a
        // command must not inherit either.
        for signal in [Signal::SIGPIPE, Signal::SIGINT, Signal::SIGQUIT] {
            assert_eq!(ignored & (1 << (signal as i32 - 1)), 0, "{signal}");
        }
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let output = step(User::Ordinary).args(["--help"]).run();
    assert_eq!(output.code(), Some(0));
    for part in ["Usage: step05-unshare", "cargo run -p step05-unshare -- -Urpf", "unshare(2)"] {
        assert!(output.stdout.contains(part), "{part}");
    }
}
