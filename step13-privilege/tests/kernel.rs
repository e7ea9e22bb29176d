//! Runs step13-privilege and asks the kernel what its processes may do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{SYS_capset, SYS_seccomp, SYS_unshare, SYS_write};
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use nix::sys::prctl::set_no_new_privs;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::{Pid, pipe2};
use testkit::obstacle::{
    cover, hidden_processes, no_more_namespaces, own_mounts, own_user_namespace, refuse,
};
use testkit::tempfile::TempDir;
use testkit::{Host, Output, Running, SignalAt, Step, User, namespace, status, temp_dir};
use testkit::{
    copy_program, require_programs, require_root, sample, sample_by_user, skip, wait_until,
};

const EXE: &str = env!("CARGO_BIN_EXE_step13-privilege");

/// The columns: CapPrm CapEff CapBnd CapAmb, NoNewPrivs, Seccomp, euid, sethostname.
const STORY: &str = "
    root          1 1 1 0  0 0 0 ok
    effective     1 0 1 0  0 0 0 EPERM
    permitted     0 0 1 0  0 0 0 EPERM
    execve        1 1 1 0  0 0 0 ok
    bounding      1 1 0 0  0 0 0 ok
    execve        0 0 0 0  0 0 0 EPERM
    root          1 1 1 0  0 0 0 ok
    ambient       1 1 1 1  0 0 0 ok
    bounding      1 1 0 1  0 0 0 ok
    execve        1 1 0 1  0 0 0 ok
    root          1 1 1 0  0 0 0 ok
    permitted     0 0 1 0  0 0 0 EPERM
    no_new_privs  0 0 1 0  1 0 0 EPERM
    execve        0 0 1 0  1 0 0 EPERM
    root          1 1 1 0  0 0 0 ok
    seccomp       1 1 1 0  0 2 0 ENOSYS
    execve        1 1 1 0  0 2 0 ENOSYS";

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

fn words(changes: &str) -> Vec<&str> {
    changes.split_whitespace().collect()
}

/// Lines with single spaces and without empty ones.
fn rows(text: &str) -> Vec<String> {
    let rows = text.lines().map(|line| words(line).join(" "));
    rows.filter(|row| !row.is_empty()).collect()
}

/// The rows of a run, below the heading.
fn table(output: &Output) -> Vec<String> {
    let mut rows = rows(&output.stdout);
    assert!(!rows.is_empty(), "{output:?}");
    let heading = rows.remove(0);
    let columns = "CAP_SYS_ADMIN: CapPrm CapEff CapBnd CapAmb NoNewPrivs Seccomp euid sethostname";
    assert_eq!(heading, columns);
    rows
}

/// Runs these changes, which succeed, and returns the rows.
fn changed(user: User, changes: &str) -> Vec<String> {
    table(Host::unchanged(|| step(user).args(words(changes)).run()).assert_ok())
}

/// A step whose stdout takes one line at a time: it waits before each line until the line
/// before has been read, so that what it has done until then can be seen.
struct LineByLine {
    step: Running,
    stdout: File,
}

impl LineByLine {
    fn start(user: User, changes: &str) -> LineByLine {
        // A pipe that keeps writes apart, with room for one.
        let (reader, writer) = pipe2(OFlag::O_DIRECT | OFlag::O_CLOEXEC).unwrap();
        fcntl(&writer, FcntlArg::F_SETPIPE_SZ(1)).unwrap();
        let step = step(user).args(words(changes)).with(|it| _ = it.stdout(writer)).start();
        LineByLine { step, stdout: File::from(reader) }
    }

    /// The process that makes the changes: neither the step nor its watchdog.
    fn child(&self) -> Option<Pid> {
        let is_child = |pid: &Pid| {
            *pid != self.step.pid()
                && fs::read(format!("/proc/{pid}/comm")).is_ok_and(|it| it != b"watchdog\n")
        };
        self.step.processes().into_iter().find(is_child)
    }

