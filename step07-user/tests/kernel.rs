//! Runs step07-user and asks the kernel who its child is, what it may do, and who owns what.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::libc::{self, SYS_clone, SYS_memfd_create, SYS_pidfd_open, SYS_sethostname, SYS_unshare};
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::{Gid, Pid, Uid, setgid, setgroups, setuid};
use testkit::obstacle::{
    cover, hidden_processes, no_more_namespaces, own_mounts, own_user_namespace, refuse,
};
use testkit::{
    Host, Output, Running, SignalAt, Step, User, copy_program, descendants, link, namespace,
    require_programs, require_root, sample, sample_by_user, skip, status, tempfile, wait_until,
};

const EXE: &str = env!("CARGO_BIN_EXE_step07-user");

/// What the story is about, line by line.
const STORY: [&str; 13] = [
    "caller",
    "child without a map",
    "child with a map",
    "sethostname() in OLD",
    "sethostname() in NEW",
    "settimeofday(NULL, NULL)",
    "setgroups(0, NULL)",
    "open(/etc/shadow)",
    "owner of /etc/shadow, inside",
    "owner of the child's file, inside",
    "owner of the child's file, outside",
    "owner of OLD",
    "owner of NEW",
];

const EPERM: &str = "EPERM: Operation not permitted";

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// A line without the spaces that align it: what it is about, and the fact.
fn fact(line: &str) -> (String, String) {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    // A namespace has a colon, too: `uts:[4026531838]`.
    let (about, fact) = line.split_once(": ").unwrap_or_else(|| panic!("no fact: {line}"));
    (about.to_owned(), fact.to_owned())
}

fn facts(output: &Output) -> Vec<(String, String)> {
    output.stdout.lines().map(fact).collect()
}

/// The fact about something.
fn about<'a>(facts: &'a [(String, String)], about: &str) -> &'a str {
    let found = facts.iter().find(|it| it.0 == about);
    &found.unwrap_or_else(|| panic!("nothing about {about:?}: {facts:?}")).1
}

/// The UTS namespace that the child has created: the last line's.
fn new_uts(facts: &[(String, String)]) -> String {
    facts.last().unwrap().0.strip_prefix("owner of ").unwrap().to_owned()
}

/// Starts the story and reads it to its last line. Then both processes wait.
fn started(user: User) -> (Running, Pid, Vec<(String, String)>) {
    let mut step = step(user).start();
    let facts = STORY.map(|_| fact(&step.line())).to_vec();
    let children = descendants(step.pid());
    let [child] = children[..] else { panic!("not one child: {children:?}") };
    (step, child, facts)
}

