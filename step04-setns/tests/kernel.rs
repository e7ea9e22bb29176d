//! Runs step04-setns and asks the kernel whether the command is in the joined namespaces.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::{CStr, OsStr};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use nix::errno::Errno;
use nix::libc::{SYS_pidfd_open, SYS_setns};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid, gettid, seteuid, setgid, setgroups, sethostname, setuid};
use testkit::obstacle::refuse;
use testkit::{Host, Running, Step, User, WaitingProcess};
use testkit::{copy_program, descendants, namespace, status, temp_dir};
use testkit::{require_programs, require_root, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step04-setns");

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// A process of `user` in new namespaces, with the hostname helo if a UTS namespace is
/// among them. Dropping it kills it.
struct Target {
    shell: Child,
    pid: Pid,
}

impl Target {
    fn new(user: User, flags: CloneFlags) -> Target {
        let mut command = Command::new("sh");
        // The inner cat is the first child: PID 1 if there is a new PID namespace.
        command
            .args(["-c", "cat; true"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let prepare = move || {
            setgid(user.uid().as_raw().into())?;
            setuid(user.uid())?;
            if user == User::Ordinary {
                unshare(CloneFlags::CLONE_NEWUSER)?;
            }
            unshare(flags - CloneFlags::CLONE_NEWUSER)?;
            if flags.contains(CloneFlags::CLONE_NEWUTS) {
                sethostname("helo")?;
            }
            Ok(())
        };
        // SAFETY: only system calls in a child that has one thread.
        unsafe { command.pre_exec(prepare) };
        let shell = command.spawn().unwrap();
        let mut cat = None;
        wait_until("the target's cat runs", || {
            cat = descendants(Pid::from_raw(shell.id() as i32)).first().copied();
            let comm = cat.map(|pid| fs::read_to_string(format!("/proc/{pid}/comm")));
            comm.is_some_and(|comm| comm.is_ok_and(|comm| comm == "cat\n"))
        });
        Target { shell, pid: cat.unwrap() }
    }

    fn file(&self, kind: &str) -> String {
        format!("/proc/{}/ns/{kind}", self.pid)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// Starts the step (or `unshare`) with `cat` as its command, and returns once cat answers.
fn started(step: Step) -> Running {
    let mut step = step.args(["--", "cat"]).start();
    step.type_in("ready\n");
    assert_eq!(step.line(), "ready");
    step
}

/// All kinds but time, which `unshare(2)` gives to children only.
fn all() -> CloneFlags {
    CloneFlags::CLONE_NEWCGROUP
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWUTS
}

#[test]
fn a_namespace_is_joined_through_its_file() {
    for &user in User::all() {
        let target = Target::new(user, CloneFlags::CLONE_NEWUTS);
        let mut files = vec![target.file("uts")];
        if user == User::Ordinary {
            files.insert(0, target.file("user"));
        }
        let output = Host::unchanged(|| step(user).args(&files).args(["--", "uname", "-n"]).run());
        assert_eq!(output.assert_ok().stdout, "helo\n", "{output:?}");
    }
}

#[test]
fn only_the_joined_namespaces_change_and_stderr_lists_them() {
    for &user in User::all() {
        let target = Target::new(user, all());
        let step = started(step(user).args(["--target", &target.pid.to_string()]));
        let mut changes = Vec::new();
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
            let (ours, theirs) = (namespace("self", kind), namespace(target.pid, kind));
            assert_eq!(namespace(step.pid(), kind), theirs, "{user:?} {kind}");
            if ours != theirs {
                changes.push(format!("{kind}: {ours} -> {theirs}"));
            }
        }
        assert_eq!(changes.len(), if user == User::Root { 5 } else { 6 });
        let output = step.wait();
        assert_eq!(output.stderr.lines().collect::<Vec<_>>(), changes);
    }
}

#[test]
fn a_bind_mount_of_a_namespace_file_works_as_well() {
    require_root!("to mount in a new mount namespace");
    require_programs!("unshare");
    let target = Target::new(User::Root, CloneFlags::CLONE_NEWUTS);
    let script = format!(
        "cd $(mktemp -d) && touch kept && mount --bind {} kept && kill -9 {} && {} kept -- uname -n; \
         umount kept; rm kept; rmdir $PWD",
        target.file("uts"),
        target.pid,
        EXE,
    );
    let output = Host::unchanged(|| {
        Step::new("/usr/bin/unshare", User::Root).args(["-m", "sh", "-c", &script]).run()
    });
    assert_eq!(output.stdout, "helo\n", "{output:?}");
}

#[test]
fn in_a_pid_namespace_the_command_is_a_child_that_is_really_inside() {
    require_root!("to create the target's PID namespace");
    let target = Target::new(User::Root, CloneFlags::CLONE_NEWPID);
    for args in [vec!["--target".to_owned(), target.pid.to_string()], vec![target.file("pid")]] {
        let step = started(step(User::Root).args(args));
        let processes = step.processes();
        let is_cat =
            |pid: &&Pid| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap() == "cat\n";
        let inside = processes.iter().find(is_cat).unwrap();
        assert_eq!(namespace(inside, "pid"), namespace(target.pid, "pid"));
        assert_eq!(namespace(step.pid(), "pid"), namespace("self", "pid"));
        step.wait().assert_ok();
    }
}

#[test]
fn a_command_in_another_pid_namespace_dies_with_the_step() {
    require_root!("to create the target's PID namespace");
    let target = Target::new(User::Root, CloneFlags::CLONE_NEWPID);
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        // The command does not read stdin, so only a signal of the kernel ends it.
        let script = "echo ready; exec sleep 1000";
        let file = target.file("pid");
        let mut step = step(User::Root).args([&file, "--", "sh", "-c", script]).start();
        assert_eq!(step.line(), "ready");
        step.signal(signal);
        assert_eq!(step.wait().signal(), Some(signal as i32));
    }
}

#[test]
fn once_pid_1_has_ended_no_process_can_be_created_there() {
    require_root!("to create the target's PID namespace");
    let target = Target::new(User::Root, CloneFlags::CLONE_NEWPID);
    let file = fs::File::open(target.file("pid")).unwrap();
    kill(target.pid, Signal::SIGKILL).unwrap();
    wait_until("PID 1 of the namespace is gone", || fs::read_link(target.file("uts")).is_err());
    let path =
        format!("/proc/{}/fd/{}", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(&file));
    let output = step(User::Root).args([&path]).args(["--", "true"]).run();
    assert_ne!(output.code(), Some(0), "{output:?}");
    assert!(output.stderr.contains("fork(): ENOMEM: Out of memory"), "{output:?}");
    assert!(output.stderr.contains("hint: PID 1 of that PID namespace has ended"), "{output:?}");
}

#[test]
fn the_user_namespace_comes_first_for_an_unprivileged_user() {
    let target = Target::new(User::Ordinary, CloneFlags::CLONE_NEWUTS);
    let files = [target.file("uts"), target.file("user")];
    let output = step(User::Ordinary).args(&files).args(["--", "true"]).run();
    let error = format!("setns({}): EPERM: Operation not permitted", files[0]);
    assert_eq!(output.assert_error(&error, "join its user namespace first").stdout, "");
}

#[test]
fn in_a_user_namespace_that_maps_root_the_command_is_root() {
    require_root!("to enter the user namespace of another user");
    require_programs!("unshare");
    let target = started(Step::new("/usr/bin/unshare", User::Ordinary).args(["-r"]));
    let pid = target.pid().to_string();
    let output = step(User::Root).args(["-t", &pid, "--", "id", "-u"]).run();
    assert_eq!(output.stdout, "0\n", "{output:?}");
    target.wait().assert_ok();
}

#[test]
fn root_gives_up_its_groups_and_is_only_what_is_mapped_in_the_user_namespace() {
    require_root!("to have groups to give up");
    require_programs!("unshare");
    let dir = temp_dir(User::Ordinary);
    let file = dir.path().join("readable-by-group-4");
    fs::write(&file, "secret").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::chown(&file, Some(0), Some(4)).unwrap();
    let target = started(Step::new("/usr/bin/unshare", User::Ordinary).args(["-r"]));
    let pid = target.pid().to_string();
    let in_group_4 = |argv: &[&str]| {
        let step = step(User::Root).args(argv).with_obstacle(|| Ok(setgroups(&[4.into()])?));
        step.run()
    };
    let read = ["-t", &pid, "--", "cat", file.to_str().unwrap()];
    let output = in_group_4(&read);
    assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
    // The same by the namespace's file. Where no user namespace is joined, the groups stay.
    let ns = format!("/proc/{pid}/ns/user");
    assert_eq!(in_group_4(&[&ns, "--", "id", "-G"]).stdout, "0\n");
    let own = std::process::id().to_string();
    assert_eq!(in_group_4(&["-t", &own, "--", "id", "-G"]).stdout, "0 4\n");
    target.wait().assert_ok();
}

#[test]
fn root_does_not_enter_a_user_namespace_in_which_nobody_is_root() {
    require_root!("to enter the user namespace of another user");
    let target = Target::new(User::Ordinary, CloneFlags::CLONE_NEWUTS);
    let output = step(User::Root).args(["-t", &target.pid.to_string(), "--", "id"]).run();
    assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
    let error = "step04-setns: setgid(0): EINVAL: Invalid argument\nhint: root is not mapped";
    assert!(output.stderr.contains(error), "{output:?}");
}

/// Becomes user 1001 with group 4, and keeps the capabilities to join any namespace
/// (`capabilities(7)`): no root, but more than an ordinary user.
const PRIVILEGED_USER: [&str; 6] = [
    "--reuid=1001",
    "--regid=1001",
    "--groups=4",
    "--inh-caps=+sys_admin,+sys_ptrace",
    "--ambient-caps=+sys_admin,+sys_ptrace",
    "--",
];

#[test]
fn a_privileged_caller_who_is_not_root_gives_up_what_it_is_outside_or_is_refused() {
    require_root!("to give capabilities to another user");
    require_programs!("setpriv", "unshare");
    let (_dir, copy) = copy_program(EXE, 0o755);
    // User namespaces that deny setgroups(2): with a root, and without one.
    let with_root = started(Step::new("/usr/bin/unshare", User::Ordinary).args(["-r"]));
    let without = Target::new(User::Ordinary, CloneFlags::CLONE_NEWUTS);
    for target in [with_root.pid(), without.pid] {
        let args = ["-t", &target.to_string(), "--", "id"];
        // Its effective user has created the namespace; the real one could kill any process.
        let real_root = step(User::Ordinary)
            .args(args)
            .with(|it| _ = it.uid(0).gid(0))
            .with_obstacle(|| Ok(seteuid(User::Ordinary.uid())?));
        let setpriv = Step::new("/usr/bin/setpriv", User::Root);
        let capable = setpriv.args(PRIVILEGED_USER).args([&copy]).args(args);
        for step in [real_root, capable] {
            let output = step.run();
            assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
            let error = ": setgroups(0): EPERM: Operation not permitted\n";
            assert!(output.stderr.contains(error), "{output:?}");
        }
    }
    with_root.wait().assert_ok();
}

/// The name of a key in the session keyring of a test.
const KEY: &CStr = c"step04-setns-test";

/// Searches the session keyring for the key (`keyctl(2)`).
fn find_key() -> nix::Result<()> {
    let (keyring, user) = (libc::KEY_SPEC_SESSION_KEYRING, c"user".as_ptr());
    let search = libc::KEYCTL_SEARCH;
    // SAFETY: both strings end with a NUL.
    let key = unsafe { libc::syscall(libc::SYS_keyctl, search, keyring, user, KEY.as_ptr(), 0) };
    Errno::result(key).map(drop)
}

/// Puts the key into a new session keyring.
fn add_key() -> std::io::Result<()> {
    let (keyring, user) = (libc::KEY_SPEC_SESSION_KEYRING, c"user".as_ptr());
    let new = libc::KEYCTL_JOIN_SESSION_KEYRING;
    // SAFETY: the kernel reads no memory of ours through NULL.
    Errno::result(unsafe { libc::syscall(libc::SYS_keyctl, new, 0_usize) })?;
    let secret = c"secret".as_ptr();
    // SAFETY: the strings end with a NUL, and the secret has six bytes.
    let key =
        unsafe { libc::syscall(libc::SYS_add_key, user, KEY.as_ptr(), secret, 6_usize, keyring) };
    Ok(Errno::result(key).map(drop)?)
}

#[test]
fn the_keys_of_the_caller_stay_outside_of_a_user_namespace() {
    const LOOK: &str = "STEP04_SETNS_TEST_LOOK";
    if std::env::var_os(LOOK).is_some() {
        // This is the command that the step runs.
        return println!("found: {}", find_key().is_ok());
    }
    require_root!("to enter the user namespace of another user");
    require_programs!("unshare");
    let (_dir, program) = copy_program(std::env::current_exe().unwrap(), 0o755);
    let target = started(Step::new("/usr/bin/unshare", User::Ordinary).args(["-r"]));
    let finds_key = |pid: &str| {
        let look = [program.to_str().unwrap(), "--nocapture", "the_keys_of_the_caller"];
        let step = step(User::Root).args(["-t", pid, "--"]).args(look).env(LOOK, "1");
        step.with_obstacle(add_key).run().assert_ok().stdout.contains("found: true")
    };
    let own = std::process::id().to_string();
    assert!(finds_key(&own), "without a user namespace it keeps them");
    assert!(!finds_key(&target.pid().to_string()));
    target.wait().assert_ok();
}

#[test]
fn the_error_for_a_thread_names_its_process() {
    let own = std::process::id().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        sender.send(gettid().to_string()).unwrap();
        std::thread::park();
    });
    let tid = receiver.recv().unwrap();
    let output = step(User::all()[0]).args(["--target", &tid, "--", "true"]).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.starts_with(&format!("step04-setns: pidfd_open({tid}): E")));
    let hint = format!("hint: {tid} is a thread of process {own}: use --target {own}\n");
    assert!(output.stderr.ends_with(&hint), "{output:?}");
    thread.thread().unpark();
    thread.join().unwrap();
}