    /// Waits until a child wants to print a line for which there is no room, and returns it.
    fn blocked_child(&self) -> Pid {
        let mut child = None;
        wait_until("a child that wants to print", || {
            let ended = status(self.step.pid(), "State").starts_with('Z');
            assert!(!ended, "the step has ended");
            child = self.child().filter(|pid| {
                let call = fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
                call.starts_with(&format!("{SYS_write} 0x1 "))
            });
            child.is_some()
        });
        child.unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = [0; 4096];
        let size = self.stdout.read(&mut line).unwrap();
        rows(std::str::from_utf8(&line[..size]).unwrap()).remove(0)
    }

    /// Reads the rest and waits for the end.
    fn finish(mut self) -> Output {
        let mut rest = String::new();
        let step = self.step;
        let reader = std::thread::spawn(move || self.stdout.read_to_string(&mut rest));
        let output = step.wait();
        reader.join().unwrap().unwrap();
        output
    }
}

/// The row that belongs to a process, as the kernel describes it, without the label, the
/// user ID and the result of the call.
fn row_of(pid: Pid) -> String {
    const CAP_SYS_ADMIN: u32 = 21;
    let bit = |set| u64::from_str_radix(&status(pid, set), 16).unwrap() >> CAP_SYS_ADMIN & 1;
    let [prm, eff, bnd, amb] = ["CapPrm", "CapEff", "CapBnd", "CapAmb"].map(bit);
    let (no_new_privs, seccomp) = (status(pid, "NoNewPrivs"), status(pid, "Seccomp"));
    format!("{prm} {eff} {bnd} {amb} {no_new_privs} {seccomp}")
}

/// A printed row without its label, the user ID and the result of the call.
fn without_first_and_last(row: &str) -> String {
    let words = words(row);
    words[1..words.len() - 2].join(" ")
}

/// What prints to stderr that is no error: nothing, or that an ordinary user is root in a new
/// user namespace.
fn only_the_user_note_is_on_stderr(output: &Output, user: User) -> bool {
    let lines: Vec<_> = output.stderr.lines().collect();
    match user {
        User::Root => lines.is_empty(),
        User::Ordinary => lines.len() == 1 && lines[0].contains("CLONE_NEWUSER"),
    }
}

#[test]
fn without_arguments_root_loses_cap_sys_admin_in_four_ways() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).run());
        assert_eq!(table(output.assert_ok()), rows(STORY), "{user:?}");
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
    }
}

#[test]
fn each_row_is_what_the_kernel_says_of_the_process_at_that_moment() {
    let lists = ["effective permitted execve bounding execve", "ambient bounding execve"];
    let lists = lists.into_iter().chain(["permitted no_new_privs seccomp execve"]);
    let cases = lists.flat_map(|changes| User::all().iter().map(move |user| (*user, changes)));
    for (user, changes) in sample(cases) {
        let mut step = LineByLine::start(user, changes);
        let (mut of_kernel, mut printed) = (Vec::new(), Vec::new());
        for _ in 0..=words(changes).len() {
            of_kernel.push(row_of(step.blocked_child()));
            printed.push(step.line()); // the line before
        }
        printed.push(step.line());
        let printed = printed.split_off(1).into_iter().map(|row| without_first_and_last(&row));
        assert_eq!(printed.collect::<Vec<_>>(), of_kernel, "{user:?} {changes}");
        step.finish().assert_ok();
    }
}

#[test]
fn the_last_column_is_what_sethostname_returns() {
    require_programs!("strace");
    for (user, changes) in sample_by_user(["permitted execve", "bounding execve", "seccomp"]) {
        let output = Step::new("/usr/bin/strace", user)
            .args(["-fqq", "-e", "trace=sethostname", "-e", "signal=none", EXE])
            .args(words(changes))
            .run();
        // `sethostname("vm", 2) = 0`, or `… = -1 EPERM (Operation not permitted)`
        let hostname = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let same_name = format!("sethostname({:?}, ", hostname.trim_end());
        let calls = output.stderr.lines().filter_map(|line| line.rsplit_once(" = "));
        let calls = calls.inspect(|(call, _)| assert!(call.contains(&same_name), "{output:?}"));
        let results = calls.map(|(_, result)| match words(result)[..] {
            ["0"] => "ok",
            ["-1", errno, ..] => errno,
            _ => panic!("{output:?}"),
        });
        let rows = table(&output);
        let column = rows.iter().map(|row| words(row)[8]);
        assert_eq!(column.collect::<Vec<_>>(), results.collect::<Vec<_>>(), "{output:?}");
        assert_eq!(rows.len(), words(changes).len() + 1);
    }
}

