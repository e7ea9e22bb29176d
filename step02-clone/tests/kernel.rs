//! Runs step02-clone and asks the kernel what the child of clone(2) got.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, geteuid, pipe};
use testkit::obstacle::{
    cover, docker, no_more_namespaces, own_mounts, own_user_namespace, refuse,
};
use testkit::{Host, Output, Running, SignalAt, Step, User, copy_program, namespace, status};
use testkit::{require_programs, require_root, sample, skip, wait_until};

/// The kinds of namespace that clone(2) creates.
const KINDS: [&str; 7] = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

const EXE: &str = env!("CARGO_BIN_EXE_step02-clone");

fn step(user: User) -> Step {
    Step::new(EXE, user)
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

/// The kinds of which the child has a new namespace, by the inode numbers in the table.
fn new_kinds(output: &Output) -> Vec<String> {
    let mut new = Vec::new();
    for [kind, parents, childs, verdict] in table(output) {
        // The step itself stays in the namespaces of this test.
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
        output.assert_ok();
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
            output.assert_ok();
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
    for _ in sample(0..20) {
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

/// A step whose child is held in its first write: the pipe has room only for the parent's
/// first line.
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
        let step = step(user).args(kinds).with(|it| _ = it.stdout(writer)).start();
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

    /// Lets the step continue. Returns its output without what filled the pipe.
    fn release(mut self) -> Output {
        let mut text = String::new();
        self.pipe.read_to_string(&mut text).unwrap();
        let mut output = self.step.wait();
        output.stdout = text.trim_start_matches('.').to_owned();
        output
    }
}

#[test]
fn the_table_agrees_with_the_kernel_about_the_running_child() {
    for &user in User::all() {
        let held = Held::new(user, &["uts", "pid", "net"]);
        let child = held.child;
        assert_eq!(status(child, "NSpid"), format!("{child} 1"));
        let alive: Vec<_> = ["uts", "pid", "net"].map(|kind| namespace(child, kind)).into();
        let output = held.release();
        output.assert_ok();
        for link in alive {
            let row = table(&output).into_iter().find(|[_, _, childs, _]| *childs == link).unwrap();
            assert_eq!(row[3], "new");
        }
    }
}

#[test]
fn a_killed_child_is_reported_with_its_signal() {
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
fn a_child_killed_while_its_parent_reads_proc_is_reported_with_its_signal() {
    require_programs!("strace");
    for &user in User::all() {
        // The parent reads its own /proc/PID/ns, and then the child's.
        let mut strace =
            SignalAt::new("getdents64", Signal::SIGSTOP).step(EXE, &["uts"], user).start();
        let child = strace.line().rsplit_once(' ').unwrap().1.parse().unwrap();
        let child = Pid::from_raw(child);
        assert_eq!(strace.line().split(':').next(), Some("PID in child"));
        let parent = strace.line().replace("PID in parent: ", "");
        let parent = Pid::from_raw(parent.split(',').next().unwrap().parse().unwrap());
        while !strace.note().contains("stopped by SIGSTOP") {}
        kill(child, Signal::SIGKILL).unwrap();
        wait_until("the child is a zombie", || status(child, "State").starts_with('Z'));
        kill(parent, Signal::SIGCONT).unwrap();
        let output = strace.wait();
        let last = output.stdout.lines().last().unwrap();
        assert_eq!(last, format!("child {child} was killed by SIGKILL"), "{output:?}");
        assert_eq!(output.code(), Some(1));
        assert!(!output.stderr.contains("step02-clone: "), "{output:?}");
    }
}

#[test]
fn a_proc_of_another_pid_namespace_is_refused() {
    require_programs!("unshare"); // it leaves the old /proc in a new PID namespace
    for &user in User::all() {
        // `exit` keeps the shell from becoming the step. After some more PIDs, the PIDs of
        // step and child name other processes in /proc.
        let script = "for i in 1 2 3 4 5 6 7 8; do /bin/true; done; \"$0\" uts; exit $?";
        let output =
            Step::new("/usr/bin/unshare", user).args(["-Urpf", "sh", "-c", script, EXE]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, "", "nothing was created");
        let error = "step02-clone: /proc belongs to another PID namespace: PID ";
        assert!(output.stderr.starts_with(error), "{output:?}");
        assert!(output.stderr.ends_with("\nhint: unshare --mount-proc mounts the right one\n"));

        let output =
            Step::new("/usr/bin/unshare", user).args(["-Urpf", "--mount-proc", EXE, "uts"]).run();
        output.assert_ok();
        let uts = table(&output).into_iter().find(|[kind, ..]| kind == "uts").unwrap();
        assert_eq!(uts[3], "new");
        assert_ne!(uts[1], uts[2]);
    }
}

#[test]
fn without_proc_the_error_says_so() {
    for &user in User::all() {
        // An unprivileged user may cover a mount that was there before, but not unmount it.
        let without_proc = || {
            own_mounts()?;
            cover("/proc")
        };
        let output = step(user).with_obstacle(without_proc).run();
        let error = "readlink(/proc/self): ENOENT: No such file or directory";
        output.assert_error(error, "hint: /proc is not mounted");
        assert!(output.stderr.starts_with("step02-clone: "), "no note: {output:?}");
    }
}

#[test]
fn a_child_dies_with_its_parent() {
    for &user in User::all() {
        for kinds in [&[][..], &["pid"]] {
            let held = Held::new(user, kinds);
            // A stopped child cannot notice that its pipe has ended.
            kill(held.child, Signal::SIGSTOP).unwrap();
            held.step.signal(Signal::SIGKILL);
            let output = held.step.wait();
            assert_eq!(output.signal(), Some(Signal::SIGKILL as i32), "{output:?}");
        }
    }
}

#[test]
fn for_time_the_error_says_why_clone_cannot_create_it() {
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
        step(User::Ordinary).args([arg]).run().assert_usage_error(error);
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
    require_programs!("strace");
    // Some processors have only the second of two calls that do the same.
    let readlink = "?readlink,readlinkat";
    let recv = "?recv,recvfrom";
    let of_parent = ["socketpair", "clone", "write", recv, "getdents64", readlink, "wait4"];
    let of_both = ["prctl", recv, "write", "getppid"];
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let in_parent = of_parent.map(|call| SignalAt::new(call, signal));
        let in_both = of_both.map(|call| SignalAt::in_any_process(call, signal));
        for moment in sample(in_parent.into_iter().chain(in_both)) {
            let output = moment.run(EXE, &["uts", "pid"], User::Ordinary);
            let received = output.stderr.contains(signal.as_str());
            assert!(received, "no {signal} at {}: {output:?}", moment.call);
        }
    }
}

#[test]
fn at_the_limit_the_error_is_enospc_and_the_hint_names_the_settings() {
    let at_limit = || no_more_namespaces(&["uts", "user"]);
    let output = step(User::Ordinary).args(["uts"]).with_obstacle(at_limit).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let errors = output.errors();
    assert!(errors[0].starts_with("step02-clone: clone(CLONE_NEW"), "{errors:?}");
    assert!(errors[0].ends_with("): ENOSPC: No space left on device"), "{errors:?}");
    assert!(errors[1].starts_with("hint: user.max_user_namespaces=0 blocks this; "), "{errors:?}");
    assert!(errors[2].starts_with("hint: user.max_uts_namespaces=0 allows none; "), "{errors:?}");
}

#[test]
fn without_rights_the_error_is_eperm() {
    // In a user namespace without a mapping no process may create another one.
    let unmapped = || Ok(unshare(CloneFlags::CLONE_NEWUSER)?);
    let output = step(User::all()[0]).args(["uts"]).with_obstacle(unmapped).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("step02-clone: clone(CLONE_NEW"), "{output:?}");
    assert!(output.stderr.contains("): EPERM: Operation not permitted\nhint: "), "{output:?}");
}

#[test]
fn with_no_process_left_the_error_is_eagain() {
    require_root!("to run the step as a user with another process limit");
    let no_process_left = || Ok(setrlimit(Resource::RLIMIT_NPROC, 0, 0)?);
    let output = step(User::Ordinary).with_obstacle(no_process_left).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.starts_with("step02-clone: clone(): EAGAIN: "), "{output:?}");
    assert!(output.stderr.contains("hint: process limit reached; check: ulimit -u"), "{output:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    Step::assert_stdout_errors(|| step(User::Ordinary));
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step02-clone -- uts pid";
    step(User::Ordinary).assert_help(&["Usage: step02-clone", example, "clone(2)"]);
}

#[test]
fn an_inherited_sigchld_that_is_ignored_does_not_lose_the_childs_status() {
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    step(User::all()[0]).args(["uts"]).with_obstacle(ignore_sigchld).run().assert_ok();
}

// Why the kernel refuses: the state of the machine decides.

/// Has a new PID namespace for its children, whose PID 1 has ended.
fn dead_pid_namespace() -> io::Result<()> {
    match geteuid().is_root() {
        true => unshare(CloneFlags::CLONE_NEWPID)?,
        false => own_user_namespace(CloneFlags::CLONE_NEWPID)?,
    }
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        // SAFETY: the call only ends this process.
        ForkResult::Child => unsafe { libc::_exit(0) },
        ForkResult::Parent { child } => Ok(_ = waitpid(child, None)?),
    }
}

#[test]
fn the_policy_that_forbids_a_child_is_named_and_not_the_limit_of_processes() {
    require_root!("to use SCHED_DEADLINE");
    require_programs!("chrt");
    let chrt = ["-d", "-T", "1000000", "-D", "10000000", "-P", "10000000", "0", EXE];
    let output = Step::new("/usr/bin/chrt", User::Root).args(chrt).run();
    let error = "step02-clone: clone(): EAGAIN: Try again\nhint: a process with the policy ";
    assert!(output.stderr.starts_with(&format!("{error}SCHED_DEADLINE cannot")), "{output:?}");
}

#[test]
fn no_memory_is_missing_where_pid_1_has_ended() {
    for &user in User::all() {
        let output = step(user).args(["uts"]).with_obstacle(dead_pid_namespace).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains("): ENOMEM: Out of memory\nhint: PID 1 of "), "{output:?}");
        assert!(!output.stderr.contains("ulimit"), "{output:?}");
    }
}