#[test]
fn a_file_that_cannot_be_joined_is_refused_with_a_reason() {
    let (own, control) = (b"/proc/self/ns/user", b"/\x1b[31m\xff");
    for (file, error, hint) in [
        (
            &own[..],
            "setns(/proc/self/ns/user): EINVAL: Invalid argument",
            "user namespace that the caller is in",
        ),
        (b"/etc/passwd", "setns(/etc/passwd): EINVAL: Invalid argument", "not a namespace file"),
        (b"/no/such/file", "open(/no/such/file): ENOENT: No such file or directory", ""),
        (control, r"open(/\u{1b}[31m\xFF): ENOENT: No such file or directory", ""),
    ] {
        let output = step(User::Ordinary).args([OsStr::from_bytes(file)]).run();
        assert_eq!(output.assert_error(error, hint).stdout, "");
    }
}

#[test]
fn a_process_that_does_not_exist_or_is_not_ours_is_refused_with_a_reason() {
    let target = Target::new(User::all()[0], CloneFlags::CLONE_NEWUTS);
    let gone = target.pid;
    if geteuid().is_root() {
        let output = step(User::Ordinary).args(["--target", &gone.to_string()]).run();
        let error = format!("readlink(/proc/{gone}/ns/cgroup): EACCES: Permission denied");
        assert_eq!(
            output
                .assert_error(&error, "another user's process: sudo target/debug/step04-setns ")
                .stdout,
            ""
        );
    }
    drop(target);
    let proc = format!("/proc/{gone}");
    wait_until("the target has been waited for", || !std::path::Path::new(&proc).exists());
    let output = step(User::Ordinary).args(["--target", &gone.to_string()]).run();
    let error = format!("pidfd_open({gone}): ESRCH: No such process");
    assert_eq!(output.assert_error(&error, "may have ended").stdout, "");
}

