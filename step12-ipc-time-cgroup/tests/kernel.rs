//! Runs step12-ipc-time-cgroup and asks the kernel what is in the namespaces of its child.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::mqueue::{MQ_OFlag, MqAttr, mq_open};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::stat::Mode;
use nix::sys::statvfs::statvfs;
use nix::unistd::{Pid, geteuid};
use testkit::obstacle::{docker, no_more_namespaces, own_mounts, own_user_namespace, refuse};
use testkit::{Host, Output, Running, SignalAt, Step, User, copy_program, namespace, status};
use testkit::{require_programs, require_root, sample, sample_by_user, skip, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step12-ipc-time-cgroup");

/// The key and the name of the queues that the step creates.
const KEY: libc::key_t = 0x6865_6c6f;
const NAME: &str = "/helo";

const DAY: i64 = 86400;

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// Whether this kernel has namespaces of this kind.
fn has(kind: &str) -> bool {
    Path::new("/proc/self/ns").join(kind).exists()
}

/// The kinds of the step that this kernel has.
fn kinds() -> Vec<&'static str> {
    ["ipc", "time", "cgroup"].into_iter().filter(|kind| has(kind)).collect()
}

macro_rules! require_kind {
    ($kind:literal) => {
        if !has($kind) {
            skip!("this kernel has no namespaces of the kind {}", $kind);
        }
    };
}

/// One line of the table: the question, the child's answer, the parent's.
type Row = [String; 3];

fn row(line: &str) -> Row {
    let (question, answers) = line.split_at(24);
    let (child, parent) = answers.split_at(22);
    [question, child, parent].map(|it| it.trim().to_owned())
}

/// The child and the table of a finished run.
fn table(output: &Output) -> Vec<Row> {
    let lines: Vec<_> = output.assert_ok().stdout.lines().collect();
    assert!(lines[0].starts_with("PID of child created by fork() is "), "{output:?}");
    assert_eq!(row(lines[1]), ["", "in child", "in parent"]);
    lines[2..].iter().map(|line| row(line)).collect()
}

/// The answers to one question.
fn answers<'a>(rows: &'a [Row], question: &str) -> (&'a str, &'a str) {
    let row = rows.iter().find(|row| row[0] == question);
    let [_, child, parent] = row.unwrap_or_else(|| panic!("no {question} in {rows:?}"));
    (child, parent)
}

/// Starts the step and reads the whole table.
fn started(user: User, kinds: &[&str]) -> (Running, Pid, Vec<Row>) {
    let mut step = step(user).args(kinds).start();
    let first = step.line();
    let child = first.strip_prefix("PID of child created by fork() is ").expect(&first);
    let child = Pid::from_raw(child.parse().unwrap());
    step.line();
    let questions = |kind: &&str| match *kind {
        "time" => 4,
        _ => 2,
    };
    let rows = (0..kinds.iter().map(questions).sum()).map(|_| row(&step.line())).collect();
    (step, child, rows)
}

/// The seconds in an answer such as `17870 s`.
fn seconds(answer: &str) -> i64 {
    answer.strip_suffix(" s").expect(answer).parse().expect(answer)
}

/// What a command prints in the namespaces of a process, of which `options` of nsenter(1)
/// name the kinds. An ordinary user's are in a user namespace.
fn inside(user: User, pid: Pid, options: &[&str], command: &[&str]) -> String {
    let of_user: &[&str] = if user == User::Root { &[] } else { &["-U", "--preserve-credentials"] };
    let target = pid.to_string();
    let nsenter = Step::new("/usr/bin/nsenter", user).args(["-t", &target]).args(of_user);
    nsenter.args(options).args(command).run().assert_ok().stdout.clone()
}

/// The longest path in `/proc/PID/cgroup`, as this process sees it.
fn longest_cgroup(pid: Pid) -> String {
    longest(&fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap())
}

/// The longest path in the text of such a file.
fn longest(text: &str) -> String {
    let paths = text.lines().map(|line| line.splitn(3, ':').nth(2).unwrap());
    paths.max_by_key(|path| path.len()).unwrap().to_owned()
}

/// The System V queues of this process's IPC namespace.
fn system_v_queues() -> String {
    fs::read_to_string("/proc/sysvipc/msg").unwrap()
}

