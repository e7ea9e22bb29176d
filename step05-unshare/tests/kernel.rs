//! Runs step05-unshare and asks the kernel in which namespaces the command is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{PTRACE_ATTACH, SYS_reboot, c_void, ptrace};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::{Pid, chroot, geteuid, pipe};
use testkit::obstacle::{cover, no_more_namespaces, own_mounts, own_shared_mounts};
use testkit::obstacle::{own_user_namespace, refuse};
use testkit::{Host, Output, Running, SignalAt, Step, User, inode, namespace, status, tempfile};
use testkit::{copy_program, require_programs, require_root, sample, temp_dir, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step05-unshare");

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
    Step::new(EXE, user)
}

/// Starts the step with `cat` as its command, and returns once cat answers.
fn started(user: User, options: &[&str]) -> Running {
    let mut step = step(user).args(options).args(["cat"]).start();
    step.type_in("ready\n");
    assert_eq!(step.line(), "ready");
    step
}

/// The command that runs in a child: neither the step nor its watchdog.
fn forked(step: &Running) -> Pid {
    let all = step.processes();
    assert_eq!(all.len(), 3, "{all:?}");
    all.into_iter().find(|pid| *pid != step.pid() && status(pid, "Name") != "watchdog").unwrap()
}

fn watchdog(step: &Running) -> Pid {
    let is_watchdog = |pid: &Pid| status(pid, "Name") == "watchdog";
    step.processes().into_iter().find(is_watchdog).unwrap()
}

/// The signals that `/proc/PID/status`, which the command has printed, lists as ignored.
fn ignored_signals(output: &Output) -> Vec<Signal> {
    let set = output.stdout.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    let set = u64::from_str_radix(set.trim(), 16).unwrap();
    Signal::iterator().filter(|it| set & (1 << (*it as i32 - 1)) != 0).collect()
}

#[test]
fn each_option_short_or_long_changes_its_link_and_no_other() {
    let options = KINDS.iter().flat_map(|&(short, long, kind)| [(short, kind), (long, kind)]);
    let of = |&user| options.clone().map(move |(option, kind)| (user, option, kind));
    for (user, option, kind) in sample(User::all().iter().flat_map(of)) {
        let mut options = vec![option];
        if user == User::Ordinary && kind != "user" {
            options.push("-r");
        }
        let step = started(user, &options);
        for (.., other) in KINDS.iter().filter(|(.., other)| !other.ends_with("_for_children")) {
            let changed = namespace(step.pid(), other) != namespace("self", other);
            // execve(2) takes a process into its time namespace, on newer kernels.
            let expected = *other == kind || (*other == "user" && options.contains(&"-r"));
            assert_eq!(changed, expected, "{user:?} {options:?} {other}");
        }
        let output = step.wait();
        output.assert_ok();
        let reported =
            |kind: &str| output.stderr.lines().any(|line| line.starts_with(&format!("{kind}: ")));
        assert!(reported(kind), "{output:?}");
        assert_eq!(reported("user"), options.contains(&"-r") || kind == "user", "{output:?}");
    }
}

#[test]
fn the_changes_on_stderr_are_what_the_kernel_shows() {
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
fn with_r_the_user_is_root_inside_and_unchanged_outside() {
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
        step.wait().assert_ok();
        let output = self::step(user).args(["-r", "id", "-u"]).run();
        assert_eq!(output.stdout, "0\n");
    }
}

#[test]
fn a_hostname_set_inside_stays_inside() {
    require_programs!("hostname");
    for &user in User::all() {
        let script = "hostname helo; uname -n";
        let output = Host::unchanged(|| step(user).args(["-ru", "sh", "-c", script]).run());
        assert_eq!(output.assert_ok().stdout, "helo\n");
    }
}

#[test]
fn an_unprivileged_user_without_r_is_refused_and_the_hint_says_add_r() {
    for (option, flag) in [("-u", "CLONE_NEWUTS"), ("-m", "CLONE_NEWNS"), ("-T", "CLONE_NEWTIME")] {
        let output = step(User::Ordinary).args([option, "true"]).run();
        let hint = "add -r: it makes you root in a new user namespace, which can own the others";
        let error = format!("unshare({flag}): EPERM: Operation not permitted");
        output.assert_error(&error, hint);
        assert_eq!(output.stderr, format!("step05-unshare: {error}\nhint: {hint}\n"));
    }
}