#[test]
fn a_process_that_shares_everything_leaves_nothing_to_join() {
    let own = std::process::id().to_string();
    let output = step(User::all()[0]).args(["--target", &own, "--", "echo", "here"]).run();
    assert_eq!(output.assert_ok().stdout, "here\n");
    assert_eq!(output.stderr, "note: nothing to join: the caller is in these namespaces already\n");
}

#[test]
fn the_status_of_the_command_is_passed_on() {
    let target = Target::new(User::Ordinary, CloneFlags::CLONE_NEWUTS);
    let run = |words: &[&str]| {
        let pid = target.pid.to_string();
        step(User::Ordinary).args(["--target", &pid, "--"]).args(words).run()
    };
    assert_eq!(run(&["sh", "-c", "exit 7"]).code(), Some(7));
    assert_eq!(run(&["sh", "-c", "kill -TERM $$"]).signal(), Some(15));
    let output = run(&["no/such/command"]);
    assert_eq!(output.code(), Some(127));
    let error = "step04-setns: execve(no/such/command): ENOENT: No such file or directory";
    assert_eq!(output.stderr.lines().last(), Some(error));
    assert_eq!(run(&["/etc"]).code(), Some(126));
    if geteuid().is_root() {
        let target = Target::new(User::Root, CloneFlags::CLONE_NEWPID);
        let inside = |words: &[&str]| {
            step(User::Root).args([&target.file("pid"), "--"]).args(words).run().code()
        };
        assert_eq!(inside(&["sh", "-c", "exit 7"]), Some(7));
        assert_eq!(inside(&["sh", "-c", "kill -TERM $$"]), Some(128 + 15));
        assert_eq!(inside(&["no/such/command"]), Some(127));
    }
}