/// Creates queues under the key and the name that the step uses.
fn create_queues() -> io::Result<()> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    Errno::result(unsafe { libc::msgget(KEY, libc::IPC_CREAT | libc::IPC_EXCL | 0o600) })?;
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL;
    mq_open(NAME, flags, Mode::S_IRUSR, Some(&MqAttr::new(0, 1, 1, 0)))?;
    Ok(())
}

/// Enters a new namespace, in a user namespace if that is necessary.
fn enter(kind: CloneFlags) -> io::Result<()> {
    match geteuid().is_root() {
        true => Ok(unshare(kind)?),
        false => own_user_namespace(kind),
    }
}

// What the namespaces hide.

#[test]
fn the_queues_of_the_child_are_found_in_its_ipc_namespace_and_nowhere_else() {
    require_kind!("ipc");
    require_programs!("nsenter");
    let before = system_v_queues();
    for &user in User::all() {
        let (step, child, rows) = started(user, &["ipc"]);
        assert_eq!(answers(&rows, "msgget(0x68656c6f)"), ("found", "ENOENT"));
        assert_eq!(answers(&rows, "mq_open(/helo)"), ("found", "ENOENT"));
        assert_eq!(rows.len(), 2);

        let msg = inside(user, child, &["-i"], &["cat", "/proc/sysvipc/msg"]);
        let keys: Vec<_> =
            msg.lines().skip(1).map(|it| it.split_whitespace().next().unwrap()).collect();
        assert_eq!(keys, [KEY.to_string()]);
        assert_eq!(system_v_queues(), before);
        let here = mq_open(NAME, MQ_OFlag::O_RDONLY, Mode::empty(), None);
        assert_eq!(here.err(), Some(Errno::ENOENT));
        step.wait().assert_ok();
    }
}

#[test]
fn the_file_system_mqueue_shows_the_queues_of_the_namespace_in_which_it_was_mounted() {
    require_kind!("ipc");
    require_programs!("nsenter", "unshare");
    // A new mount over /mnt, in a mount namespace that ends with this command.
    let list = "mount -t mqueue none /mnt && ls /mnt";
    for &user in User::all() {
        let (step, child, _) = started(user, &["ipc"]);
        let listed = inside(user, child, &["-i"], &["unshare", "-m", "sh", "-c", list]);
        assert_eq!(listed, "helo\n");
        step.wait().assert_ok();
    }
}

#[test]
fn the_child_has_a_queue_of_its_own_where_the_parent_has_one_with_the_same_key_and_name() {
    require_kind!("ipc");
    for &user in User::all() {
        let obstacle = || {
            enter(CloneFlags::CLONE_NEWIPC)?;
            create_queues()
        };
        let output = step(user).args(["ipc"]).with_obstacle(obstacle).run();
        // The child has created its own: it refuses to share one (IPC_EXCL, O_EXCL).
        for [_, child, parent] in table(&output) {
            assert_eq!((&*child, &*parent), ("found", "found"), "{output:?}");
        }
    }
}

#[test]
fn two_clocks_of_the_child_are_a_day_ahead_and_the_time_of_day_is_the_same() {
    require_kind!("time");
    for &user in User::all() {
        let (step, child, rows) = started(user, &["time"]);
        assert_eq!(rows.len(), 4);
        // The parent looks a moment later.
        let ahead = |question| {
            let (child, parent) = answers(&rows, question);
            seconds(child) - seconds(parent)
        };
        for (question, expected) in
            [("CLOCK_MONOTONIC", DAY), ("CLOCK_BOOTTIME", DAY), ("CLOCK_REALTIME", 0)]
        {
            let ahead = ahead(question);
            assert!((expected - 600..=expected).contains(&ahead), "{question}: {ahead}");
        }

        let offsets = fs::read_to_string(format!("/proc/{child}/timens_offsets")).unwrap();
        let offsets: Vec<_> = offsets.split_whitespace().collect();
        assert_eq!(offsets, ["monotonic", "86400", "0", "boottime", "86400", "0"]);
        let parents = fs::read_to_string(format!("/proc/{}/timens_offsets", step.pid())).unwrap();
        assert_eq!(parents, fs::read_to_string("/proc/self/timens_offsets").unwrap());
        step.wait().assert_ok();
    }
}

#[test]
fn once_the_child_is_in_it_nobody_changes_the_offsets() {
    require_kind!("time");
    for &user in User::all() {
        let (step, child, rows) = started(user, &["time"]);
        assert_eq!(answers(&rows, "write(timens_offsets)"), ("EACCES", "EACCES"));
        let file = format!("/proc/{child}/timens_offsets");
        let before = fs::read_to_string(&file).unwrap();
        let error = fs::write(&file, "monotonic 5 0\n").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EACCES));
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
        // It is in the namespace that it made for its children.
        let for_children = namespace(child, "time_for_children");
        assert_eq!(for_children, namespace(child, "time"));
        step.wait().assert_ok();
    }
}

