//! Runs step11-net and asks the kernel which sockets, devices and namespaces there are.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{SYS_bind, SYS_clone, SYS_connect, SYS_mount, SYS_pidfd_open, SYS_unshare};
use nix::sched::CloneFlags;
use nix::sys::resource::{Resource, rlim_t, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use testkit::obstacle::{no_more_namespaces, own_shared_mounts, own_user_namespace, refuse};
use testkit::tempfile::TempDir;
use testkit::{Host, Output, Running, SignalAt, Step, User, link, namespace, status, temp_dir};
use testkit::{require_programs, require_root, sample, sample_by_user, skip, wait_until};

const EXE: &str = env!("CARGO_BIN_EXE_step11-net");

/// What the port story prints before it needs `ip`.
const LINES_WITHOUT_IP: usize = 7;

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// Skips the test unless a veth pair can be made.
macro_rules! require_veth {
    () => {
        require_programs!("ip", "unshare");
        if let Some(reason) = no_veth() {
            skip!("ip cannot make a veth pair here: {reason}");
        }
    };
}

/// Why `ip` cannot make a veth pair, in a network namespace that ends with it.
fn no_veth() -> Option<String> {
    let new = if User::all()[0] == User::Root { "-n" } else { "-Urn" };
    let make = ["ip", "link", "add", "name", "a", "type", "veth", "peer", "name", "b"];
    let output = Command::new("unshare").arg(new).args(make).output().unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The port story as it is printed, with the numbers in it.
#[derive(Debug)]
struct Story {
    parents: String,
    childs: String,
    parent_socket: String,
    child_socket: String,
}

impl Story {
    /// Reads the numbers out of the lines, and asserts all the rest.
    fn read(lines: &[&str]) -> Story {
        let between = |line: usize, before: &str, after: &str| {
            let rest = lines[line].strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
            rest.unwrap_or_else(|| panic!("{before}…{after} is not line {line} of {lines:#?}"))
        };
        // Where a module of tunnels is loaded, each network namespace begins with one, too.
        let (parents, devices) = between(0, "parent: ", ", routes: 0").split_once(", ").unwrap();
        assert!(devices.starts_with("devices: lo"), "{devices}");
        let empty = format!(", {devices}, routes: 0");
        let parent_socket = between(1, "parent: listens on 0.0.0.0:8080, ", "");
        let childs = between(2, "child:  ", &empty);
        let child_socket = between(3, "child:  listens on 0.0.0.0:8080, ", "");
        assert_eq!(between(4, "third:  ", &empty), parents);
        assert_eq!(lines[5], "third:  bind(0.0.0.0:8080): EADDRINUSE: Address already in use");
        assert_eq!(
            lines[6],
            "parent: connect(127.0.0.1:8080): ENETUNREACH: Network is unreachable"
        );
        if lines.len() > LINES_WITHOUT_IP {
            let joined = format!(", {devices}, veth0, routes: 1");
            assert_eq!(between(7, "parent: ", &joined), parents);
            let port = between(8, "parent: 10.11.0.1:", " -> 10.11.0.2:8080");
            assert!(port.parse::<u16>().is_ok(), "{port}");
            assert_eq!(between(9, "parent: the server is in ", ""), childs);
            assert_eq!(lines.len(), 10);
        }
        let [parents, childs] = [parents, childs].map(str::to_owned);
        let [parent_socket, child_socket] = [parent_socket, child_socket].map(str::to_owned);
        Story { parents, childs, parent_socket, child_socket }
    }
}

/// Starts the port story and reads it up to its last line.
fn started(user: User) -> (Running, Pid, Story) {
    let mut step = step(user).start();
    let lines: Vec<_> = (0..10).map(|_| step.line()).collect();
    let story = Story::read(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let processes = step.processes();
    let [child] = processes.iter().filter(|pid| **pid != step.pid()).collect::<Vec<_>>()[..] else {
        panic!("more or less than a parent and its child: {processes:?}");
    };
    (step, *child, story)
}

fn only_the_user_note_is_on_stderr(output: &Output, user: User) -> bool {
    let lines: Vec<_> = output.stderr.lines().collect();
    match user {
        User::Root => lines.is_empty(),
        User::Ordinary => lines.len() == 1 && lines[0].contains("CLONE_NEWUSER"),
    }
}

#[test]
fn two_processes_listen_and_a_third_cannot_and_the_first_talks_to_the_second() {
    require_veth!();
    for user in sample((0..20).map(|round| User::all()[round % User::all().len()])) {
        let output = Host::unchanged(|| step(user).run());
        output.assert_ok();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
        let story = Story::read(&output.stdout.lines().collect::<Vec<_>>());
        let here = namespace("self", "net");
        assert!(![&story.parents, &story.childs].contains(&&here), "{story:?}");
        assert_ne!(story.parents, story.childs);
        assert_ne!(story.parent_socket, story.child_socket);
    }
}

#[test]
fn each_socket_is_in_the_table_of_its_own_network_namespace_and_in_no_other() {
    require_veth!();
    for &user in User::all() {
        let (step, child, story) = started(user);
        for (pid, namespace_of, own, other) in [
            (step.pid(), &story.parents, &story.parent_socket, &story.child_socket),
            (child, &story.childs, &story.child_socket, &story.parent_socket),
        ] {
            assert_eq!(&namespace(pid, "net"), namespace_of);
            let listening = listening_on_8080(&format!("/proc/{pid}/net/tcp"));
            assert_eq!(listening, [own.as_str()], "{story:?}");
            assert!(!listening.contains(other));
            let fds = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
            assert!(fds.flatten().any(|fd| link(fd.path()) == *own), "{story:?}");
        }
        let fds = fs::read_dir(format!("/proc/{}/fd", step.pid())).unwrap();
        assert!(fds.flatten().any(|fd| link(fd.path()) == story.childs), "the parent holds it");
        let here = listening_on_8080("/proc/thread-self/net/tcp");
        let ours = [story.parent_socket, story.child_socket];
        assert!(here.iter().all(|socket| !ours.contains(socket)), "{here:?}");
        step.wait().assert_ok();
    }
}

/// The sockets that listen on port 8080, by their inode numbers (`proc_net(5)`).
fn listening_on_8080(table: &str) -> Vec<String> {
    let table = fs::read_to_string(table).unwrap();
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let rows = rows.filter(|row| row[1] == "00000000:1F90" && row[3] == "0A");
    rows.map(|row| format!("socket:[{}]", row[9])).collect()
}

#[test]
fn an_unprivileged_user_is_root_in_one_new_user_namespace_and_root_stays_where_it_is() {
    require_veth!();
    for &user in User::all() {
        let (step, child, _) = started(user);
        let users = namespace(step.pid(), "user");
        assert_eq!(users == namespace("self", "user"), user == User::Root);
        assert_eq!(users, namespace(child, "user"));
        if user == User::Ordinary {
            let map = fs::read_to_string(format!("/proc/{}/uid_map", step.pid())).unwrap();
            let map: Vec<_> = map.split_whitespace().collect();
            assert_eq!(map, ["0", &user.uid().to_string(), "1"]);
        }
        for kind in ["ipc", "mnt", "pid", "uts"] {
            assert_eq!(namespace(step.pid(), kind), namespace("self", kind));
            assert_eq!(namespace(child, kind), namespace("self", kind));
        }
        step.wait().assert_ok();
    }
}

#[test]
fn ip_finds_lo_down_and_the_two_ends_of_one_veth_pair() {
    require_root!("to look into the network namespaces");
    require_veth!();
    require_programs!("nsenter");
    for &user in sample(User::all()) {
        let (step, child, _) = started(user);
        let mut ends = Vec::new();
        for (pid, address) in [(step.pid(), "10.11.0.1/24"), (child, "10.11.0.2/24")] {
            let ip = |what: &str| {
                let pid = pid.to_string();
                let argv = ["-n", "-t", &pid, "ip", "-4", "-oneline", what, "show"];
                let output = Command::new("nsenter").args(argv).output().unwrap();
                String::from_utf8(output.stdout).unwrap()
            };
            // The kernel reports the state within a second of the change.
            wait_until("veth0 is up", || ip("link").contains(" state UP "));
            let (links, addresses) = (ip("link"), ip("address"));
            let lo = links.lines().find(|line| line.contains(": lo: ")).expect(&links);
            assert!(lo.contains(": lo: <LOOPBACK> "), "lo is up: {lo}");
            let veth = links.lines().find(|line| line.contains(": veth0@if")).expect(&links);
            assert!(addresses.contains(&format!("inet {address} ")), "{addresses}");
            assert!(!addresses.contains("127.0.0.1"), "{addresses}");
            // `2: veth0@if3:`: its own number, and that of the other end.
            let (number, rest) = veth.split_once(": veth0@if").expect(veth);
            ends.push((number.to_owned(), rest.split(':').next().unwrap().to_owned()));
        }
        assert_eq!(ends[0].0, ends[1].1, "{ends:?}");
        assert_eq!(ends[0].1, ends[1].0, "{ends:?}");
        step.wait().assert_ok();
    }
}

#[test]
fn the_third_process_differs_from_the_child_by_one_flag() {
    require_veth!();
    require_programs!("strace");
    let argv = ["-qq", "-e", "trace=clone,unshare", EXE];
    for &user in User::all() {
        let output = Step::new("/usr/bin/strace", user).args(argv).run();
        output.assert_ok();
        let calls: Vec<_> =
            output.stderr.lines().filter(|line| line.contains("CLONE_NEW")).collect();
        let unshare = match user {
            User::Root => "unshare(CLONE_NEWNET) = 0",
            User::Ordinary => "unshare(CLONE_NEWUSER|CLONE_NEWNET) = 0",
        };
        let calls: Vec<_> = calls
            .iter()
            .map(|call| call.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let calls: Vec<_> = calls.iter().filter(|call| !call.starts_with("note:")).collect();
        assert_eq!(calls[0], unshare, "{output:?}");
        assert!(calls[1].contains("flags=CLONE_NEWNET|SIGCHLD"), "{output:?}");
        assert_eq!(calls.len(), 2, "{output:?}");
        assert!(output.stderr.contains("flags=SIGCHLD)"), "{output:?}");
    }
}

#[test]
fn three_processes_ask_for_the_port_and_the_kernel_refuses_one() {
    require_veth!();
    require_programs!("strace");
    let argv = ["-qq", "-f", "-e", "trace=bind", EXE];
    for &user in sample(User::all()) {
        let output = Step::new("/usr/bin/strace", user).args(argv).run();
        let binds = |result: &str| {
            let calls = output.stderr.lines().filter(|line| line.contains("sin_port=htons(8080)"));
            calls.filter(|line| line.trim_end().ends_with(result)).count()
        };
        assert_eq!(binds("= 0"), 2, "{output:?}");
        assert_eq!(binds("= -1 EADDRINUSE (Address already in use)"), 1, "{output:?}");
    }
}

#[test]
fn two_runs_at_the_same_time_do_not_meet() {
    require_veth!();
    for &user in sample(User::all()) {
        let runs = [started(user), started(user), started(User::Ordinary)];
        let mut namespaces: Vec<_> =
            runs.iter().flat_map(|(_, _, it)| [it.parents.clone(), it.childs.clone()]).collect();
        namespaces.sort();
        namespaces.dedup();
        assert_eq!(namespaces.len(), 6);
        for (step, ..) in runs {
            step.wait().assert_ok();
        }
    }
}

#[test]
fn both_stay_until_enter() {
    require_veth!();
    for &user in User::all() {
        let (mut step, child, _) = started(user);
        let notes: Vec<_> =
            (0..if user == User::Root { 5 } else { 6 }).map(|_| step.note()).collect();
        for pid in [step.pid(), child] {
            assert!(notes.contains(&format!("    cat /proc/{pid}/net/tcp")), "{notes:?}");
        }
        step.type_in("\n");
        step.wait().assert_ok();
    }
}

#[test]
fn a_stopped_pair_continues_where_it_was() {
    require_veth!();
    let (mut step, child, _) = started(User::Ordinary);
    for pid in [step.pid(), child] {
        kill(pid, Signal::SIGSTOP).unwrap();
        wait_until("the process stops", || status(pid, "State").starts_with('T'));
    }
    for pid in [step.pid(), child] {
        kill(pid, Signal::SIGCONT).unwrap();
    }
    step.type_in("\n");
    step.wait().assert_ok();
}

#[test]
fn a_signal_that_ends_the_parent_ends_the_child_too() {
    require_veth!();
    for (user, signal) in sample_by_user([Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT]) {
        let output = Host::unchanged(|| {
            let (step, ..) = started(user);
            step.signal(signal);
            step.wait()
        });
        assert_eq!(output.signal(), Some(signal as i32));
    }
}

#[test]
fn a_stopped_child_dies_with_its_parent() {
    require_veth!();
    let (step, child, _) = started(User::Ordinary);
    kill(child, Signal::SIGSTOP).unwrap();
    step.signal(Signal::SIGKILL);
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn a_killed_child_is_reported_without_waiting_for_enter() {
    require_veth!();
    for (user, signal) in sample_by_user([Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT]) {
        let (mut step, child, _) = started(user);
        kill(child, signal).unwrap();
        let last = format!("step11-net: child {child} was killed by {signal}");
        while step.note() != last {}
        assert_eq!(step.wait().code(), Some(1));
    }
}

#[test]
fn what_follows_from_the_death_of_the_child_is_not_reported_in_its_place() {
    require_veth!();
    require_programs!("strace");
    // The child dies before it answers, so the parent's connection is refused or reset.
    let moment = SignalAt::in_any_process("?accept,accept4", Signal::SIGKILL);
    for &user in sample(User::all()) {
        let output = moment.run(EXE, &[], user);
        assert_eq!(output.code(), Some(1), "{output:?}");
        let errors: Vec<_> =
            output.stderr.lines().filter(|line| line.starts_with("step11-net: ")).collect();
        let [error] = errors[..] else { panic!("{output:?}") };
        assert!(error.starts_with("step11-net: child "), "{output:?}");
        assert!(error.ends_with(" was killed by SIGKILL"), "{output:?}");
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    require_veth!();
    // A moment is a system call, not a time: the signal comes at the first call of a name.
    require_programs!("strace");
    // Some processors have only the second of two calls that do the same.
    let poll = "?poll,ppoll";
    let recv = "?recv,recvfrom";
    let of_parent = ["unshare", "clone", "bind", "connect", poll, recv, "wait4", "write"];
    let of_both = ["prctl", recv, "bind", "?accept,accept4", "execve", "sendmsg", "write"];
    let in_unix = ["unshare", "mount", "bind", "clone", "connect", "wait4", "write"];
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let in_parent = of_parent.map(|call| (SignalAt::new(call, signal), &[][..]));
        let in_both = of_both.map(|call| (SignalAt::in_any_process(call, signal), &[][..]));
        let in_unix = in_unix.map(|call| (SignalAt::in_any_process(call, signal), &["unix"][..]));
        for (moment, args) in sample(in_parent.into_iter().chain(in_both).chain(in_unix)) {
            let output = moment.run(EXE, args, User::Ordinary);
            let received = output.stderr.contains(signal.as_str());
            assert!(received, "no {signal} at {}: {output:?}", moment.call);
        }
    }
    assert!(!Path::new("/tmp/step11").exists());
}

#[test]
fn an_abstract_name_belongs_to_the_network_namespace_and_a_path_does_not() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).args(["unix"]).run());
        output.assert_ok();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
        assert!(!Path::new("/tmp/step11").exists());
        let lines: Vec<_> = output.stdout.lines().collect();
        let [parents, name, path, thirds, third_name, third_path, childs, child_name, child_path] =
            lines[..]
        else {
            panic!("{output:?}")
        };
        let [parents, thirds, childs] =
            [(parents, "parent: "), (thirds, "third:  "), (childs, "child:  ")]
                .map(|(line, who)| line.strip_prefix(who).expect(line));
        assert!(parents.starts_with("net:["), "{parents}");
        assert_eq!(thirds, parents);
        assert_ne!(childs, parents);
        assert_ne!(parents, namespace("self", "net"));
        assert!(name.starts_with("parent: listens on @step11, socket:["), "{name}");
        assert!(path.starts_with("parent: listens on /tmp/step11, socket:["), "{path}");
        assert!(third_name.starts_with("third:  connect(@step11): socket:["), "{third_name}");
        assert!(third_path.starts_with("third:  connect(/tmp/step11): socket:["), "{third_path}");
        assert_eq!(child_name, "child:  connect(@step11): ECONNREFUSED: Connection refused");
        assert!(child_path.starts_with("child:  connect(/tmp/step11): socket:["), "{child_path}");
    }
}

#[test]
fn the_kernel_refuses_one_of_four_connections_to_unix_sockets() {
    require_programs!("strace");
    let argv = ["-qq", "-f", "-e", "trace=connect", EXE, "unix"];
    for &user in User::all() {
        let output = Step::new("/usr/bin/strace", user).args(argv).run();
        let connects = |name: &str, result: &str| {
            let calls = output.stderr.lines().filter(|line| line.contains(name));
            calls.filter(|line| line.trim_end().ends_with(result)).count()
        };
        let refused = "= -1 ECONNREFUSED (Connection refused)";
        assert_eq!(connects("sun_path=@\"step11\"", "= 0"), 1, "{output:?}");
        assert_eq!(connects("sun_path=@\"step11\"", refused), 1, "{output:?}");
        assert_eq!(connects("sun_path=\"/tmp/step11\"", "= 0"), 2, "{output:?}");
    }
}

#[test]
fn the_mount_of_the_unix_story_stays_in_its_mount_namespace_even_if_all_mounts_are_shared() {
    // The shell is in the mount namespace that the step leaves.
    let script = "\"$0\" unix >&2; cat /proc/self/mountinfo; test ! -e /tmp/step11";
    for &user in User::all() {
        let shell = || Step::new("/bin/sh", user).with_obstacle(own_shared_mounts);
        let (_dir, exe) = testkit::copy_program(EXE, 0o755);
        let mounts = |output: Output| output.assert_ok().stdout.lines().count();
        let before = mounts(shell().args(["-c", "cat /proc/self/mountinfo"]).run());
        let after = shell().args(["-c", script]).args([&exe]).run();
        assert!(after.stderr.contains("child:  connect(/tmp/step11): socket:["), "{after:?}");
        assert_eq!(mounts(after), before);
    }
}

#[test]
fn a_killed_child_of_the_unix_story_is_reported() {
    require_programs!("strace");
    // The first process that connects is the third.
    let moment = SignalAt::in_any_process("connect", Signal::SIGKILL);
    for &user in User::all() {
        let output = moment.run(EXE, &["unix"], user);
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains(" was killed by SIGKILL\n"), "{output:?}");
        assert!(!output.stdout.contains("child:"), "{output:?}");
    }
}