/// The lines of a map, with single spaces.
fn map(pid: Pid, file: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    text.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn overflow_uid() -> String {
    fs::read_to_string("/proc/sys/kernel/overflowuid").unwrap().trim_end().to_owned()
}

/// All capabilities that this kernel has, as a set.
fn all_capabilities() -> String {
    let last = fs::read_to_string("/proc/sys/kernel/cap_last_cap").unwrap();
    format!("{:016x}", (1_u64 << (last.trim_end().parse::<u32>().unwrap() + 1)) - 1)
}

/// The inode number of the user namespace that owns a namespace, and its owner's uid.
fn owner(namespace: &str) -> (u64, u32) {
    let namespace = File::open(namespace).unwrap();
    let (get_userns, get_owner_uid) = (libc::_IO(0xb7, 1), libc::_IO(0xb7, 4));
    // SAFETY: the descriptor is open, and the call touches no memory.
    let fd = Errno::result(unsafe { libc::ioctl(namespace.as_raw_fd(), get_userns) }).unwrap();
    // SAFETY: the kernel has just created it.
    let owner = File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    let mut uid = 0;
    // SAFETY: the kernel writes one number.
    let got = unsafe { libc::ioctl(owner.as_raw_fd(), get_owner_uid, &raw mut uid) };
    Errno::result(got).unwrap();
    (owner.metadata().unwrap().ino(), uid)
}

fn in_initial_user_namespace() -> bool {
    namespace("self", "user") == "user:[4026531837]"
}

#[test]
fn the_story_has_the_same_lines_in_the_same_order_every_time() {
    for user in sample((0..100).map(|round| User::all()[round % User::all().len()])) {
        let output = Host::unchanged(|| step(user).run());
        assert_eq!(output.assert_ok().errors(), [""; 0]);
        let facts = facts(&output);
        let (old, new) = (namespace("self", "uts"), new_uts(&facts));
        assert_ne!(old, new);
        let lines: Vec<_> =
            facts.iter().map(|it| it.0.replace(&old, "OLD").replace(&new, "NEW")).collect();
        assert_eq!(lines, STORY);
    }
}

#[test]
fn without_a_map_the_child_is_the_overflow_user_and_with_one_it_is_0_and_has_all_capabilities() {
    for &user in User::all() {
        let (step, child, facts) = started(user);
        let (ours, childs) = (namespace("self", "user"), namespace(child, "user"));
        let caller = step.pid();
        let capabilities = status(caller, "CapEff");
        assert_eq!(
            about(&facts, "caller"),
            format!("uid {} in {ours} CapEff {capabilities}", user.uid())
        );
        let all = all_capabilities();
        assert_eq!(
            about(&facts, "child without a map"),
            format!("uid {} in {childs} CapEff {all}", overflow_uid())
        );
        assert_eq!(about(&facts, "child with a map"), format!("uid 0 in {childs} CapEff {all}"));
        assert_eq!(status(child, "CapEff"), all);
        assert_eq!(map(child, "uid_map"), [format!("0 {} 1", user.uid())]);
        assert_eq!(
            map(child, "gid_map"),
            [format!("0 {} 1", status(caller, "Gid").split(' ').next().unwrap())]
        );
        assert_eq!(map(child, "setgroups"), ["deny"]);
        assert_eq!(status(child, "Uid"), status(caller, "Uid"), "outside it is the caller");
        step.wait().assert_ok();
    }
}

#[test]
fn the_child_is_in_new_user_and_uts_namespaces_and_in_no_other_new_one() {
    for &user in User::all() {
        let (step, child, facts) = started(user);
        for kind in ["user", "uts"] {
            assert_ne!(namespace(child, kind), namespace("self", kind));
            assert_eq!(namespace(step.pid(), kind), namespace("self", kind));
        }
        for kind in ["cgroup", "ipc", "mnt", "net", "pid"] {
            assert_eq!(namespace(child, kind), namespace("self", kind));
        }
        assert_eq!(namespace(child, "uts"), new_uts(&facts));
        step.wait().assert_ok();
    }
}

#[test]
fn the_hostname_can_be_set_where_the_childs_user_namespace_owns_it_and_nowhere_else() {
    for &user in User::all() {
        let (step, child, facts) = started(user);
        let (old, new) = (namespace("self", "uts"), namespace(child, "uts"));
        assert_eq!(about(&facts, &format!("sethostname() in {old}")), EPERM);
        assert_eq!(about(&facts, &format!("sethostname() in {new}")), "done");

        let (inode, uid) = owner(&format!("/proc/{child}/ns/uts"));
        assert_eq!(format!("user:[{inode}]"), namespace(child, "user"));
        assert_eq!(uid, user.uid().as_raw());
        let told = format!("user:[{inode}], owner uid {uid}");
        assert_eq!(about(&facts, &format!("owner of {new}")), told);
        if in_initial_user_namespace() {
            let (inode, uid) = owner("/proc/self/ns/uts");
            let told = format!("user:[{inode}], owner uid {uid}");
            assert_eq!(about(&facts, &format!("owner of {old}")), told);
        }
        step.wait().assert_ok();
    }
}

#[test]
fn the_clock_and_the_groups_are_out_of_reach_even_for_the_child_of_root() {
    for &user in User::all() {
        let output = step(user).run();
        let facts = facts(&output);
        assert_eq!(about(&facts, "settimeofday(NULL, NULL)"), EPERM);
        assert_eq!(about(&facts, "setgroups(0, NULL)"), EPERM);
    }
}

#[test]
fn a_file_of_roots_is_open_only_to_the_child_of_root() {
    for &user in User::all() {
        let output = step(user).run();
        let facts = facts(&output);
        let (opened, owner) = match (fs::metadata("/etc/shadow"), user) {
            (Err(_), _) => {
                ("ENOENT: No such file or directory", "ENOENT: No such file or directory".into())
            }
            (Ok(_), User::Root) => ("done", "uid 0".into()),
            (Ok(file), _) if file.mode() & 0o004 == 0 && file.uid() == 0 => {
                ("EACCES: Permission denied", format!("uid {}", overflow_uid()))
            }
            _ => skip!("/etc/shadow is not root's alone"),
        };
        assert_eq!(about(&facts, "open(/etc/shadow)"), opened);
        assert_eq!(about(&facts, "owner of /etc/shadow, inside"), owner);
    }
}

#[test]
fn what_the_child_creates_belongs_to_0_inside_and_to_the_caller_outside() {
    for &user in User::all() {
        let (step, child, facts) = started(user);
        assert_eq!(about(&facts, "owner of the child's file, inside"), "uid 0");
        let outside = format!("uid {}", user.uid());
        assert_eq!(about(&facts, "owner of the child's file, outside"), outside);
        let file = format!("/proc/{child}/fd/0");
        assert!(link(&file).starts_with("/memfd:by-root"), "{}", link(&file));
        assert_eq!(fs::metadata(&file).unwrap().uid(), user.uid().as_raw());
        step.wait().assert_ok();
    }
}

#[test]
fn no_call_would_change_the_machine_even_if_it_were_allowed() {
    require_programs!("strace");
    let hostname = nix::sys::utsname::uname().unwrap().nodename().to_str().unwrap().to_owned();
    for &user in User::all() {
        let output = Step::new("/usr/bin/strace", user)
            .args(["-f", "-qq", "-e", "trace=sethostname,settimeofday,setgroups"])
            .args([EXE])
            .run();
        output.assert_ok();
        let calls: Vec<_> = output.stderr.lines().filter(|it| it.contains(" = ")).collect();
        let set = format!("sethostname({hostname:?}, {})", hostname.len());
        let expected = [set.as_str(), set.as_str(), "settimeofday(NULL, NULL)", "setgroups(0, "];
        assert_eq!(calls.len(), expected.len(), "{calls:?}");
        for (call, expected) in calls.iter().zip(expected) {
            assert!(call.contains(expected), "{expected} is not {call}");
        }
    }
}

#[test]
fn both_stay_until_enter_and_what_is_suggested_meanwhile_works() {
    for &user in User::all() {
        let (mut step, child, _) = started(user);
        let notes: Vec<_> = (0..7).map(|_| step.note()).collect();
        for command in [
            format!("    cat /proc/{child}/uid_map"),
            format!("    grep Cap /proc/{child}/status"),
            format!("    ls -nL /proc/{child}/fd/0"),
            format!("    ls -l /proc/{child}/ns/user /proc/{child}/ns/uts"),
        ] {
            assert!(notes.contains(&command), "{notes:?}");
            let shell = Step::new("/bin/sh", user).args(["-c", command.trim()]).run();
            shell.assert_ok();
            assert_ne!(shell.stdout, "");
        }
        step.type_in("\n");
        step.wait().assert_ok();
    }
}

#[test]
fn run_in_a_user_namespace_it_does_not_see_who_owns_the_hosts() {
    for &user in User::all() {
        let inside = || own_user_namespace(CloneFlags::empty());
        let output = step(user).with_obstacle(inside).run();
        output.assert_ok();
        let facts = facts(&output);
        let old = namespace("self", "uts");
        let told = about(&facts, &format!("owner of {old}"));
        assert_eq!(told, "a user namespace outside of the caller's");
        let new = format!("owner of {}", new_uts(&facts));
        assert!(about(&facts, &new).ends_with(&format!("owner uid {}", user.uid())), "{facts:?}");
    }
}

#[test]
fn where_processes_are_hidden_its_own_child_is_not() {
    require_root!("to mount /proc with hidepid");
    step(User::Root).with_obstacle(hidden_processes).run().assert_ok();
}

// The range.

/// The lines of `range`, with the PID of the child as PID.
fn range_facts(output: &Output) -> Vec<(String, String)> {
    let mut facts = facts(output);
    for fact in &mut facts {
        if let Some((before, after)) = fact.0.split_once("/proc/") {
            let file = after.trim_start_matches(|it: char| it.is_ascii_digit());
            fact.0 = format!("{before}/proc/PID{file}");
        }
    }
    facts
}

/// Makes `/etc` one in which the ordinary user has a name, and these lines are in
/// `/etc/subuid` and `/etc/subgid`; then becomes that user. Needs root.
fn ordinary_with_subids(lines: &'static str) -> impl FnMut() -> io::Result<()> {
    move || {
        let id = User::Ordinary.uid().as_raw();
        own_mounts()?;
        cover("/etc")?;
        fs::write("/etc/passwd", format!("borrower:x:{id}:{id}::/:/bin/sh\n"))?;
        fs::write("/etc/subuid", lines)?;
        fs::write("/etc/subgid", lines)?;
        setgroups(&[])?;
        setgid(Gid::from_raw(id))?;
        setuid(Uid::from_raw(id))?;
        Ok(())
    }
}

#[test]
fn root_maps_a_range_by_itself_and_user_1_inside_is_another_user_outside() {
    require_root!("to map other users");
    let output = Host::unchanged(|| step(User::Root).args(["range"]).run());
    output.assert_ok();
    let facts = range_facts(&output);
    let maps = |kind: &str| {
        let file = format!("/proc/PID/{kind}_map");
        assert_eq!(about(&facts, &format!("write({file})")), "done");
        about(&facts, &file).to_owned()
    };
    let (uids, gids) = (maps("uid"), maps("gid"));
    let first_of = |map: &str| {
        let numbers = map.strip_prefix("0 0 1, 1 ").expect("two lines");
        numbers.split(' ').next().unwrap().to_owned()
    };
    let (uid, gid) = (first_of(&uids), first_of(&gids));
    assert_eq!(about(&facts, "setgroups(1)"), "done");
    assert_eq!(about(&facts, "the child, inside"), "uid 1, gid 1, groups 1");
    let outside = format!("uid {uid}, gid {gid}, groups {gid}");
    assert_eq!(about(&facts, "the child, outside"), outside);
}

/// Starts `range` as root, and stops the parent where it waits for the child: the child becomes
/// user 1 and stays. Returns strace and the PIDs of parent and child.
fn range_with_a_stopped_parent() -> (Running, Pid, Pid) {
    let stop = SignalAt::new("?recv,recvfrom", Signal::SIGSTOP);
    let mut strace = stop.step(EXE, &["range"], User::Root).start();
    while !strace.line().starts_with("the child, inside") {}
    let [parent, child] = descendants(strace.pid())[..] else { panic!("not two processes") };
    wait_until("the parent stops", || status(parent, "State").to_lowercase().starts_with('t'));
    (strace, parent, child)
}

#[test]
fn the_kernel_holds_two_lines_and_user_1_is_the_first_of_the_range_without_capabilities() {
    require_root!("to map other users");
    require_programs!("strace");
    let (strace, parent, child) = range_with_a_stopped_parent();
    for (file, field) in [("uid_map", "Uid"), ("gid_map", "Gid")] {
        let [own, range] = &map(child, file)[..] else { panic!("not two lines") };
        assert_eq!(own, "0 0 1");
        let numbers: Vec<_> = range.split(' ').collect();
        assert_eq!(numbers[0], "1");
        assert_eq!(status(child, field), [numbers[1]; 4].join(" "));
    }
    assert_eq!(map(child, "setgroups"), ["allow"]);
    assert_eq!(status(child, "CapEff"), "0000000000000000");
    kill(parent, Signal::SIGCONT).unwrap();
    strace.wait().assert_ok();
}

#[test]
fn without_a_range_of_its_own_a_user_may_map_no_other_and_is_told_how_to_get_one() {
    require_root!("to write /etc/subuid in a mount namespace");
    for lines in [
        "",
        "somebody:100000:65536\n",
        "borrower:x:65536\n",
        "borrower:100000:0\n",
        "::",
        "borrower:4294967296:1\n",
    ] {
        let output =
            step(User::Root).args(["range"]).with_obstacle(ordinary_with_subids(lines)).run();
        output.assert_error(
            "/etc/subuid: no range for borrower",
            "sudo sh -c 'echo borrower:100000:65536 >> /etc/subuid'",
        );
        assert_eq!(range_facts(&output), [("write(/proc/PID/uid_map)".into(), EPERM.into())]);
    }
}

#[test]
fn without_newuidmap_the_error_says_what_to_install() {
    require_root!("to write /etc/subuid in a mount namespace");
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    for (path, errno) in [
        (Path::new("/nonexistent"), "ENOENT: No such file or directory"),
        (closed.path(), "EACCES: Permission denied"),
    ] {
        let lent = ordinary_with_subids("borrower:200000:1000\n");
        let step = step(User::Root).args(["range"]).env("PATH", path);
        let output = step.with_obstacle(lent).run();
        output.assert_error(&format!("execve(newuidmap): {errno}"), "called uidmap (Debian");
    }
}

#[test]
fn a_newuidmap_without_privilege_is_reported_with_its_status() {
    require_root!("to write /etc/subuid in a mount namespace");
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("/bin/false", dir.path().join("newuidmap")).unwrap();
    let lent = ordinary_with_subids("65534:200000:1000\n");
    let step = step(User::Root).args(["range"]).env("PATH", dir.path());
    step.with_obstacle(lent)
        .run()
        .assert_error("newuidmap exited with status 1", "it must be set-user-ID root");
}

#[test]
fn newuidmap_maps_what_a_user_was_lent() {
    require_root!("to write /etc/subuid in a mount namespace");
    require_programs!("newuidmap", "newgidmap");
    let lent = ordinary_with_subids("somebody:100000:65536\nborrower:200000:1000\n");
    let output = step(User::Root).args(["range"]).with_obstacle(lent).run();
    output.assert_ok();
    let facts = range_facts(&output);
    for kind in ["uid", "gid"] {
        let file = format!("/proc/PID/{kind}_map");
        assert_eq!(about(&facts, &format!("write({file})")), EPERM);
        assert_eq!(about(&facts, &format!("new{kind}map")), "done");
        let own = User::Ordinary.uid();
        assert_eq!(about(&facts, &file), format!("0 {own} 1, 1 200000 1000"));
    }
    assert_eq!(about(&facts, "setgroups(1)"), "done");
    assert_eq!(about(&facts, "the child, inside"), "uid 1, gid 1, groups 1");
    let outside = "uid 200000, gid 200000, groups 200000";
    assert_eq!(about(&facts, "the child, outside"), outside);
}

#[test]
fn in_a_user_namespace_with_one_user_there_is_no_range_to_map() {
    require_root!("to be root of a user namespace without /etc/subuid");
    let inside = || {
        own_mounts()?;
        cover("/etc")?;
        own_user_namespace(CloneFlags::empty())
    };
    let output = step(User::Root).args(["range"]).with_obstacle(inside).run();
    output.assert_error("/etc/subuid: no range for 0", "check: cat /proc/self/uid_map");
}

// User namespaces in user namespaces.

/// What root of each level was told, and the last two lines.
fn levels(output: &Output) -> (Vec<String>, Vec<String>) {
    let mut lines = output.stdout.lines();
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("sethostname() in uts:[") && first.ends_with(" by root of:"),
        "{first}"
    );
    let (levels, rest): (Vec<_>, Vec<_>) = lines.partition(|it| it.starts_with("level "));
    (
        levels.iter().map(|&it| it.to_owned()).collect(),
        rest.iter().map(|&it| it.to_owned()).collect(),
    )
}