#[test]
fn the_uptime_of_the_child_is_a_day_longer() {
    require_kind!("time");
    require_programs!("nsenter");
    for &user in User::all() {
        let uptime = |text: &str| text.split('.').next().unwrap().parse::<i64>().unwrap();
        let (step, child, _) = started(user, &["time"]);
        let here = uptime(&fs::read_to_string("/proc/uptime").unwrap());
        let there = uptime(&inside(user, child, &["-T"], &["cat", "/proc/uptime"]));
        assert!((DAY..DAY + 600).contains(&(there - here)), "{there} {here}");
        step.wait().assert_ok();
    }
}

#[test]
fn the_same_file_of_proc_names_a_cgroup_differently_to_child_and_parent() {
    require_kind!("cgroup");
    require_programs!("nsenter");
    for &user in User::all() {
        let (step, child, rows) = started(user, &["cgroup"]);
        assert_eq!(rows.len(), 2);
        let of_child = longest_cgroup(child);
        assert_eq!(answers(&rows, "cgroup of child"), ("/", &*of_child));
        let of_pid_1 = answers(&rows, "cgroup of PID 1");
        if fs::read("/proc/1/cgroup").is_ok() {
            let from_child = inside(user, child, &["-C"], &["cat", "/proc/1/cgroup"]);
            let from_parent = longest_cgroup(Pid::from_raw(1));
            assert_eq!(of_pid_1, (&*longest(&from_child), &*from_parent));
        }
        step.wait().assert_ok();
    }
}

#[test]
fn it_creates_no_cgroup_and_stays_where_it_is() {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap();
    for &user in User::all() {
        let (step, child, _) = started(user, &kinds());
        for pid in [step.pid(), child] {
            assert_eq!(fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap(), own);
        }
        step.wait().assert_ok();
    }
}

#[test]
fn in_the_root_cgroup_a_note_says_why_nothing_is_hidden() {
    require_kind!("cgroup");
    let note = "note: the cgroup of this process is / already, ";
    for &user in User::all() {
        // The root of its cgroup namespace is all that it knows.
        let in_root = || enter(CloneFlags::CLONE_NEWCGROUP);
        let output = step(user).args(["cgroup"]).with_obstacle(in_root).run();
        let rows = table(&output);
        assert_eq!(answers(&rows, "cgroup of child"), ("/", "/"), "{output:?}");
        assert!(output.stderr.contains(note), "{output:?}");
        let output = step(user).args(["ipc"]).with_obstacle(in_root).run();
        assert!(!output.assert_ok().stderr.contains(note), "{output:?}");

        let output = step(user).args(["cgroup"]).run();
        let in_root = longest_cgroup(Pid::this()) == "/";
        assert_eq!(output.assert_ok().stderr.contains(note), in_root, "{output:?}");
    }
}

// The namespaces and the processes.

#[test]
fn the_child_is_in_new_namespaces_of_the_named_kinds_and_of_no_others() {
    let all = kinds();
    let mut choices: Vec<Vec<&str>> = all.iter().map(|kind| vec![*kind]).collect();
    choices.push(all.clone());
    for (user, chosen) in sample_by_user(&choices) {
        let (step, child, _) = started(user, chosen);
        let others = ["cgroup", "ipc", "mnt", "net", "pid", "time", "uts"].into_iter();
        for kind in others.filter(|kind| has(kind)) {
            let is_new = namespace(child, kind) != namespace("self", kind);
            assert_eq!(is_new, chosen.contains(&kind), "{kind} of {chosen:?}");
            assert_eq!(namespace(step.pid(), kind), namespace("self", kind));
        }
        let has_user_namespace = namespace(child, "user") != namespace("self", "user");
        assert_eq!(has_user_namespace, user == User::Ordinary);
        assert_eq!(namespace(step.pid(), "user"), namespace("self", "user"));
        assert_eq!(step.processes().len(), 2);
        step.wait().assert_ok();
    }
}