#[test]
fn without_a_command_it_runs_the_shell() {
    let target = Target::new(User::Ordinary, CloneFlags::CLONE_NEWUTS);
    let pid = target.pid.to_string();
    let mut step = step(User::Ordinary).args(["--target", &pid]).env("SHELL", "/bin/sh").start();
    step.type_in("uname -n\n");
    assert_eq!(step.line(), "helo");
    step.wait().assert_ok();
}

#[test]
fn nsenter_agrees() {
    require_root!("to join all kinds of namespace");
    require_programs!("nsenter");
    let target = Target::new(User::Root, all());
    let pid = target.pid.to_string();
    let script = "for kind in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$kind; done; pwd";
    let ours = step(User::Root).args(["-t", &pid, "--", "sh", "-c", script]).run().stdout;
    let theirs = Step::new("/usr/bin/nsenter", User::Root)
        .args(["-C", "-i", "-m", "-n", "-u", "-t", &pid, "sh", "-c", script])
        .run()
        .stdout;
    assert_eq!(ours, theirs);
    assert_eq!(ours.lines().count(), 9, "{ours}");
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&[][..], "either NSFILE... or --target PID"),
        (&["--", "true"], "either NSFILE... or --target PID"),
        (&["--target", "0"], "0 is not a PID: the first process is 1"),
        (&["--target=-3"], "a PID is never negative"),
        (&["--target=+1"], "\"+1\" is not a PID: not a number"),
        (&["--target", " 1"], "\" 1\" is not a PID: not a number"),
        (&["--target", ""], "\"\" is not a PID: not a number"),
        (&["--target", "self"], "\"self\" is not a PID: not a number"),
        (&["--target", "2147483648"], "2147483648 is larger than any PID"),
        (&["--target"], "missing argument for option '--target'"),
        (&["--target", "5", "true"], "unexpected argument \"true\""),
        (&["-x"], "invalid option '-x'"),
    ] {
        step(User::Ordinary).args(args).run().assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step04-setns -- --target";
    step(User::Ordinary).assert_help(&["Usage: step04-setns NSFILE...", example, "setns(2)"]);
}