/// A cgroup that may have one process.
struct FullCgroup(PathBuf);

impl FullCgroup {
    fn new() -> Option<FullCgroup> {
        let name = format!("step02-full-{}", std::process::id());
        let hierarchies = step_support::cgroup::all().ok()?.into_iter();
        hierarchies.filter_map(|it| it.mounted).find_map(|it| {
            let mut above =
                it.current.ancestors().take_while(|dir| dir.starts_with(&it.mount_point));
            above.find_map(|dir| {
                let dir = dir.join(&name);
                fs::create_dir(&dir).ok()?;
                let group = FullCgroup(dir);
                fs::write(group.0.join("pids.max"), "1").ok().map(|()| group)
            })
        })
    }
}

impl Drop for FullCgroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_full_cgroup_is_named_and_not_the_limit_of_the_user() {
    let Some(group) = FullCgroup::new() else {
        skip!("no cgroup with the pids controller is delegated here");
    };
    let procs = group.0.join("cgroup.procs");
    let output = step(User::all()[0]).with_obstacle(move || fs::write(&procs, "0")).run();
    let limit = group.0.join("pids.max");
    let hint = format!("the cgroup may have no more processes: {} is 1", limit.display());
    output.assert_error("clone(): EAGAIN: Try again", &hint);
}