#[test]
fn user_namespaces_nest_33_levels_deep_and_only_root_of_the_first_owns_the_hostname() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).args(["nested"]).run());
        assert_eq!(output.assert_ok().errors(), [""; 0]);
        let (levels, rest) = levels(&output);
        if in_initial_user_namespace() {
            assert_eq!(levels.len(), 33, "{output:?}");
        }
        let mut namespaces = BTreeSet::new();
        for (number, line) in (1..).zip(&levels) {
            let (root, result) = fact(line);
            let (level, namespace) = root.split_once(", ").unwrap();
            assert_eq!(level, format!("level {number}"));
            assert!(namespace.starts_with("user:["), "{line}");
            assert!(namespaces.insert(namespace.to_owned()), "not new: {line}");
            assert_eq!(result, if number == 1 { "done" } else { EPERM });
        }
        let [refused, map] = &rest[..] else { panic!("{output:?}") };
        assert_eq!(
            fact(refused),
            ("unshare(CLONE_NEWUSER)".into(), "ENOSPC: No space left on device".into())
        );
        assert_eq!(fact(map).1, format!("0 {} 1", user.uid()), "outside it is still the caller");
    }
}

#[test]
fn a_lower_limit_of_user_namespaces_ends_the_levels_earlier() {
    let limited = || {
        own_user_namespace(CloneFlags::empty())?;
        fs::write("/proc/sys/user/max_user_namespaces", "5")
    };
    for &user in User::all() {
        let output = step(user).args(["nested"]).with_obstacle(limited).run();
        output.assert_ok();
        assert_eq!(levels(&output).0.len(), 5, "{output:?}");
    }
}