#[test]
fn an_unprivileged_user_is_root_in_the_childs_user_namespace() {
    let (step, child, _) = started(User::Ordinary, &["ipc"]);
    let map = fs::read_to_string(format!("/proc/{child}/uid_map")).unwrap();
    let map: Vec<_> = map.split_whitespace().collect();
    assert_eq!(map, ["0", &User::Ordinary.uid().to_string(), "1"]);
    let setgroups = fs::read_to_string(format!("/proc/{child}/setgroups")).unwrap();
    assert_eq!(setgroups, "deny\n");
    step.wait().assert_ok();
}

#[test]
fn without_arguments_it_asks_about_all_three_kinds_in_the_same_order() {
    if kinds().len() < 3 {
        skip!("this kernel has only the kinds {:?}", kinds());
    }
    for (user, args) in sample_by_user([&[][..], &["cgroup", "ipc", "time", "ipc"]]) {
        let output = Host::unchanged(|| step(user).args(args).run());
        let questions: Vec<_> = table(&output).into_iter().map(|row| row[0].clone()).collect();
        let expected = [
            "msgget(0x68656c6f)",
            "mq_open(/helo)",
            "CLOCK_MONOTONIC",
            "CLOCK_BOOTTIME",
            "CLOCK_REALTIME",
            "write(timens_offsets)",
            "cgroup of child",
            "cgroup of PID 1",
        ];
        assert_eq!(questions, expected);
        let note = output.stderr.contains("note: not root: unshare() also gets CLONE_NEWUSER");
        assert_eq!(note, user == User::Ordinary, "{output:?}");
        assert_eq!(output.errors(), [""; 0]);
    }
}

#[test]
fn many_at_the_same_time_have_a_queue_each() {
    require_kind!("ipc");
    for &user in sample(User::all()) {
        let running: Vec<_> = (0..12).map(|_| started(user, &["ipc"])).collect();
        for (step, _, rows) in running {
            assert_eq!(answers(&rows, "mq_open(/helo)"), ("found", "ENOENT"));
            step.wait().assert_ok();
        }
    }
}

#[test]
fn both_stay_until_enter_and_the_commands_name_the_child() {
    for &user in User::all() {
        let (mut step, child, _) = started(user, &kinds());
        let mut notes = vec![step.note()];
        while !notes.last().unwrap().starts_with("Press Enter") {
            notes.push(step.note());
        }
        let joined = notes.join("\n");
        for command in ["ipcs -q", "cat /proc/uptime", &format!("cat /proc/{child}/cgroup")] {
            let command = format!("    target/debug/step04-setns --target {child} -- {command}");
            let wanted = kinds().len() == 3 || !command.contains("uptime");
            assert_eq!(joined.contains(&command), wanted, "{joined}");
        }
        step.type_in("\n");
        step.wait().assert_ok();
    }
}

#[test]
fn a_stopped_pair_continues_where_it_was() {
    let (mut step, child, _) = started(User::Ordinary, &["ipc"]);
    for pid in [step.pid(), child] {
        kill(pid, Signal::SIGSTOP).unwrap();
        wait_until("the process stops", || status(pid, "State").starts_with('T'));
    }
    assert_ne!(namespace(child, "ipc"), namespace(step.pid(), "ipc"));
    for pid in [step.pid(), child] {
        kill(pid, Signal::SIGCONT).unwrap();
    }
    step.type_in("\n");
    step.wait().assert_ok();
}

// Signals.

#[test]
fn a_signal_that_ends_the_parent_ends_the_child_too() {
    for (user, signal) in sample_by_user([Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT]) {
        let output = Host::unchanged(|| {
            let (step, ..) = started(user, &kinds());
            step.signal(signal);
            step.wait()
        });
        assert_eq!(output.signal(), Some(signal as i32));
    }
}