#[test]
fn a_filter_that_refuses_pidfd_open_is_named() {
    for errno in [Errno::EPERM, Errno::ENOSYS] {
        let refuse = move || refuse(&[(libc::SYS_pidfd_open, CloneFlags::empty(), errno)]);
        let output = step(User::Ordinary).with_obstacle(refuse).run();
        let error = format!("pidfd_open(self): {errno}");
        output.assert_error(&error, "a seccomp filter may be blocking this");
    }
}

#[test]
fn a_program_that_protects_its_processes_is_named_where_they_cannot_be_looked_into() {
    require_root!("to own the program");
    let run = |mode| {
        let (dir, program) = copy_program(EXE, mode);
        let output = Step::new(program.to_str().unwrap(), User::Ordinary).run();
        assert!(output.stderr.contains("/ns): EACCES: Permission denied\nhint: "), "{output:?}");
        drop(dir);
        output.stderr
    };
    let not_readable = run(0o711);
    assert!(not_readable.contains("the program may be run but not read"), "{not_readable}");
    if statvfs(&std::env::temp_dir()).unwrap().flags().contains(FsFlags::ST_NOSUID) {
        skip!("programs in the temporary directory have no privileges (nosuid)");
    }
    let set_group_id = run(0o2755);
    assert!(set_group_id.contains("the program has privileges of its own"), "{set_group_id}");
}

#[test]
fn sudo_is_not_advised_where_it_cannot_work() {
    // This filter sets no_new_privs, as a container engine can.
    let output = step(User::Ordinary).args(["uts"]).with_obstacle(docker).run();
    let hint = "root needs no user namespace: target/debug/step02-clone ... (as root elsewhere: \
                no_new_privs is set here";
    let error = "clone(CLONE_NEWUTS | CLONE_NEWUSER): EPERM: Operation not permitted";
    output.assert_error(error, hint);
    assert!(!output.stderr.contains("sudo target"), "{output:?}");

    let in_user_namespace = || Ok(unshare(CloneFlags::CLONE_NEWUSER)?);
    let output = step(User::Ordinary).args(["uts"]).with_obstacle(in_user_namespace).run();
    let hint = "target/debug/step02-clone ... (as root outside of this user namespace, which has \
                no root)";
    output.assert_error(error, hint);
    assert!(!output.stderr.contains("sudo target"), "{output:?}");
}