#[test]
fn root_is_in_its_own_uts_namespace_and_an_unprivileged_one_in_its_own_user_namespace() {
    for &user in User::all() {
        let step = LineByLine::start(user, "permitted");
        let child = step.blocked_child();
        assert_ne!(namespace(child, "uts"), namespace("self", "uts"));
        let same_user = namespace(child, "user") == namespace("self", "user");
        assert_eq!(same_user, user == User::Root);
        for kind in ["cgroup", "ipc", "mnt", "net", "pid"] {
            assert_eq!(namespace(child, kind), namespace("self", kind));
        }
        let map = fs::read_to_string(format!("/proc/{child}/uid_map")).unwrap();
        if user == User::Ordinary {
            assert_eq!(words(&map), ["0", &user.uid().to_string(), "1"]);
        }
        assert_eq!(status(child, "Uid"), [user.uid().to_string().as_str(); 4].join(" "));
        assert_eq!(namespace(step.step.pid(), "uts"), namespace("self", "uts"));
        step.finish().assert_ok();
    }
}

#[test]
fn what_is_dropped_from_the_effective_set_only_comes_back_even_with_no_new_privs() {
    for &user in User::all() {
        let last = |changes| changed(user, changes).pop().unwrap();
        assert_eq!(last("effective no_new_privs execve"), "execve 1 1 1 0 1 0 0 ok");
        assert_eq!(last("permitted no_new_privs execve"), "execve 0 0 1 0 1 0 0 EPERM");
    }
}

#[test]
fn what_is_no_longer_permitted_is_no_longer_ambient() {
    for &user in User::all() {
        let rows = changed(user, "ambient permitted");
        assert_eq!(rows[1..], ["ambient 1 1 1 1 0 0 0 ok", "permitted 0 0 1 0 0 0 0 EPERM"]);
    }
}

#[test]
fn the_filter_and_the_bounding_set_stay_through_every_execve() {
    for &user in User::all() {
        let rows = changed(user, "seccomp bounding execve execve");
        assert_eq!(rows[3..], ["execve 0 0 0 0 0 2 0 ENOSYS"; 2]);
    }
}

// A set-user-ID program.

/// Where the step finds a set-user-ID program of root's.
struct Su {
    path: OsString,
    _dir: Option<TempDir>,
}

impl Su {
    /// Root creates one, which is called `su`. Others use what is in PATH, if there is one.
    fn find() -> Option<Su> {
        if User::all()[0] == User::Root {
            let (dir, program) = copy_program("/bin/true", 0o4755);
            symlink(program, dir.path().join("su")).unwrap();
            return Some(Su { path: dir.path().into(), _dir: Some(dir) });
        }
        let path = env::var_os("PATH")?;
        let has_bit = |file: PathBuf| {
            fs::metadata(file).is_ok_and(|it| it.permissions().mode() & 0o4001 == 0o4001)
        };
        let mut dirs = env::split_paths(&path);
        dirs.any(|dir| ["su", "passwd", "mount"].iter().any(|name| has_bit(dir.join(name))))
            .then_some(Su { path, _dir: None })
    }

    /// The step that runs it after these changes.
    fn step(&self, user: User, changes: &str) -> Step {
        step(user).args(words(changes)).env("PATH", &self.path)
    }

    /// The rows of that step, which succeeds.
    fn rows(&self, user: User, changes: &str) -> Vec<String> {
        table(Host::unchanged(|| self.step(user, changes).run()).assert_ok())
    }
}