#[test]
fn in_a_user_namespace_there_is_one_level_less() {
    if !in_initial_user_namespace() {
        skip!("the tests run in a user namespace themselves");
    }
    let inside = || own_user_namespace(CloneFlags::empty());
    let output = step(User::Ordinary).args(["nested"]).with_obstacle(inside).run();
    assert_eq!(levels(output.assert_ok()).0.len(), 32, "{output:?}");
}

// Signals.

#[test]
fn a_signal_that_ends_the_parent_ends_the_child_too() {
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
    let (step, child, _) = started(User::Ordinary);
    kill(child, Signal::SIGSTOP).unwrap();
    step.signal(Signal::SIGKILL);
    assert_eq!(step.wait().signal(), Some(Signal::SIGKILL as i32));
}

#[test]
fn a_killed_child_is_reported_without_waiting_for_enter() {
    for (user, signal) in sample_by_user([Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT]) {
        let (mut step, child, _) = started(user);
        kill(child, signal).unwrap();
        let last = format!("step07-user: child {child} was killed by {signal}");
        while step.note() != last {}
        assert_eq!(step.wait().code(), Some(1));
    }
}

#[test]
fn a_child_killed_before_its_parent_looks_at_it_is_reported_with_its_signal() {
    require_programs!("strace");
    for &user in User::all() {
        // The parent is stopped where it waits for the child to be done.
        let stop = SignalAt { when: 2, ..SignalAt::new("?recv,recvfrom", Signal::SIGSTOP) };
        let mut strace = stop.step(EXE, &[], user).start();
        while !strace.line().starts_with("owner of the child's file, inside") {}
        let [parent, child] = descendants(strace.pid())[..] else { panic!("not two processes") };
        wait_until("the parent stops", || status(parent, "State").to_lowercase().starts_with('t'));
        kill(child, Signal::SIGKILL).unwrap();
        wait_until("the child ends", || status(child, "State").starts_with('Z'));
        kill(parent, Signal::SIGCONT).unwrap();
        let output = strace.wait();
        let killed = format!("step07-user: child {child} was killed by SIGKILL\n");
        assert!(output.stderr.contains(&killed), "{output:?}");
        assert_eq!(output.stderr.matches("step07-user: ").count(), 1, "{output:?}");
        assert_eq!(output.code(), Some(1));
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    // A moment is a system call, not a time: the signal comes at the first call of a name.
    require_programs!("strace");
    let recv = "?recv,recvfrom";
    let of_parent = ["socketpair", "clone", "write", recv, "ioctl", "?poll,ppoll", "wait4"];
    let of_both =
        ["prctl", recv, "sethostname", "unshare", "settimeofday", "memfd_create", "write"];
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let in_parent = of_parent.map(|call| (SignalAt::new(call, signal), &[][..]));
        let in_both = of_both.map(|call| (SignalAt::in_any_process(call, signal), &[][..]));
        let nested = SignalAt { when: 20, ..SignalAt::in_any_process("unshare", signal) };
        let nested = [(nested, &["nested"][..])];
        let range = ["wait4", "write"].map(|call| (SignalAt::new(call, signal), &["range"][..]));
        let all = in_parent.into_iter().chain(in_both).chain(nested).chain(range);
        for (moment, args) in sample(all) {
            let output = moment.run(EXE, args, User::all()[0]);
            let received = output.stderr.contains(signal.as_str());
            assert!(received, "no {signal} at {}: {output:?}", moment.call);
        }
    }
}