#[test]
fn with_p_and_f_the_command_is_pid_1() {
    for &user in User::all() {
        let step = started(user, &["-rpf"]);
        let child = forked(&step);
        assert_eq!(status(child, "NSpid"), format!("{child} 1"));
        assert_ne!(namespace(child, "pid"), namespace("self", "pid"));
        assert_eq!(namespace(step.pid(), "pid"), namespace("self", "pid"));
        step.wait().assert_ok();
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
        output.assert_ok();
        let before = format!("{}\n", namespace("self", "time"));
        assert_eq!(output.stdout != before, moves, "{release} {before} {output:?}");
        assert!(output.stderr.contains("note: before Linux 6.2, without -f "), "{output:?}");
    }
}

#[test]
fn pid_1_is_not_blamed_for_missing_memory_before_there_is_one() {
    require_programs!("strace");
    for &user in User::all() {
        // The first fork is that of the watchdog.
        let output = Step::new("/usr/bin/strace", user)
            .args(["-qq", "-o", "/dev/null", "-e"])
            .args(["inject=?fork,?clone,?clone3:error=ENOMEM:when=2"])
            .args([EXE, "-rpf", "true"])
            .run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains("fork(): ENOMEM: Out of memory\n"), "{output:?}");
        // Newer kernels (seen on 7.3) do not tell whether there has been a PID 1.
        let blamed = output.stderr.contains("PID 1 of that PID namespace");
        assert!(!blamed || !output.stderr.contains("(none yet)"), "{output:?}");
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
    require_root!("to make the mounts around the step shared");
    let count = "grep -c ' /mnt .*step05' /proc/self/mountinfo";
    let inside = format!("mount -t tmpfs step05 /mnt; {count}");
    let script = format!("{EXE} -m sh -c \"{inside}\"; {count}");
    let shell = || Step::new("/bin/sh", User::Root).args(["-c", &script]);
    let output = Host::unchanged(|| shell().with_obstacle(own_shared_mounts).run());
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
                    // The command does not read stdin, so only a signal of the kernel ends it.
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
    require_root!("to become another user");
    require_programs!("setpriv");
    // The kernel then clears PR_SET_PDEATHSIG, but the watchdog still kills the command.
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
fn a_command_dies_with_the_step_even_if_the_watchdog_was_killed() {
    let step = started(User::Ordinary, &["-rpf"]);
    kill(watchdog(&step), Signal::SIGKILL).unwrap();
    step.signal(Signal::SIGKILL);
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn a_watchdog_that_is_stopped_or_traced_does_not_keep_the_step_waiting() {
    let stop = |pid| kill(pid, Signal::SIGSTOP);
    let trace = |pid: Pid| {
        let none = std::ptr::null_mut::<c_void>();
        // SAFETY: the request reads and writes no memory of ours.
        let attached = unsafe { ptrace(PTRACE_ATTACH, pid.as_raw(), none, none) };
        Errno::result(attached).map(drop)
    };
    for hold in [stop, trace] {
        let step = started(User::Ordinary, &["-f"]);
        hold(watchdog(&step)).unwrap();
        step.wait().assert_ok();
    }
}

/// Waits until the step waits for signals, as it does after starting its command.
fn wait_until_supervising(step: &Running) {
    // The second number is that of 32-bit processors; libc has no name for it.
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
    step.wait().assert_ok();
}

#[test]
fn a_key_that_kills_the_command_kills_the_step_by_the_same_signal() {
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
        let is_sleep = |pid| status(pid, "Name") == "sleep";
        wait_until("the command runs", || step.processes().into_iter().any(is_sleep));
        wait_until_supervising(&step);
        step.signal(Signal::SIGINT);
        while !step.note().contains("so the kernel drops the signal; press the key again") {}
        step.signal(Signal::SIGINT);
        assert_eq!(step.wait().code(), Some(128 + 9));
    }
}

/// Fills a pipe, so that whoever writes to it waits for its reader.
fn fill(mut pipe: &File) {
    fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while pipe.write(b".").is_ok() {}
    fcntl(pipe, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
}

#[test]
fn the_second_key_kills_pid_1_even_if_nobody_reads_the_explanation() {
    let (_reader, writer) = pipe().unwrap();
    let writer = File::from(writer);
    let stderr = writer.try_clone().unwrap();
    let args = ["-Urpf", "sh", "-c", "echo ready; exec sleep 1000"];
    let mut step = step(User::Ordinary).args(args).with(|it| _ = it.stderr(stderr)).start();
    assert_eq!(step.line(), "ready");
    wait_until_supervising(&step);
    fill(&writer);
    wait_until("the end of the step", || {
        step.signal(Signal::SIGINT);
        step.processes().is_empty()
    });
    assert_eq!(step.wait().code(), Some(128 + 9));
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
    output.assert_ok();
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
    assert!(ignored_signals(&output).contains(&Signal::SIGCHLD), "{output:?}");
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    require_programs!("strace");
    let sigkill = Signal::SIGKILL;
    let of_step = ["unshare", "write", "mount", "clone", "wait4"];
    // In the command's process and the watchdog. Some processors have only ppoll(2).
    let of_children = ["prctl", "?poll,ppoll", "setsid"];
    let of_step = of_step.map(|call| SignalAt::new(call, sigkill));
    let of_children = of_children.map(|call| SignalAt::in_any_process(call, sigkill));
    // The first clone(2) is that of the watchdog.
    let second_clone = SignalAt { when: 2, ..SignalAt::new("clone", sigkill) };
    for moment in sample(of_step.into_iter().chain(of_children).chain([second_clone])) {
        let args = ["-Urpf", "--mount-proc", "true"];
        let output = moment.run(EXE, &args, User::Ordinary);
        assert!(output.stderr.contains("SIGKILL"), "{}: {output:?}", moment.call);
    }
}

#[test]
fn a_child_killed_before_it_becomes_the_command_leaves_nothing_behind() {
    require_programs!("strace");
    // The step makes these calls too, but with other paths (`-P`).
    for (call, path) in [("mount", "/proc"), ("execve", "/bin/true")] {
        let strace = Step::new("/usr/bin/strace", User::Ordinary)
            .args(["-fqq", "-P", path, "-e", &format!("trace={call}")])
            .args(["-e", &format!("inject={call}:signal=SIGKILL:when=1")])
            .args([EXE, "-Urpf", "--mount-proc", "/bin/true"]);
        let output = Host::unchanged(|| strace.run());
        assert!(output.stderr.contains("SIGKILL"), "{call}: {output:?}");
        assert_eq!(output.code(), Some(128 + 9), "only the child was killed: {output:?}");
    }
}

#[test]
fn options_after_the_command_belong_to_the_command() {
    let output = step(User::Ordinary).args(["-r", "echo", "-u", "--help", "--"]).run();
    assert_eq!(output.stdout, "-u --help --\n");
    let output = step(User::Ordinary).args(["-r", "--", "echo", "-n", "x"]).run();
    assert_eq!(output.stdout, "x");
}

#[test]
fn without_a_command_it_runs_the_shell() {
    let shell = |path| step(User::Ordinary).args(["-r"]).env("SHELL", path).run();
    assert_eq!(shell("/bin/true").code(), Some(0));
    assert_eq!(shell("/bin/false").code(), Some(1));
    let without = step(User::Ordinary).args(["-r"]).with(|it| _ = it.env_remove("SHELL"));
    without.run().assert_ok(); // /bin/sh ends with its stdin
}

#[test]
fn unshare_of_util_linux_agrees() {
    require_programs!("unshare");
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
    require_root!("to look at the namespace from outside");
    require_programs!("lsns");
    let step = started(User::Root, &["-n"]);
    let pid = step.pid().to_string();
    let row = format!("{} {pid} cat", inode(step.pid(), "net"));
    // lsns prints nothing if any process of the machine ends while it looks at it.
    wait_until(&format!("lsns lists {row:?}"), || {
        let lsns = Command::new("lsns")
            .args(["-n", "-t", "net", "-o", "NS,PID,COMMAND", "-p", &pid])
            .output()
            .unwrap();
        let lsns = String::from_utf8(lsns.stdout).unwrap();
        lsns.split_whitespace().collect::<Vec<_>>().join(" ") == row
    });
    step.wait().assert_ok();
}

#[test]
fn mount_proc_needs_a_new_pid_namespace() {
    let output = step(User::Ordinary).args(["-r", "--mount-proc", "true"]).run();
    assert_eq!(output.code(), Some(1));
    let error = "step05-unshare: mount(proc, /proc): EPERM: Operation not permitted";
    assert!(output.stderr.lines().any(|line| line == error), "{output:?}");
    assert!(output.stderr.lines().last().unwrap().contains("-p -f"), "{output:?}");
}

#[test]
fn at_the_limit_the_error_is_enospc() {
    let at_limit = || no_more_namespaces(&["user"]);
    let output = step(User::all()[0]).args(["-ru", "true"]).with_obstacle(at_limit).run();
    let error = "unshare(CLONE_NEWUTS | CLONE_NEWUSER): ENOSPC: No space left on device";
    let hint = "hint: user.max_user_namespaces=0 blocks this; ";
    output.assert_error(error, hint);
    assert!(output.stderr.lines().nth(1).unwrap().starts_with(hint), "{output:?}");
    // The limit is that of the user namespace which the step is in, and its root may raise it.
    let who = match User::all()[0] {
        User::Root => "",
        User::Ordinary => " (as root outside of this user namespace, which has no root)",
    };
    let command = format!("security): sysctl user.max_user_namespaces=15000{who}\n");
    assert!(output.stderr.ends_with(&command), "{output:?}");
}

#[test]
fn a_filter_is_not_suspected_where_a_limit_is_reached() {
    let filtered_at_limit = || {
        no_more_namespaces(&["uts"])?;
        refuse(&[(SYS_reboot, CloneFlags::empty(), Errno::EPERM)])
    };
    let output = step(User::all()[0]).args(["-ru", "true"]).with_obstacle(filtered_at_limit).run();
    let error = "unshare(CLONE_NEWUTS | CLONE_NEWUSER): ENOSPC: No space left on device";
    output.assert_error(error, "user.max_uts_namespaces=0 ");
    assert!(!output.stderr.contains("seccomp"), "{output:?}");
}

/// Runs the step in a chroot: a directory that is not a mount point, with the root of the
/// machine in it.
fn in_chroot(user: User, args: &[&str]) -> Output {
    let dir = std::env::temp_dir().join(format!("step05-chroot-{}", std::process::id()));
    fs::create_dir(&dir).unwrap();
    let mount_point = dir.clone();
    let enter = move || {
        // No other process sees this tmpfs, in which the chroot is a directory.
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
    let exe = format!("/host{EXE}");
    let output = Step::new(&exe, user).args(args).with_obstacle(enter).run();
    fs::remove_dir(&mount_point).unwrap();
    output
}

#[test]
fn in_a_chroot_the_hint_says_that_it_is_the_reason() {
    require_root!("to enter a chroot without a user namespace");
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
fn the_hint_for_a_filtered_call_names_the_filter_whatever_the_errno() {
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
        step(User::Ordinary).args([arg]).run().assert_usage_error(error);
    }
}

#[test]
fn a_closed_or_full_stderr_does_not_stop_the_command() {
    let echo = || step(User::Ordinary).args(["-r", "echo", "x"]);
    for step in [echo().stderr_full(), echo().stderr_without_reader()] {
        assert_eq!(step.run().assert_ok().stdout, "x\n");
    }
}

#[test]
fn the_command_gets_the_signals_that_a_shell_would_give_it() {
    for options in ["-r", "-rf"] {
        let output = step(User::Ordinary).args([options, "cat", "/proc/self/status"]).run();
        let ignored = ignored_signals(&output);
        // The step itself ignores SIGPIPE, as every Rust program does. While it waits, no key
        // ends it. The command must inherit neither.
        for signal in [Signal::SIGPIPE, Signal::SIGINT, Signal::SIGQUIT] {
            assert!(!ignored.contains(&signal), "{signal}");
        }
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step05-unshare -- -Urpf";
    step(User::Ordinary).assert_help(&["Usage: step05-unshare", example, "unshare(2)"]);
}

#[test]
fn a_command_that_a_real_time_signal_killed_has_the_status_of_a_shell() {
    // nix has no names for these signals.
    let output = step(User::Ordinary).args(["-rf", "sh", "-c", "kill -34 $$"]).run();
    assert_eq!(output.code(), Some(128 + 34), "{output:?}");
}

#[test]
fn a_command_that_does_not_exist_is_127_even_if_nobody_reads_stderr() {
    let output = step(User::Ordinary).args(["-r", "no/such/command"]).stderr_without_reader().run();
    assert_eq!(output.code(), Some(127), "{output:?}");
}

// Why the kernel refuses: the state of the machine and of the caller decides.

/// Runs `unshare` as `strace` lets it fail, without a seccomp filter.
fn with_failing(call: &str, errno: Errno, user: User, args: &[&str]) -> Step {
    let inject = format!("inject={call}:error={errno:?}");
    Step::new("/usr/bin/strace", user)
        .args(["-qq", "-o", "/dev/null", "-e", &inject, EXE])
        .args(args)
}

#[test]
fn a_group_that_is_not_mapped_is_named() {
    let without_group = || {
        let uid = geteuid();
        set_dumpable(true)?;
        unshare(CloneFlags::CLONE_NEWUSER)?;
        fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))
    };
    for &user in User::all() {
        let output = step(user).args(["-r", "true"]).with_obstacle(without_group).run();
        let error = "unshare(CLONE_NEWUSER): EPERM: Operation not permitted";
        let hint = "the caller's group is not mapped into this user namespace";
        output.assert_error(error, hint);
        assert_eq!(output.stderr.matches("hint: ").count(), 1, "{output:?}");
    }
}

#[test]
fn a_limit_outside_of_the_user_namespace_is_not_looked_for_inside() {
    // As `bwrap --disable-userns` does it, and as deep as the kernel allows.
    let one_more = || {
        own_user_namespace(CloneFlags::empty())?;
        fs::write("/proc/sys/user/max_user_namespaces", "1")?;
        own_user_namespace(CloneFlags::empty())
    };
    let deepest = || {
        while own_user_namespace(CloneFlags::empty()).is_ok() {}
        Ok(())
    };
    for obstacle in [one_more as fn() -> io::Result<()>, deepest] {
        for &user in User::all() {
            let output = step(user).args(["-r", "true"]).with_obstacle(obstacle).run();
            let error = "unshare(CLONE_NEWUSER): ENOSPC: No space left on device";
            output.assert_error(error, "the limits of those around it count too");
        }
    }
}

#[test]
fn the_deepest_pid_namespace_is_named() {
    require_root!("to keep one /proc at all levels");
    require_programs!("unshare");
    let nested = ["unshare", "-pf"].repeat(31);
    let output = Step::new("/usr/bin/unshare", User::Root)
        .args(["-pf"])
        .args(nested)
        .args([EXE, "-p"])
        .run();
    let error = "unshare(CLONE_NEWPID): ENOSPC: No space left on device\nhint: ";
    let hint = "PID namespaces can be nested 32 levels deep, and this is the last";
    assert!(output.stderr.contains(&format!("{error}{hint}")), "{output:?}");
}

#[test]
fn a_program_that_may_be_run_but_not_read_is_the_reason_where_it_cannot_map() {
    require_root!("to own the program");
    let (_dir, program) = copy_program(EXE, 0o711);
    let output = Step::new(program.to_str().unwrap(), User::Ordinary).args(["-r", "true"]).run();
    let error = "write(/proc/self/setgroups): EACCES: Permission denied";
    output.assert_error(error, "the program may be run but not read");
}

#[test]
fn a_read_only_proc_is_named() {
    let read_only = || {
        own_mounts()?;
        read_only("/proc")
    };
    for &user in User::all() {
        let run =
            |options: &[&str]| step(user).args(options).args(["true"]).with_obstacle(read_only);
        let output = run(&["-r"]).run();
        let error = "write(/proc/self/setgroups): EROFS: Read-only file system";
        output.assert_error(error, "/proc is mounted read-only, so no IDs can be mapped");
        let output = run(&["-Upf", "--mount-proc"]).run();
        let error = "mount(proc, /proc): EPERM: Operation not permitted\nhint: the old /proc is \
                     mounted read-only";
        assert!(output.stderr.contains(error), "{output:?}");
    }
}

fn read_only(path: &str) -> io::Result<()> {
    let none = None::<&str>;
    mount(Some(path), path, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
    let flags = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
    Ok(mount(none, path, none, flags, none)?)
}

#[test]
fn what_is_covered_in_proc_is_named() {
    let covered = || {
        own_mounts()?;
        cover("/proc/sys")
    };
    for &user in User::all() {
        let args = ["-Urpf", "--mount-proc", "true"];
        let output = step(user).args(args).with_obstacle(covered).run();
        let hint = "hint: /proc/sys is covered in the old /proc, and would not be in a new one";
        assert!(output.stderr.contains(hint), "{output:?}");
        assert!(!output.stderr.contains("-p -f"), "these options were given: {output:?}");
    }
}

#[test]
fn in_a_chroot_at_a_mount_point_root_is_told_so() {
    require_root!("to enter a chroot without a user namespace");
    require_programs!("unshare");
    let dir = temp_dir(User::Root);
    // PID 1 of this PID namespace stays outside of the chroot, as on a host.
    let script = "mount --rbind / \"$1\" && chroot \"$1\" \"$0\" -Ur true; exit $?";
    let argv = ["-mpf", "--mount-proc", "sh", "-c", script, EXE, dir.path().to_str().unwrap()];
    let output = Step::new("/usr/bin/unshare", User::Root).args(argv).run();
    let error =
        "unshare(CLONE_NEWUSER): EPERM: Operation not permitted\nhint: a process in a chroot";
    assert!(output.stderr.contains(error), "{output:?}");
}

/// Has a `/proc/sys/kernel` of Ubuntu's, which cannot be changed in a container.
fn apparmor() -> io::Result<()> {
    own_mounts()?;
    cover("/proc/sys/kernel")?;
    fs::write("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")?;
    read_only("/proc/sys/kernel")
}

#[test]
fn apparmor_is_named_to_those_whom_it_stops() {
    require_programs!("strace");
    let setting = "hint: kernel.apparmor_restrict_unprivileged_userns=1 blocks this";
    let refused = |user, call, errno, args: &[&str]| {
        with_failing(call, errno, user, args).with_obstacle(apparmor).run()
    };
    for (call, args) in [("unshare", ["-r", "true"]), ("mount", ["-Um", "true"])] {
        for errno in [Errno::EACCES, Errno::EPERM] {
            let output = refused(User::Ordinary, call, errno, &args);
            assert!(output.stderr.contains(setting), "{call} {errno}: {output:?}");
            assert!(output.stderr.contains("_userns=0 (on the host)\n"), "{output:?}");
        }
    }
    if User::all()[0] == User::Root {
        let output = refused(User::Root, "unshare", Errno::EPERM, &["-r", "true"]);
        assert!(!output.stderr.contains("apparmor"), "{output:?}");
        assert!(output.stderr.contains("hint: unknown: "), "{output:?}");
    }
}

#[test]
fn a_call_that_the_kernel_lacks_is_not_called_forbidden() {
    require_programs!("strace");
    let output = with_failing("unshare", Errno::ENOSYS, User::Ordinary, &["-u", "true"]).run();
    let error = "ENOSYS: Function not implemented\nhint: this kernel has no such call";
    assert!(output.stderr.contains(error), "{output:?}");
}

#[test]
fn the_label_that_a_security_module_gave_is_shown_where_the_reason_is_unknown() {
    require_root!("to enter a chroot that nothing shows");
    let (dir, label) = (temp_dir(User::Root), tempfile::NamedTempFile::new().unwrap());
    fs::write(&label, "docker-default (enforce)\n").unwrap();
    let (root, label) = (dir.path().to_owned(), label.into_temp_path());
    let source = label.to_path_buf();
    let confined = move || {
        own_mounts()?;
        let (none, bind) = (None::<&str>, MsFlags::MS_BIND);
        mount(Some(&source), "/proc/self/attr/current", none, bind, none)?;
        mount(Some("/"), &root, none, bind | MsFlags::MS_REC, none)?;
        Ok(chroot(&root)?)
    };
    let output = step(User::Root).args(["-r", "true"]).with_obstacle(confined).run();
    assert!(output.stderr.contains("hint: unknown: "), "{output:?}");
    assert!(output.stderr.contains("as \"docker-default (enforce)\", which may"), "{output:?}");
}

#[test]
fn root_without_cap_sys_admin_is_told_of_r_as_well() {
    require_root!("to drop a capability");
    require_programs!("setpriv");
    let setpriv = |options: &[&str]| {
        let argv = ["--bounding-set", "-sys_admin", EXE];
        Step::new("/usr/bin/setpriv", User::Root).args(argv).args(options).args(["true"]).run()
    };
    let output = setpriv(&["-u"]);
    assert!(output.stderr.contains("\nhint: add -r: "), "{output:?}");
    setpriv(&["-ru"]).assert_ok();
}

#[test]
fn a_program_that_is_there_and_cannot_run_is_explained() {
    let dir = temp_dir(User::Ordinary);
    let program = |name: &str, content: &[u8]| {
        let file = dir.path().join(name);
        fs::write(&file, content).unwrap();
        copy_program(&file, 0o755)
    };
    let run = |file: &Path| step(User::Ordinary).args(["-r"]).args([file]);
    let (script_dir, script) = program("script", b"#!/no/such/interpreter\r\n");
    let (cat_dir, cat) = program("cat", b"#!/bin/cat\n");
    let path = cat_dir.path().to_owned();
    let no_exec = move || {
        own_mounts()?;
        let (none, bind) = (None::<&str>, MsFlags::MS_BIND);
        mount(Some(&path), &path, none, bind, none)?;
        let flags = bind | MsFlags::MS_REMOUNT | MsFlags::MS_NOEXEC;
        Ok(mount(none, &path, none, flags, none)?)
    };
    for (output, code, errno, hint) in [
        (run(&script).run(), 127, "ENOENT", "is there, but the interpreter that it names is not"),
        (
            run("script".as_ref()).env("PATH", script_dir.path()).run(),
            127,
            "ENOENT",
            "is there, but the",
        ),
        (run(&cat).with_obstacle(no_exec).run(), 126, "EACCES", "mounted with noexec"),
    ] {
        assert_eq!(output.code(), Some(code), "{output:?}");
        let [.., error, line] = output.stderr.lines().collect::<Vec<_>>()[..] else { panic!() };
        assert!(error.contains(&format!("): {errno}: ")), "{output:?}");
        assert!(line.starts_with("hint: ") && line.contains(hint), "{output:?}");
    }
}

#[test]
fn a_pid_namespace_of_another_user_namespace_is_suspected_and_not_the_flags() {
    require_root!("to join a PID namespace without its user namespace");
    require_programs!("nsenter", "unshare");
    let mut target = Step::new("/usr/bin/unshare", User::Root).args(["-Urpf", "cat"]).start();
    target.type_in("ready\n");
    assert_eq!(target.line(), "ready");
    let is_cat = |pid: &Pid| status(pid, "Name") == "cat";
    let pid = target.processes().into_iter().find(is_cat).unwrap().to_string();
    let argv = ["-p", "-t", &pid, EXE, "-p", "true"];
    let output = Step::new("/usr/bin/nsenter", User::Root).args(argv).run();
    let error =
        "unshare(CLONE_NEWPID): EINVAL: Invalid argument\nhint: unknown: the caller may be in";
    assert!(output.stderr.contains(error), "{output:?}");
    target.wait().assert_ok();
}

#[test]
fn r_is_not_advised_where_it_would_fail() {
    let unmapped = || Ok(unshare(CloneFlags::CLONE_NEWUSER)?);
    for &user in User::all() {
        let output = step(user).args(["-u", "true"]).with_obstacle(unmapped).run();
        let error = "unshare(CLONE_NEWUTS): EPERM: Operation not permitted";
        output.assert_error(error, "no user is mapped into this user namespace");
        assert!(!output.stderr.contains("add -r"), "{output:?}");
    }
}