/// The user ID that `su` got and, of the other columns, CapPrm CapEff CapBnd CapAmb NoNewPrivs.
fn of_su(rows: &[String]) -> (&str, Vec<&str>) {
    let [prm, eff, bnd, amb, no_new_privs, _, euid, _] = words(&rows[rows.len() - 1])[1..] else {
        panic!("{rows:?}")
    };
    (euid, vec![prm, eff, bnd, amb, no_new_privs])
}

#[test]
fn a_set_user_id_program_makes_an_ordinary_user_root_unless_no_new_privs_is_set() {
    let Some(su) = Su::find() else { skip!("no set-user-ID program of root's is in PATH") };
    for &user in User::all() {
        let id = User::Ordinary.uid().to_string();
        let rows = su.rows(user, "su");
        assert_eq!(rows[0], format!("user 0 0 1 0 0 0 {id} EPERM"));
        assert_eq!(of_su(&rows), ("0", vec!["1", "1", "1", "0", "0"]), "{rows:?}");

        let rows = su.rows(user, "no_new_privs su");
        assert_eq!(rows[1], format!("no_new_privs 0 0 1 0 1 0 {id} EPERM"));
        assert_eq!(of_su(&rows), (id.as_str(), vec!["0", "0", "1", "0", "1"]), "{rows:?}");

        let rows = su.rows(user, "no_new_privs seccomp execve su");
        assert_eq!(of_su(&rows), (id.as_str(), vec!["0", "0", "1", "0", "1"]), "{rows:?}");
    }
}

#[test]
fn an_ordinary_users_su_needs_no_user_namespace() {
    let Some(su) = Su::find() else { skip!("no set-user-ID program of root's is in PATH") };
    for &user in User::all() {
        let output = su.step(user, "no_new_privs su").run();
        assert_eq!(output.assert_ok().stderr, "", "{output:?}");
    }
}

#[test]
fn without_a_set_user_id_program_in_path_the_error_says_what_it_takes() {
    let error = "none of su, passwd, mount makes its process root here";
    for &user in User::all() {
        // A program with the bit that is not root's, and one of root's without the bit.
        let dir = temp_dir(User::Ordinary);
        fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
        for name in ["passwd", "su"] {
            fs::copy("/bin/true", dir.path().join(name)).unwrap();
        }
        let (passwd, su) = (dir.path().join("passwd"), dir.path().join("su"));
        chown(&passwd, Some(User::Ordinary.uid().as_raw()), None).unwrap();
        fs::set_permissions(passwd, Permissions::from_mode(0o4755)).unwrap();
        fs::set_permissions(su, Permissions::from_mode(0o755)).unwrap();
        for path in [dir.path(), Path::new("/no/such/directory")] {
            let output = step(user).args(["su"]).env("PATH", path).run();
            output.assert_error(error, "set-user-ID bit");
            assert_eq!(output.stdout.lines().count(), 2, "{output:?}");
        }
    }
}

#[test]
fn on_a_mount_with_nosuid_the_bit_does_not_count() {
    require_root!("to mount a directory with nosuid");
    let Some(su) = Su::find() else { skip!("no set-user-ID program of root's is in PATH") };
    let dir = su.path.clone();
    let nosuid = move || {
        own_mounts()?;
        let (dir, none) = (dir.as_os_str(), None::<&str>);
        mount(Some(dir), dir, none, MsFlags::MS_BIND, none)?;
        let remount = MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID;
        Ok(mount(none, dir, none, remount, none)?)
    };
    let output = su.step(User::Root, "su").with_obstacle(nosuid).run();
    output.assert_error("none of su, passwd, mount makes its process root here", "nosuid");
    su.step(User::Root, "su").run().assert_ok();
}

#[test]
fn a_proc_that_hides_the_process_of_su_is_named() {
    require_root!("to mount /proc with hidepid");
    let Some(su) = Su::find() else { skip!("no set-user-ID program of root's is in PATH") };
    let output = su.step(User::Root, "su").with_obstacle(hidden_processes).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("/status): ENOENT: No such file"), "{output:?}");
    assert!(output.stderr.contains("mounted with hidepid"), "{output:?}");
}