#[test]
fn an_error_of_a_child_is_printed_once_and_is_the_status_of_the_step() {
    require_programs!("strace");
    // Only children ask to die with their parent.
    let inject = ["-qq", "-f", "-o", "/dev/null", "-e", "inject=prctl:error=EINVAL", EXE];
    for args in [&[][..], &["unix"]] {
        let output = Step::new("/usr/bin/strace", User::Ordinary).args(inject).args(args).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "step11-net: prctl(PR_SET_PDEATHSIG, SIGKILL): EINVAL: Invalid argument";
        assert_eq!(output.errors(), [error], "{output:?}");
    }
}

#[test]
fn an_error_of_the_third_process_ends_the_story() {
    // A file that may grow by what comes before the lines of the third.
    let before: usize = {
        let output = step(User::Ordinary).env("PATH", "/nonexistent").run();
        output.stdout.lines().take(4).map(|line| line.len() + 1).sum()
    };
    let limit = move || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) }?;
        let limit = before as rlim_t + 5;
        Ok(setrlimit(Resource::RLIMIT_FSIZE, limit, limit)?)
    };
    let file = testkit::tempfile::tempfile().unwrap();
    let step = step(User::Ordinary).with_obstacle(limit).with(|it| _ = it.stdout(file));
    step.run().assert_error("write(stdout): EFBIG: File too large", "");
}