#[test]
fn a_child_that_has_become_another_user_dies_with_its_parent() {
    require_root!("to map other users");
    require_programs!("strace");
    // With the new uid the kernel has forgotten PR_SET_PDEATHSIG: the child asked for it again.
    let (strace, parent, _) = range_with_a_stopped_parent();
    kill(parent, Signal::SIGKILL).unwrap();
    strace.wait();
}

// Output and arguments.

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["root"][..], "unexpected argument \"root\""),
        (&["range", "nested"], "unexpected argument \"nested\""),
        (&["nested", "nested"], "unexpected argument \"nested\""),
        (&[""], "unexpected argument \"\""),
        (&["--range"], "invalid option '--range'"),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
    ] {
        step(User::Ordinary).args(args).run().assert_usage_error(error);
    }
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step07-user";
    let usage = "Usage: step07-user [range | nested]";
    step(User::Ordinary).assert_help(&[usage, example, "user_namespaces(7)", "subuid(5)"]);
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for (user, args) in sample_by_user([&[][..], &["nested"]]) {
        Step::assert_stdout_errors(|| step(user).args(args));
    }
    if User::all()[0] == User::Root {
        Step::assert_stdout_errors(|| step(User::Root).args(["range"]));
    }
}

#[test]
fn a_reader_that_leaves_after_the_first_line_is_no_error() {
    for args in ["", "nested"] {
        let command = format!("{EXE} {args} | head -1");
        let output = Step::new("/bin/sh", User::Ordinary).args(["-c", &command]).run();
        assert_eq!(output.assert_ok().stderr, "");
        assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    step(User::Ordinary).stderr_full().run().assert_ok();
}

#[test]
fn color_appears_only_on_request() {
    for args in sample([&[][..], &["nested"]]) {
        Step::assert_color_on_request(|| step(User::Ordinary).args(args));
    }
}

#[test]
fn an_inherited_sigchld_that_is_ignored_does_not_lose_the_childs_status() {
    let ignore_sigchld = || {
        // SAFETY: SIG_IGN installs no handler that could run.
        unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) }?;
        Ok(())
    };
    step(User::all()[0]).with_obstacle(ignore_sigchld).run().assert_ok();
}

