//! Runs step01-proc-ns and compares its output with the kernel's own links.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::Command;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, setgid, setuid};
use testkit::obstacle::{
    closed_processes, cover, hidden_processes, own_mounts, own_user_namespace,
};
use testkit::{
    Host, Step, User, WaitingProcess, copy_program, inode, link, namespace, status, temp_dir,
};
use testkit::{require_programs, require_root, wait_until};

fn step(user: User) -> Step {
    Step::new(env!("CARGO_BIN_EXE_step01-proc-ns"), user)
}

/// A process that has entered a new user namespace, and new namespaces of the kinds `more`.
fn isolated(more: CloneFlags) -> WaitingProcess {
    WaitingProcess::new("cat", move || Ok(unshare(CloneFlags::CLONE_NEWUSER | more)?))
}

/// The links of a process, sorted by name.
fn links(pid: &str) -> Vec<String> {
    let names = fs::read_dir(format!("/proc/{pid}/ns")).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names.iter().map(|name| format!("{name} -> {}", namespace(pid, name))).collect()
}

#[test]
fn every_link_of_a_process_is_shown_with_what_it_isolates() {
    let target = isolated(CloneFlags::CLONE_NEWUTS);
    let pid = target.pid().to_string();
    let output = step(User::all()[0]).args([&pid]).run();
    let mut lines = output.assert_ok().stdout.lines();
    assert_eq!(lines.next().unwrap(), format!("/proc/{pid}/ns"));
    let links = links(&pid);
    assert!(links.len() >= 7, "{links:?}");
    for link in links {
        let line = lines.next().unwrap();
        let words = line.strip_prefix(&link).unwrap_or_else(|| panic!("{line} is not {link}"));
        assert!(words.trim().len() > 5, "{line}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn without_a_pid_it_shows_itself() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).run());
        let row = format!("uts -> {}", link("/proc/self/ns/uts"));
        assert!(output.assert_ok().stdout.contains(&row), "{output:?}");
    }
}

#[test]
fn two_processes_are_compared_by_what_the_kernel_says() {
    let target = isolated(CloneFlags::CLONE_NEWUTS);
    let (own, other) = (std::process::id().to_string(), target.pid().to_string());
    let output = step(User::all()[0]).args([&own, &other]).run();
    for line in output.assert_ok().stdout.lines().skip(1) {
        let cells: Vec<_> = line.split_whitespace().collect();
        let (ours, theirs) = (namespace(&own, cells[0]), namespace(&other, cells[0]));
        assert_eq!(cells[1..3], [&ours, &theirs]);
        let verdict = cells[3..].join(" ");
        assert_eq!(verdict, if ours == theirs { "shared" } else { "each its own" });
    }
    assert!(output.stdout.contains("each its own"));
    assert!(output.stdout.contains("shared"));
}

#[test]
fn a_pid_namespace_without_a_first_process_is_shown_as_none_yet() {
    let target = isolated(CloneFlags::CLONE_NEWPID);
    let pid = target.pid().to_string();
    let output = step(User::all()[0]).args([&pid]).run();
    // Newer kernels (seen on 7.3) have the link before the first child is created.
    let link = fs::read_link(format!("/proc/{pid}/ns/pid_for_children"));
    let link = link.map_or("(none yet)".to_owned(), |it| it.display().to_string());
    let row = format!("pid_for_children -> {link}");
    assert!(output.assert_ok().stdout.contains(&row), "{output:?}");
    let own = std::process::id().to_string();
    step(User::all()[0]).args([own, pid]).run().assert_ok();
}

#[test]
fn of_three_processes_two_may_share() {
    let target = isolated(CloneFlags::CLONE_NEWUTS);
    let own = std::process::id().to_string();
    let output = step(User::all()[0]).args([&own, &own, &target.pid().to_string()]).run();
    let uts = output.stdout.lines().find(|line| line.starts_with("uts ")).unwrap();
    assert!(uts.ends_with("2 different ones"), "{uts}");
}

#[test]
fn all_lists_every_namespace_that_lsns_lists() {
    require_programs!("lsns");
    let _targets: Vec<_> = (0..3).map(|_| isolated(CloneFlags::CLONE_NEWUTS)).collect();
    // Processes start and end between the two looks, so lsns agrees only in some of the rounds.
    wait_until("lsns and step01-proc-ns --all agree", || {
        let lsns = Command::new("lsns").args(["-n", "-r", "-o", "TYPE,NS,PID"]).output().unwrap();
        let lsns = String::from_utf8(lsns.stdout).unwrap();
        let mut theirs: BTreeMap<_, _> = lsns.lines().filter_map(row).collect();
        // lsns may list folders in /proc too (seen on 5.10); the inodes of namespaces are higher.
        theirs.retain(|(_, inode), _| *inode >= 0xefff_fff8);
        let ours = step(User::all()[0]).args(["--all"]).run().stdout;
        let ours: BTreeMap<_, _> = ours
            .lines()
            .filter_map(|line| {
                let cells: Vec<_> = line.split_whitespace().collect();
                row(&[*cells.first()?, *cells.get(1)?, *cells.get(3)?].join(" "))
            })
            .collect();
        // Each run lists its own PIDs too; all other processes must be the same.
        ours.len() >= theirs.len() && theirs.iter().all(|(key, pid)| ours.get(key) == Some(pid))
    });
}

/// Kind and inode, and the lowest PID, of a line of three words.
fn row(line: &str) -> Option<((String, u64), u64)> {
    let cells: Vec<_> = line.split_whitespace().collect();
    let [kind, inode, pid] = cells[..] else { return None };
    Some(((kind.to_owned(), inode.parse().ok()?), pid.parse().ok()?))
}

#[test]
fn all_counts_the_processes_of_a_namespace() {
    let target = isolated(CloneFlags::CLONE_NEWUTS);
    let theirs = inode(target.pid(), "uts");
    let output = step(User::all()[0]).args(["--all"]).run();
    let line = output.stdout.lines().find(|line| line.contains(&theirs)).unwrap();
    let cells: Vec<_> = line.split_whitespace().collect();
    assert_eq!(cells, ["uts", &theirs, "1", &target.pid().to_string(), "cat"]);
    let own = inode("self", "uts");
    let line = output.stdout.lines().find(|line| line.contains(&own)).unwrap();
    let count: u32 = line.split_whitespace().nth(2).unwrap().parse().unwrap();
    assert!(count > 1, "{line}");
    let lines: Vec<_> = output.stdout.lines().collect();
    let [.., missing, unread] = lines[..] else { panic!("{output:?}") };
    assert!(missing.starts_with("Not listed: namespaces without processes"), "{missing}");
    assert!(unread.contains("could not be read"), "{unread}");
}

#[test]
fn an_unprivileged_user_sees_how_many_processes_are_unreadable_and_why() {
    require_root!("to be sure that other users have processes");
    let output = step(User::Ordinary).args(["--all"]).run();
    let last = output.stdout.lines().last().unwrap();
    let reason = "could not be read: EACCES: Permission denied; they are of another user, or \
                  privileged: sudo target/debug/step01-proc-ns --all";
    assert!(last.ends_with(reason), "{last}");
    assert!(last.split_whitespace().next().unwrap().parse::<u32>().unwrap() > 1);

    let inside = || Ok(unshare(CloneFlags::CLONE_NEWUSER)?);
    let output = step(User::Ordinary).args(["--all"]).with_obstacle(inside).run();
    let reason = "; they are outside of this user namespace, of another user, or privileged: \
                  target/debug/step01-proc-ns --all (as root outside of this user namespace, which \
                  has no root)\n";
    assert!(output.assert_ok().stdout.ends_with(reason), "{output:?}");
}

#[test]
fn where_proc_is_closed_to_others_they_are_counted_and_another_users_is_called_that() {
    require_root!("to mount /proc with hidepid=1");
    let output = step(User::Root).args(["--all"]).with_obstacle(closed_processes).run();
    let (list, last) = output.assert_ok().stdout.trim_end().rsplit_once('\n').unwrap();
    assert!(list.contains("  step01-proc-ns\n"), "{output:?}");
    assert!(last.contains(" could not be read: EPERM: Operation not permitted; "), "{output:?}");
    let output = step(User::Root).args(["1"]).with_obstacle(closed_processes).run();
    let error = "open(/proc/1/ns): EPERM: Operation not permitted";
    output.assert_error(error, "another user's process: sudo target/debug/step01-proc-ns PID");
}

#[test]
fn a_control_character_in_a_name_is_escaped() {
    let dir = temp_dir(User::all()[0]);
    let evil = dir.path().join(OsStr::from_bytes(b"\x1b[31m\nred"));
    symlink("/bin/cat", &evil).unwrap(); // the process is named after the link
    let target = WaitingProcess::new(&evil, || Ok(unshare(CloneFlags::CLONE_NEWUSER)?));
    let output = step(User::all()[0]).args(["--all"]).run();
    assert!(!output.stdout.contains('\x1b'));
    assert!(output.stdout.contains(r"\u{1b}[31m\nred"), "{} {}", target.pid(), output.stdout);
}

#[test]
fn an_argument_that_is_no_pid_is_a_usage_error() {
    let max: i64 = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap().trim().parse().unwrap();
    let beyond = "99999999999999999999";
    for (arg, error) in [
        ("abc", "\"abc\" is not a PID: not a number".to_owned()),
        ("1x", "\"1x\" is not a PID: not a number".to_owned()),
        ("", "\"\" is not a PID: not a number".to_owned()),
        ("0", "0 is not a PID: the first process is 1".to_owned()),
        ("-5", "a PID is never negative".to_owned()),
        ("+1", "\"+1\" is not a PID: not a number".to_owned()),
        (" 1", "\" 1\" is not a PID: not a number".to_owned()),
        ("self", "\"self\" is not a PID: not a number".to_owned()),
        (beyond, format!("{beyond} is larger than any PID")),
        (&max.to_string(), format!("{max} is larger than any PID here: kernel.pid_max is {max}")),
        ("--nope", "invalid option '--nope'".to_owned()),
        ("\u{1b}", r#""\u{1b}" is not a PID: not a number"#.replace('\\', r"\\")),
    ] {
        step(User::Ordinary).args([arg]).run().assert_usage_error(&error);
    }
    let output = step(User::Ordinary).args([OsStr::from_bytes(b"\xff")]).run();
    assert_eq!(output.code(), Some(2), "{output:?}");
    let output = step(User::Ordinary).args(["--all", "1"]).run();
    output.assert_usage_error("--all takes no PID");
}

#[test]
fn a_process_that_has_ended_is_no_such_process() {
    let target = WaitingProcess::new("cat", || Ok(()));
    let pid = target.pid().to_string();
    drop(target);
    let output = step(User::Ordinary).args([&pid]).run();
    output.assert_error(&format!("process {pid}: ESRCH: No such process"), "");
    assert_eq!((output.stdout.as_str(), output.stderr.lines().count()), ("", 1));
}

#[test]
fn a_zombie_has_left_its_namespaces() {
    let mut target = WaitingProcess::new("cat", || Ok(()));
    let pid = target.pid().to_string();
    target.close_stdin();
    wait_until("the target is a zombie", || status(&pid, "State").starts_with('Z'));
    let output = step(User::all()[0]).args([&pid]).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains(&format!("process {pid} is a zombie")), "{output:?}");
    step(User::all()[0]).args(["--all"]).run().assert_ok();
}

#[test]
fn another_users_process_is_unreadable_and_the_hint_says_sudo() {
    require_root!("to start a process of another user");
    let target = WaitingProcess::new("cat", || Ok(()));
    let output = step(User::Ordinary).args([target.pid().to_string()]).run();
    assert_eq!(output.code(), Some(1));
    let lines: Vec<_> = output.stderr.lines().collect();
    assert!(
        lines[0].starts_with(&format!("step01-proc-ns: open(/proc/{}/ns", target.pid()))
            || lines[0].starts_with(&format!("step01-proc-ns: readlink(/proc/{}/ns", target.pid())),
        "{lines:?}"
    );
    assert!(lines[0].ends_with(": EACCES: Permission denied"), "{lines:?}");
    assert_eq!(lines[1], "hint: another user's process: sudo target/debug/step01-proc-ns PID");
}

#[test]
fn without_proc_the_hint_says_how_to_mount_it() {
    for args in [&["1"][..], &[], &["--all"]] {
        let without_proc = || {
            own_mounts()?;
            cover("/proc")
        };
        let output =
            Host::unchanged(|| step(User::all()[0]).args(args).with_obstacle(without_proc).run());
        assert_eq!(output.code(), Some(1), "{output:?}");
        let hint = "\nhint: /proc is not mounted: mount -t proc proc /proc\n";
        assert!(output.stderr.ends_with(hint), "{output:?}");
    }
}

#[test]
fn a_hidden_process_is_distinguished_from_one_that_does_not_exist() {
    require_root!("to mount /proc with hidepid and become another user");
    let output = step(User::Root).args(["2"]).with_obstacle(hidden_processes).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("process 2 exists, but /proc hides it"), "{output:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for args in [&["--all"][..], &[]] {
        Step::assert_stdout_errors(|| step(User::Ordinary).args(args));
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step01-proc-ns -- $$";
    step(User::Ordinary).assert_help(&["Usage: step01-proc-ns", example, "namespaces(7)"]);
}

#[test]
fn in_a_pid_namespace_with_the_old_proc_it_does_not_show_somebody_else_as_itself() {
    require_programs!("unshare");
    for args in [&[][..], &["--all"]] {
        let mut command = vec!["-Urpf", env!("CARGO_BIN_EXE_step01-proc-ns")];
        command.extend(args);
        let output = Step::new("/usr/bin/unshare", User::all()[0]).args(command).run();
        assert_eq!((output.code(), output.stdout.as_str()), (Some(1), ""), "{output:?}");
        assert!(output.stderr.contains("/proc belongs to another PID namespace"), "{output:?}");
        assert!(output.stderr.contains("hint: unshare --mount-proc"), "{output:?}");
    }
}

// Why a process may not be looked into: the state of the process and of the caller decides.

/// Starts a program of root that others may run but not read, as the ordinary user.
fn protected_process() -> WaitingProcess {
    let (_dir, program) = copy_program("/bin/cat", 0o711);
    let id = User::Ordinary.uid();
    WaitingProcess::new(&program, move || {
        setgid(id.as_raw().into())?;
        Ok(setuid(id)?)
    })
}

#[test]
fn a_process_of_the_same_user_that_the_kernel_protects_is_not_called_another_users() {
    require_root!("to own the program");
    let target = protected_process();
    let pid = target.pid().to_string();
    let output = step(User::Ordinary).args([&pid]).run();
    let error = format!("open(/proc/{pid}/ns): EACCES: Permission denied");
    let hint = format!("process {pid} is yours, but the kernel protects it");
    output.assert_error(&error, &hint);
}

#[test]
fn in_a_user_namespace_no_process_outside_is_called_protected_or_ones_own() {
    require_root!("to be sure that PID 1 belongs to somebody else");
    let hint_of = |pid: Pid, obstacle: fn() -> std::io::Result<()>| {
        let output = step(User::Ordinary).args([pid.to_string()]).with_obstacle(obstacle).run();
        let [error, hint] = output.errors()[..] else { panic!("{output:?}") };
        assert!(error.ends_with("): EACCES: Permission denied"), "{output:?}");
        hint.to_owned()
    };
    // Without a map everyone has the same number there.
    let not_mapped = hint_of(Pid::from_raw(1), || Ok(unshare(CloneFlags::CLONE_NEWUSER)?));
    let command = "target/debug/step01-proc-ns PID (as root outside of this user namespace, which \
                   has no root)";
    let hint = "another user's process, or one outside of this user namespace";
    assert_eq!(not_mapped, format!("hint: {hint}: {command}"));

    let own = WaitingProcess::new("cat", || {
        let id = User::Ordinary.uid();
        setgid(id.as_raw().into())?;
        Ok(setuid(id)?)
    });
    let mapped = hint_of(own.pid(), || own_user_namespace(CloneFlags::empty()));
    let start = format!("hint: process {} is yours, but it is outside of this user", own.pid());
    assert!(mapped.starts_with(&start), "{mapped}");
}

#[test]
fn a_program_of_this_step_that_may_be_run_but_not_read_is_named() {
    require_root!("to own the program");
    let (_dir, program) = copy_program(env!("CARGO_BIN_EXE_step01-proc-ns"), 0o711);
    for args in [&[][..], &["--all"]] {
        let output = Step::new(program.to_str().unwrap(), User::Ordinary).args(args).run();
        let [error, hint] = output.errors()[..] else { panic!("{output:?}") };
        assert!(error.ends_with("/ns): EACCES: Permission denied"), "{output:?}");
        assert!(hint.starts_with("hint: the program may be run but not read, so"), "{output:?}");
    }
}

#[test]
fn root_of_a_user_namespace_is_told_that_it_is_root_only_there() {
    require_root!("to be root in the user namespace, too");
    let target = WaitingProcess::new("cat", || Ok(()));
    let inside = || own_user_namespace(CloneFlags::empty());
    let output = step(User::Root).args([target.pid().to_string()]).with_obstacle(inside).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let hint = "\nhint: you are root only in this user namespace, and process ";
    assert!(output.stderr.contains(hint), "{output:?}");

    let output = step(User::Root).args(["--all"]).with_obstacle(inside).run();
    let last = output.assert_ok().stdout.lines().last().unwrap();
    let reason = "EACCES: Permission denied; you are root only in this user namespace, and ";
    assert!(last.contains(reason), "{output:?}");
}

/// Mounts the `/proc` of a PID namespace whose only process ends at once.
fn proc_of_another_pid_namespace() -> std::io::Result<()> {
    own_mounts()?;
    unshare(CloneFlags::CLONE_NEWPID)?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let flags = MsFlags::empty();
            let mounted = mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>);
            // SAFETY: the call only ends this process.
            unsafe { nix::libc::_exit(i32::from(mounted.is_err())) }
        }
        ForkResult::Parent { child } => Ok(_ = waitpid(child, None)?),
    }
}