#[test]
fn it_works_in_a_user_namespace_too() {
    require_veth!();
    for (user, args) in sample_by_user([&[][..], &["unix"]]) {
        let nested = || own_user_namespace(CloneFlags::empty());
        step(user).args(args).with_obstacle(nested).run().assert_ok();
    }
}

/// A directory with a program `ip` that does what the script says.
fn fake_ip(script: &str) -> TempDir {
    let dir = temp_dir(User::Ordinary);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let file = dir.path().join("script");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    // Copied by cp(1): a child that another thread forks meanwhile cannot keep it open.
    let copied = Command::new("cp").arg(&file).arg(dir.path().join("ip")).status().unwrap();
    assert!(copied.success());
    fs::set_permissions(dir.path().join("ip"), fs::Permissions::from_mode(0o755)).unwrap();
    dir
}

/// Asserts that all but the veth pair was shown, and an error of `ip link add`.
#[track_caller]
fn assert_ip_failed(output: &Output, error: &str, hint: &str) {
    assert_eq!(output.code(), Some(1), "{output:?}");
    let lines: Vec<_> = output.stdout.lines().collect();
    assert_eq!(lines.len(), LINES_WITHOUT_IP, "{output:?}");
    Story::read(&lines);
    let errors = output.errors().join("\n");
    let start = "step11-net: ip link add name veth0 type veth peer name veth0 netns ";
    assert!(errors.starts_with(start), "{errors}");
    assert!(errors.contains(&format!(": {error}\nhint: {hint}")), "{errors}");
    assert_eq!(errors.lines().count(), 2, "{errors}");
}