// Why the kernel refuses: the state of the machine decides.

#[test]
fn at_the_limit_the_hint_names_the_setting() {
    for args in [&[][..], &["range"], &["nested"]] {
        let at_limit = || no_more_namespaces(&["user"]);
        let output = step(User::Ordinary).args(args).with_obstacle(at_limit).run();
        let call = match args {
            ["nested"] => "clone(CLONE_NEWUTS | CLONE_NEWUSER)",
            _ => "clone(CLONE_NEWUSER)",
        };
        output.assert_error(
            &format!("{call}: ENOSPC: No space left on device"),
            "user.max_user_namespaces=0 blocks this",
        );
    }
    let no_uts = || no_more_namespaces(&["uts"]);
    let output = step(User::Ordinary).with_obstacle(no_uts).run();
    output.assert_error(
        "unshare(CLONE_NEWUTS): ENOSPC: No space left on device",
        "limits of those around it count too",
    );
}

#[test]
fn a_filter_is_named_whatever_call_it_refuses() {
    let new_user = CloneFlags::CLONE_NEWUSER;
    let any = CloneFlags::empty();
    for (user, (call, flags, args, name)) in sample_by_user([
        (SYS_pidfd_open, any, &[][..], "pidfd_open(self)"),
        (SYS_clone, new_user, &[], "clone(CLONE_NEWUSER)"),
        (SYS_unshare, any, &[], "unshare(CLONE_NEWUTS)"),
        (SYS_unshare, any, &["nested"], "unshare(CLONE_NEWUSER)"),
        (SYS_memfd_create, any, &[], "memfd_create(by-root)"),
    ]) {
        let refuse = move || refuse(&[(call, flags, Errno::EPERM)]);
        let output = step(user).args(args).with_obstacle(refuse).run();
        output.assert_error(&format!("{name}: {EPERM}"), "a seccomp filter may be blocking");
    }
}