#[test]
fn an_inherited_sigchld_that_is_ignored_does_not_lose_the_process_of_su() {
    let Some(su) = Su::find() else { skip!("no set-user-ID program of root's is in PATH") };
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    for &user in User::all() {
        let output = su.step(user, "su").with_obstacle(ignore_sigchld).run();
        assert_eq!(table(output.assert_ok()).len(), 2);
    }
}

// What the kernel refuses.

#[test]
fn a_change_that_the_kernel_refuses_ends_the_list_with_the_rule() {
    let ambient = "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN): EPERM: Operation";
    let filter = "seccomp(SECCOMP_SET_MODE_FILTER): EACCES: Permission denied";
    for (user, (changes, error, hint)) in sample_by_user([
        ("permitted ambient", ambient, "has to be permitted: ambient comes before permitted"),
        ("bounding ambient", "capset(): EPERM: Operation", "in the bounding set"),
        ("bounding effective ambient", "capset(): EPERM: Operation", "in the bounding set"),
        ("permitted seccomp", filter, "requires CAP_SYS_ADMIN, or no_new_privs first"),
        ("seccomp su", filter, "requires CAP_SYS_ADMIN, or no_new_privs first"),
        ("bounding su", "prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN): EPERM", "requires CAP_SETPCAP"),
        ("ambient su", "capset(): EPERM: Operation", "has to be permitted"),
    ]) {
        let output = Host::unchanged(|| step(user).args(words(changes)).run());
        assert_eq!(output.code(), Some(1), "{output:?}");
        let [first, hint_line] = output.errors()[..] else { panic!("{output:?}") };
        assert!(first.starts_with(&format!("step13-privilege: {error}")), "{output:?}");
        assert!(hint_line.starts_with("hint: ") && hint_line.contains(hint), "{output:?}");
        // The first row and one for each change before the one that was refused.
        let made = words(changes.trim_end_matches(" su")).len() - 1;
        assert_eq!(table(&output).len(), 1 + made, "{output:?}");
    }
}

#[test]
fn at_the_limit_of_namespaces_the_hint_names_the_setting() {
    let at_limit = || no_more_namespaces(&["uts", "user"]);
    let output = step(User::Ordinary).with_obstacle(at_limit).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("step13-privilege: unshare(CLONE_NEW"), "{output:?}");
    assert!(output.stderr.contains("ENOSPC: No space left on device\n"), "{output:?}");
    assert!(output.stderr.contains("hint: user.max_user_namespaces=0 blocks this"), "{output:?}");
}

#[test]
fn a_filter_is_named_whatever_call_it_refuses() {
    let calls = [
        (SYS_unshare, "unshare(CLONE_NEW"),
        (SYS_capset, "capset()"),
        (SYS_seccomp, "seccomp(SECCOMP_SET_MODE_FILTER)"),
    ];
    for errno in [Errno::EPERM, Errno::EACCES, Errno::ENOSYS] {
        for (user, (call, name)) in sample_by_user(calls) {
            let refuse = move || refuse(&[(call, CloneFlags::empty(), errno)]);
            let output = step(user).with_obstacle(refuse).run();
            assert_eq!(output.code(), Some(1), "{output:?}");
            let error = format!("step13-privilege: {name}");
            assert!(output.stderr.contains(&error), "{output:?}");
            assert!(output.stderr.contains(&format!("): {errno}\n")), "{output:?}");
            assert!(output.stderr.contains("hint: a seccomp filter may be"), "{output:?}");
        }
    }
}

#[test]
fn where_no_new_privs_is_set_already_a_note_says_that_nothing_comes_back() {
    let no_new_privs = || Ok(set_no_new_privs()?);
    for &user in User::all() {
        let output = step(user).args(["permitted", "execve"]).with_obstacle(no_new_privs).run();
        assert_eq!(table(output.assert_ok())[2], "execve 0 0 1 0 1 0 0 EPERM");
        assert!(output.stderr.contains("note: no_new_privs is set already"), "{output:?}");
    }
}