#[test]
fn without_ip_the_port_is_shown_and_the_package_is_named() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).env("PATH", "/nonexistent").run());
        assert_ip_failed(
            &output,
            "ENOENT: No such file or directory",
            "ip(8) is not in any directory",
        );
        assert!(output.stderr.contains("iproute2"), "{output:?}");
    }
}

#[test]
fn without_veth_the_port_is_shown_and_the_module_is_named() {
    for text in ["Error: Unknown device type.", "RTNETLINK answers: Operation not supported"] {
        let dir = fake_ip(&format!("echo '{text}' >&2; exit 2"));
        for &user in User::all() {
            let output = Host::unchanged(|| step(user).env("PATH", dir.path()).run());
            let error = format!("exited with status 2: {text}");
            assert_ip_failed(
                &output,
                &error,
                "this kernel has no veth devices: as root, try modprobe",
            );
        }
    }
}

#[test]
fn a_different_ip_is_suspected_and_its_text_cannot_drive_the_terminal() {
    let dir = fake_ip("printf 'ip: \\033[31mwhat?\\nusage\\n' >&2; exit 1");
    let output = step(User::Ordinary).env("PATH", dir.path()).run();
    let error = r"exited with status 1: ip: \u{1b}[31mwhat?\nusage";
    assert_ip_failed(&output, error, "this needs the ip(8) of iproute2");
}