#[test]
fn a_filter_that_refuses_sethostname_shows_in_the_outcome() {
    let refuse = || refuse(&[(SYS_sethostname, CloneFlags::empty(), Errno::EACCES)]);
    let output = step(User::Ordinary).with_obstacle(refuse).run();
    output.assert_ok();
    let new = format!("sethostname() in {}", new_uts(&facts(&output)));
    assert_eq!(about(&facts(&output), &new), "EACCES: Permission denied");
}

#[test]
fn where_proc_is_read_only_nothing_can_be_mapped() {
    let read_only = || {
        own_mounts()?;
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
        let flags = flags | MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        Ok(mount(None::<&str>, "/proc", None::<&str>, flags, None::<&str>)?)
    };
    for &user in User::all() {
        let output = step(user).with_obstacle(read_only).run();
        let error = output.errors()[0].to_owned();
        assert!(error.starts_with("step07-user: write(/proc/"), "{output:?}");
        assert!(error.ends_with("/setgroups): EROFS: Read-only file system"), "{output:?}");
        assert!(output.stderr.contains("hint: /proc is mounted read-only"), "{output:?}");
        assert_eq!(output.code(), Some(1));
        assert_eq!(output.stdout.lines().count(), 2, "no line of a child that was not mapped");
    }
}