#[test]
fn a_process_that_another_pid_namespaces_proc_lacks_is_not_called_hidden() {
    for &user in User::all() {
        let own = std::process::id().to_string();
        let output = step(user).args([&own]).with_obstacle(proc_of_another_pid_namespace).run();
        let error = "step01-proc-ns: /proc belongs to another PID namespace: PID ";
        assert!(output.stderr.starts_with(error), "{output:?}");
        assert!(!output.stderr.contains("hidepid"), "{output:?}");
    }
}

#[test]
fn a_process_of_which_only_the_first_thread_has_ended_is_not_called_a_zombie() {
    // SAFETY: the child starts a thread, which allocates as glibc lets it after fork(2).
    let ForkResult::Parent { child } = unsafe { fork() }.unwrap() else {
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        });
        // SAFETY: the call only ends this thread.
        unsafe { nix::libc::syscall(nix::libc::SYS_exit, 0) };
        unreachable!()
    };
    wait_until("the first thread has ended", || status(child, "State").starts_with('Z'));
    let output = step(User::all()[0]).args([child.to_string()]).run();
    kill(child, Signal::SIGKILL).unwrap();
    waitpid(child, None).unwrap();
    let hint = format!("hint: the first thread of process {child} has ended");
    assert!(output.stderr.contains(&hint), "{output:?}");
    assert!(output.stderr.contains(&format!("others run: ls -l /proc/{child}/task/")));
}