#[test]
fn an_ip_that_was_killed_is_an_error() {
    let dir = fake_ip("kill -KILL $$");
    let output = step(User::Ordinary).env("PATH", dir.path()).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.ends_with(": was killed by SIGKILL\n"), "{output:?}");
}

#[test]
fn an_ip_that_hangs_dies_with_the_step() {
    let dir = fake_ip("exec /bin/sleep 1000");
    let mut step = step(User::Ordinary).env("PATH", dir.path()).start();
    for _ in 0..LINES_WITHOUT_IP {
        step.line();
    }
    let is_ip = |pid: &Pid| status(pid, "Name") == "sleep";
    wait_until("ip runs", || step.processes().iter().any(is_ip));
    step.signal(Signal::SIGKILL);
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn root_without_a_capability_is_told_which_one() {
    require_root!("to drop a capability");
    require_veth!();
    require_programs!("setpriv");
    let without = |capability: &str| {
        let argv = ["--bounding-set", capability, EXE];
        Step::new("/usr/bin/setpriv", User::Root).args(argv).run()
    };
    let output = without("-net_admin");
    assert_eq!(output.code(), Some(1), "{output:?}");
    let hint = "Operation not permitted\nhint: you lack CAP_NET_ADMIN";
    assert!(output.stderr.contains(hint), "{output:?}");
    let output = without("-sys_admin");
    assert_eq!(output.code(), Some(1), "{output:?}");
    let error = "unshare(CLONE_NEWNET): EPERM: Operation not permitted\nhint: you are root but \
                 lack CAP_SYS_ADMIN";
    assert!(output.stderr.contains(error), "{output:?}");
}

#[test]
fn a_refusal_of_ip_to_one_who_may_do_it_is_a_security_modules() {
    let dir = fake_ip("echo 'RTNETLINK answers: Operation not permitted' >&2; exit 2");
    let output = step(User::Ordinary).env("PATH", dir.path()).run();
    let error = "exited with status 2: RTNETLINK answers: Operation not permitted";
    assert_ip_failed(&output, error, "");
    assert!(!output.stderr.contains("CAP_NET_ADMIN"), "{output:?}");
}

#[test]
fn at_the_limit_the_hint_names_the_setting() {
    for args in [&[][..], &["unix"]] {
        let at_limit = || no_more_namespaces(&["net", "user"]);
        let output = step(User::Ordinary).args(args).with_obstacle(at_limit).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains("step11-net: unshare(CLONE_NEW"), "{output:?}");
        assert!(output.stderr.contains("ENOSPC: No space left on device\n"), "{output:?}");
        assert!(
            output.stderr.contains("hint: user.max_net_namespaces=0 allows none"),
            "{output:?}"
        );
    }
}