#[test]
fn a_root_that_cannot_be_nobody_is_told_to_run_it_as_an_ordinary_user() {
    require_root!("to be root in a user namespace without nobody");
    let alone = || own_user_namespace(CloneFlags::empty());
    let output = step(User::Root).args(["su"]).with_obstacle(alone).run();
    output.assert_error("setgroups(0): EPERM: Operation not permitted", "as an ordinary user");
}

#[test]
fn with_the_proc_of_another_pid_namespace_or_none_it_says_so() {
    require_programs!("unshare");
    for &user in User::all() {
        let output = Step::new("/usr/bin/unshare", user).args(["-Urpf", EXE]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "step13-privilege: /proc belongs to another PID namespace: PID 1 is ";
        assert!(output.stderr.contains(error), "{output:?}");

        let no_proc = || own_mounts().and_then(|()| cover("/proc"));
        let output = step(user).with_obstacle(no_proc).run();
        let error = "readlink(/proc/self): ENOENT: No such file or directory";
        output.assert_error(error, "/proc is not mounted");
    }
}

// Signals, streams, arguments.

#[test]
fn a_signal_that_ends_the_step_ends_its_child_too_even_after_execve_gave_privileges() {
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        for (user, lines) in sample_by_user([0, 2]) {
            let mut step = LineByLine::start(user, "permitted execve execve");
            // After two lines the child is the program that execve(2) has made root again:
            // the kernel has forgotten its PR_SET_PDEATHSIG.
            for _ in 0..lines {
                step.blocked_child();
                step.line();
            }
            step.blocked_child();
            step.step.signal(signal);
            assert_eq!(step.finish().signal(), Some(signal as i32));
        }
    }
}

#[test]
fn a_killed_child_is_reported() {
    for &user in User::all() {
        for signal in [Signal::SIGKILL, Signal::SIGTERM] {
            let step = LineByLine::start(user, "permitted");
            kill(step.blocked_child(), signal).unwrap();
            let output = step.finish();
            output.assert_error(&format!("the child was killed by {signal}"), "");
        }
        let step = LineByLine::start(user, "permitted");
        kill(step.blocked_child(), Signal::SIGINT).unwrap();
        assert_eq!(step.finish().signal(), Some(Signal::SIGINT as i32), "as a shell expects");
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    // A moment is a system call, not a time: the signal comes at the first call of a name.
    require_programs!("strace");
    let calls = ["unshare", "capset", "execve", "prctl", "seccomp", "sethostname", "write"];
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let in_step = ["socketpair", "write", "prctl"].map(|call| SignalAt::new(call, signal));
        let in_any = calls.map(|call| SignalAt::in_any_process(call, signal));
        for moment in sample(in_step.into_iter().chain(in_any)) {
            let output = moment.run(EXE, &["permitted", "execve", "seccomp"], User::Ordinary);
            assert_ne!(output.code(), Some(0), "{signal} at {}: {output:?}", moment.call);
        }
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for &user in User::all() {
        Step::assert_stdout_errors(|| step(user));
        let output = step(user).stdout_without_reader().run();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
    }
}

#[test]
fn a_reader_that_leaves_in_the_middle_is_no_error() {
    for &user in User::all() {
        let mut step = LineByLine::start(user, "");
        step.blocked_child();
        step.line();
        drop(step.stdout);
        let output = step.step.wait();
        assert!(only_the_user_note_is_on_stderr(output.assert_ok(), user), "{output:?}");
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    step(User::Ordinary).stderr_full().run().assert_ok();
}

#[test]
fn color_appears_only_on_request() {
    Step::assert_color_on_request(|| step(User::Ordinary));
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["everything"][..], "\"everything\" is not a change"),
        (&[""], "\"\" is not a change"),
        (&["su", "execve"], "su is the last change: another program runs then"),
        (&["--color"], "invalid option '--color'"),
        (&["permitted", "\x1b[31m"], r#""\u{1b}[31m" is not a change"#),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
    ] {
        let output = step(User::Ordinary).args(args).run();
        output.assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step13-privilege -- no_new_privs su";
    let usage = "Usage: step13-privilege [CHANGE...]";
    step(User::Ordinary).assert_help(&[usage, example, "capabilities(7)"]);
}