#[test]
fn the_command_has_no_child_that_it_did_not_start() {
    let target = Target::new(User::Ordinary, CloneFlags::CLONE_NEWUTS);
    let pid = target.pid.to_string();
    // A builtin, so that reading starts no child itself.
    let children = "read children </proc/$$/task/$$/children; echo \"<$children>\"";
    let output = step(User::Ordinary).args(["-t", &pid, "--", "sh", "-c", children]).run();
    assert_eq!(output.stdout, "<>\n", "{output:?}");
}

// Why the kernel refuses: the state of the target and of the caller decides.

#[test]
fn a_zombie_is_called_one_by_root_and_by_others() {
    let mut target = WaitingProcess::new("cat", || Ok(()));
    let pid = target.pid().to_string();
    target.close_stdin();
    wait_until("the target is a zombie", || status(&pid, "State").starts_with('Z'));
    for &user in User::all() {
        let output = step(user).args(["--target", &pid, "--", "true"]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let hint = format!("hint: process {pid} is a zombie");
        assert!(output.stderr.lines().last().unwrap().starts_with(&hint), "{output:?}");
    }
}

#[test]
fn root_is_told_which_capability_it_lacks() {
    require_root!("to drop a capability");
    require_programs!("setpriv");
    let target = Target::new(User::Root, CloneFlags::CLONE_NEWNS);
    let pid = target.pid.to_string();
    let exe = env!("CARGO_BIN_EXE_step04-setns");
    for (drop, capability) in [("-sys_chroot", "CAP_SYS_CHROOT"), ("-sys_admin", "CAP_SYS_ADMIN")] {
        let output = Step::new("/usr/bin/setpriv", User::Root)
            .args(["--bounding-set", drop, exe, "--target", &pid, "--", "true"])
            .run();
        let hint =
            format!("EPERM: Operation not permitted\nhint: you are root but lack {capability}; ");
        assert!(output.stderr.contains(&hint), "{output:?}");
        assert_eq!(output.stderr.matches("hint: ").count(), 1, "{output:?}");
    }
}

#[test]
fn a_filter_is_named_whatever_call_it_refuses_and_sudo_is_not_advised_to_root() {
    let target = Target::new(User::all()[0], CloneFlags::CLONE_NEWUTS);
    for call in [SYS_pidfd_open, SYS_setns] {
        for errno in [Errno::EPERM, Errno::EACCES, Errno::ENOSYS] {
            let refuse = move || refuse(&[(call, CloneFlags::empty(), errno)]);
            let args = ["--target", &target.pid.to_string(), "--", "true"];
            let output = step(User::all()[0]).args(args).with_obstacle(refuse).run();
            let hint = format!("): {errno}\nhint: a seccomp filter may be blocking this; ");
            assert!(output.stderr.contains(&hint), "{output:?}");
            let advised = output.stderr.contains("sudo ");
            assert!(!advised || User::all()[0] == User::Ordinary, "{output:?}");
        }
    }
}

#[test]
fn the_file_of_a_process_that_may_not_be_looked_into_is_explained() {
    require_root!("to start a process of another user");
    let mut target = WaitingProcess::new("cat", || Ok(()));
    let file = format!("/proc/{}/ns/uts", target.pid());
    let run = |file: &str| step(User::Ordinary).args([file, "--", "true"]).run();
    let error = format!("open({file}): EACCES: Permission denied");
    run(&file).assert_error(&error, "another user's process: sudo ");
    target.close_stdin();
    wait_until("the target is a zombie", || status(target.pid(), "State").starts_with('Z'));
    run(&file).assert_error(&error, "is a zombie");
    let other = format!("/proc/{}/ns/other", std::process::id());
    let output = step(User::Root).args([&other, "--", "true"]).run();
    output.assert_error(&format!("open({other}): ENOENT: No such file or directory"), "");
}

#[test]
fn root_that_cannot_drop_its_groups_is_told_why() {
    require_root!("to drop a capability");
    require_programs!("setpriv", "unshare");
    let target = started(Step::new("/usr/bin/unshare", User::Ordinary).args(["-r"]));
    let pid = target.pid().to_string();
    let exe = env!("CARGO_BIN_EXE_step04-setns");
    let output = Step::new("/usr/bin/setpriv", User::Root)
        .args(["--bounding-set", "-setgid", exe, "--target", &pid, "--", "true"])
        .run();
    let error = "setgroups(0): EPERM: Operation not permitted\nhint: that user namespace forbids";
    assert!(output.stderr.contains(error), "{output:?}");
    target.wait().assert_ok();
}