#[test]
fn a_limit_of_one_network_namespace_stops_the_child() {
    let one = || {
        own_user_namespace(CloneFlags::empty())?;
        fs::write("/proc/sys/user/max_net_namespaces", "1")
    };
    let output = step(User::Ordinary).with_obstacle(one).run();
    output.assert_error(
        "clone(CLONE_NEWNET): ENOSPC: No space left on device",
        "the limits of those around it count too",
    );
}

#[test]
fn a_filter_is_named_whatever_call_it_refuses() {
    let any = CloneFlags::empty();
    let net = CloneFlags::CLONE_NEWNET;
    let cases = [
        (&[][..], SYS_unshare, net, "unshare(CLONE_NEW"),
        (&[], SYS_clone, net, "clone(CLONE_NEWNET)"),
        (&[], SYS_pidfd_open, any, "pidfd_open(self)"),
        (&["unix"], SYS_mount, any, "mount(/, MS_REC | MS_PRIVATE)"),
    ];
    let of_sockets = [
        (&[][..], SYS_bind, any, "bind(0.0.0.0:8080)"),
        (&[], SYS_connect, any, "connect(127.0.0.1:8080)"),
        (&["unix"], SYS_bind, any, "bind(@step11)"),
        (&["unix"], SYS_connect, any, "connect(@step11)"),
    ];
    // A C library for this processor has one number for all of them, socketcall(2).
    let of_sockets = of_sockets.into_iter().filter(|_| cfg!(not(target_arch = "x86")));
    for (user, (args, call, flags, name)) in sample_by_user(cases.into_iter().chain(of_sockets)) {
        let refuse = move || refuse(&[(call, flags, Errno::EPERM)]);
        let output = step(user).args(args).with_obstacle(refuse).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = format!("step11-net: {name}");
        assert!(output.stderr.contains(&error), "{output:?}");
        let hint = "EPERM: Operation not permitted\nhint: a seccomp filter may be blocking";
        assert!(output.stderr.contains(hint), "{output:?}");
    }
}