#[test]
fn a_stopped_child_dies_with_its_parent() {
    let (step, child, _) = started(User::Ordinary, &["ipc"]);
    kill(child, Signal::SIGSTOP).unwrap();
    step.signal(Signal::SIGKILL);
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn a_killed_child_is_reported_without_waiting_for_enter() {
    for (user, signal) in sample_by_user([Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT]) {
        let (mut step, child, _) = started(user, &["ipc"]);
        kill(child, signal).unwrap();
        let last = format!("step12-ipc-time-cgroup: child {child} was killed by {signal}");
        while step.note() != last {}
        assert_eq!(step.wait().code(), Some(1));
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    // A moment is a system call, not a time: the signal comes at the first call of a name.
    require_programs!("strace");
    require_kind!("time");
    let before = system_v_queues();
    // Some processors have only the second of two calls that do the same.
    let poll = "?poll,ppoll";
    let of_parent = ["socketpair", "pipe2", "clone", "write", poll, "wait4"];
    let of_both = ["prctl", "unshare", "mq_open", "setns", "write"];
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let in_parent = of_parent.map(|call| SignalAt::new(call, signal));
        let in_both = of_both.map(|call| SignalAt::in_any_process(call, signal));
        for moment in sample(in_parent.into_iter().chain(in_both)) {
            let output = moment.run(EXE, &[], User::Ordinary);
            let received = output.stderr.contains(signal.as_str());
            assert!(received, "no {signal} at {}: {output:?}", moment.call);
        }
    }
    assert_eq!(system_v_queues(), before);
}

// Arguments and output.

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["uts"][..], "\"uts\" is not ipc, time or cgroup"),
        (&[""], "\"\" is not ipc, time or cgroup"),
        (&["ipc", "times"], "\"times\" is not ipc, time or cgroup"),
        (&["--color"], "invalid option '--color'"),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
        (&["\x1b[31m"], r#""\u{1b}[31m" is not ipc, time or cgroup"#),
    ] {
        let output = step(User::Ordinary).args(args).run();
        output.assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step12-ipc-time-cgroup -- time";
    let usage = "Usage: step12-ipc-time-cgroup [KIND...]";
    step(User::Ordinary).assert_help(&[usage, example, "time_namespaces(7)"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for &user in User::all() {
        Step::assert_stdout_errors(|| step(user).args(["ipc"]));
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    step(User::Ordinary).args(["ipc"]).stderr_full().run().assert_ok();
}

#[test]
fn color_appears_only_on_request() {
    Step::assert_color_on_request(|| step(User::Ordinary).args(["ipc"]));
}

#[test]
fn an_inherited_sigchld_that_is_ignored_does_not_lose_the_childs_status() {
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    step(User::all()[0]).args(["ipc"]).with_obstacle(ignore_sigchld).run().assert_ok();
}

// Why the kernel refuses: the state of the machine decides.

#[test]
fn at_the_limit_the_hint_names_the_setting() {
    for kind in kinds() {
        let at_limit = move || no_more_namespaces(&[kind]);
        let output = step(User::Ordinary).args([kind]).with_obstacle(at_limit).run();
        let flag = format!("CLONE_NEW{}", kind.to_uppercase());
        let error = match kind {
            "time" => format!("unshare(CLONE_NEWUSER | {flag})"),
            _ => format!("unshare({flag} | CLONE_NEWUSER)"),
        };
        let error = format!("{error}: ENOSPC: No space left on device");
        output.assert_error(&error, &format!("user.max_{kind}_namespaces=0 allows none"));
    }
}

#[test]
fn sudo_is_advised_only_where_it_can_work() {
    // This filter sets no_new_privs, as a container engine can.
    let output = step(User::Ordinary).args(["ipc"]).with_obstacle(docker).run();
    let error = "unshare(CLONE_NEWIPC | CLONE_NEWUSER): EPERM: Operation not permitted";
    output.assert_error(error, "a seccomp filter may be blocking this");
    output.assert_error(error, "(as root elsewhere: no_new_privs is set here, so sudo fails)");
}

#[test]
fn where_the_kernel_has_no_time_namespaces_the_other_kinds_are_advised() {
    let none = || {
        let time = CloneFlags::from_bits_retain(libc::CLONE_NEWTIME);
        refuse(&[(libc::SYS_unshare, time, Errno::EINVAL)])
    };
    for &user in User::all() {
        let output = step(user).with_obstacle(none).run();
        assert_eq!(output.code(), Some(1));
        let [error, .., hint] = output.errors()[..] else { panic!("{output:?}") };
        assert!(error.ends_with("CLONE_NEWTIME): EINVAL: Invalid argument"), "{output:?}");
        assert!(hint.ends_with(": target/debug/step12-ipc-time-cgroup ipc cgroup"), "{output:?}");
        step(user).args(["ipc", "cgroup"]).with_obstacle(none).run().assert_ok();
    }
}

#[test]
fn a_filter_is_named_whatever_call_it_refuses() {
    require_kind!("time");
    let calls = [
        (libc::SYS_pidfd_open, "pidfd_open(self)", "ipc"),
        (libc::SYS_mq_open, "mq_open(/helo, O_CREAT | O_EXCL)", "ipc"),
        (libc::SYS_setns, "/ns/time_for_children, CLONE_NEWTIME)", "time"),
    ];
    for errno in [Errno::EPERM, Errno::EACCES, Errno::ENOSYS] {
        for (user, (call, name, kind)) in sample_by_user(calls) {
            let refuse = move || refuse(&[(call, CloneFlags::empty(), errno)]);
            let output = step(user).args([kind]).with_obstacle(refuse).run();
            let error = format!("{name}: {errno}\nhint: a seccomp filter may be blocking");
            assert!(output.stderr.contains(&error), "{output:?}");
            assert_eq!(output.code(), Some(1));
        }
    }
}

#[test]
fn a_limit_of_posix_queues_is_not_called_one_of_open_files_only() {
    require_kind!("ipc");
    let no_queues = || Ok(setrlimit(Resource::RLIMIT_MSGQUEUE, 0, 0)?);
    // The limit is that of a user, and root without a user namespace has none.
    let output = step(User::Ordinary).args(["ipc"]).with_obstacle(no_queues).run();
    let error = "mq_open(/helo, O_CREAT | O_EXCL): EMFILE: Too many open files";
    output.assert_error(error, "bytes in this user's POSIX queues");
}

/// Drops a capability for good: execve(2) does not give it to root again.
fn without(capability: libc::c_ulong) -> io::Result<()> {
    // SAFETY: the call takes numbers and touches no memory of ours.
    let dropped = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) };
    Ok(Errno::result(dropped).map(drop)?)
}

#[test]
fn root_is_told_which_capability_it_lacks() {
    require_root!("to drop a capability");
    require_kind!("time");
    const CAP_SYS_ADMIN: libc::c_ulong = 21;
    const CAP_SYS_TIME: libc::c_ulong = 25;
    let output = step(User::Root).args(["ipc"]).with_obstacle(|| without(CAP_SYS_ADMIN)).run();
    let error = "unshare(CLONE_NEWIPC): EPERM: Operation not permitted";
    output.assert_error(error, "you are root but lack CAP_SYS_ADMIN");
    let output = step(User::Root).args(["time"]).with_obstacle(|| without(CAP_SYS_TIME)).run();
    assert_eq!(output.code(), Some(1));
    let error = "/timens_offsets): EPERM: Operation not permitted\nhint: setting the offset of a \
                 clock requires CAP_SYS_TIME";
    assert!(output.stderr.contains(error), "{output:?}");
}

#[test]
fn a_read_only_proc_is_named() {
    require_kind!("time");
    let read_only = || {
        own_mounts()?;
        let statvfs = statvfs("/proc")?;
        // A mount's other flags are locked in a user namespace.
        let flags = MsFlags::from_bits_truncate(statvfs.flags().bits() as libc::c_ulong);
        let flags = flags | MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        Ok(mount(None::<&str>, "/proc", None::<&str>, flags, None::<&str>)?)
    };
    for &user in User::all() {
        let output = step(user).args(["time"]).with_obstacle(read_only).run();
        assert_eq!(output.code(), Some(1));
        let (error, hint) = match user {
            User::Root => ("/timens_offsets): EROFS: ", "so no offset can be set"),
            User::Ordinary => ("write(/proc/self/setgroups): EROFS: ", "so no IDs can be mapped"),
        };
        let [line, why] = output.errors()[..] else { panic!("{output:?}") };
        assert!(line.contains(error) && why.contains(hint), "{output:?}");
    }
}

#[test]
fn a_proc_of_another_pid_namespace_is_refused() {
    require_programs!("unshare"); // it leaves the old /proc in a new PID namespace
    for &user in User::all() {
        let script = "/bin/true; \"$0\"; exit $?";
        let output =
            Step::new("/usr/bin/unshare", user).args(["-Urpf", "sh", "-c", script, EXE]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, "", "nothing was created");
        let error = "step12-ipc-time-cgroup: /proc belongs to another PID namespace: PID ";
        assert!(output.stderr.starts_with(error), "{output:?}");
    }
}

#[test]
fn a_program_that_may_be_run_but_not_read_is_the_reason_where_it_cannot_map() {
    require_root!("to own the program");
    let (_dir, program): (_, PathBuf) = copy_program(EXE, 0o711);
    let output = Step::new(program.to_str().unwrap(), User::Ordinary).args(["ipc"]).run();
    let error = "write(/proc/self/setgroups): EACCES: Permission denied";
    output.assert_error(error, "the program may be run but not read");
}