#[test]
fn a_program_that_may_be_run_but_not_read_is_told_why_its_child_cannot_be_mapped() {
    require_root!("to run a program that its user may not read");
    let (_dir, program) = copy_program(EXE, 0o711);
    let output = Step::new(program.to_str().unwrap(), User::Ordinary).run();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("/setgroups): EACCES: Permission denied\n"), "{output:?}");
    assert!(output.stderr.contains("hint: the program may be run but not read"), "{output:?}");
}

#[test]
fn no_user_namespace_comes_out_of_one_without_a_map() {
    let unmapped = || {
        set_dumpable(true)?;
        Ok(nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?)
    };
    for &user in User::all() {
        let output = step(user).with_obstacle(unmapped).run();
        output.assert_error(&format!("clone(CLONE_NEWUSER): {EPERM}"), "no user is mapped");
    }
}

#[test]
fn with_the_proc_of_another_pid_namespace_nothing_is_created() {
    require_programs!("unshare"); // it leaves the old /proc in a new PID namespace
    for &user in User::all() {
        // `exit` keeps the shell from becoming the step.
        let script = "for i in 1 2 3; do /bin/true; done; \"$0\"; exit $?";
        let args = ["-Urpf", "sh", "-c", script, EXE];
        let output = Step::new("/usr/bin/unshare", user).args(args).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, "", "nothing was created");
        let error = "step07-user: /proc belongs to another PID namespace: PID ";
        assert!(output.stderr.starts_with(error), "{output:?}");
        assert!(output.stderr.ends_with("\nhint: unshare --mount-proc mounts the right one\n"));
    }
}