#[test]
fn a_proc_of_another_pid_namespace_is_refused() {
    require_programs!("unshare");
    let (_dir, exe) = testkit::copy_program(EXE, 0o755);
    for &user in User::all() {
        let output = Step::new("/usr/bin/unshare", user).args(["-Urpf"]).args([&exe]).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let error = "step11-net: /proc belongs to another PID namespace: PID ";
        assert!(output.stderr.contains(error), "{output:?}");
        assert!(output.stderr.contains("hint: unshare --mount-proc"), "{output:?}");
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["tcp"][..], "unexpected argument \"tcp\""),
        (&["unix", "unix"], "unexpected argument \"unix\""),
        (&["unix", "8080"], "unexpected argument \"8080\""),
        (&["--port"], "invalid option '--port'"),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
        (&[""], "unexpected argument \"\""),
    ] {
        step(User::Ordinary).args(args).run().assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step11-net";
    let parts = ["Usage: step11-net\n", "step11-net unix", example, "network_namespaces(7)"];
    step(User::Ordinary).assert_help(&parts);
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for (user, args) in sample_by_user([&[][..], &["unix"]]) {
        Step::assert_stdout_errors(|| step(user).args(args));
        let output = step(user).args(args).stdout_without_reader().run();
        assert!(only_the_user_note_is_on_stderr(&output, user), "{output:?}");
    }
}

#[test]
fn a_reader_that_leaves_after_a_line_is_no_error() {
    let script = "{ \"$0\" $1; echo $? >&2; } | head -1";
    let (_dir, exe) = testkit::copy_program(EXE, 0o755);
    for story in ["", "unix"] {
        let output = Step::new("/bin/sh", User::Ordinary).args(["-c", script]).args([&exe]);
        let output = output.args([story]).run();
        assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
        assert_eq!(output.errors(), ["0"], "{output:?}");
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    require_veth!();
    for args in sample([&[][..], &["unix"]]) {
        step(User::Ordinary).args(args).stderr_full().run().assert_ok();
        step(User::Ordinary).args(args).stderr_without_reader().run().assert_ok();
    }
}

#[test]
fn color_appears_only_on_request() {
    require_veth!();
    Step::assert_color_on_request(|| step(User::Ordinary));
    Step::assert_color_on_request(|| step(User::Ordinary).args(["unix"]));
}

#[test]
fn an_inherited_sigchld_that_is_ignored_does_not_lose_the_childrens_status() {
    require_veth!();
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    for args in [&[][..], &["unix"]] {
        step(User::all()[0]).args(args).with_obstacle(ignore_sigchld).run().assert_ok();
    }
}
