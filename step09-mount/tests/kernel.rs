//! Runs step09-mount and asks the kernel which mounts are where.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{SYS_mount, SYS_mount_setattr, SYS_pivot_root, SYS_unshare};
use nix::mount::{MsFlags, mount};
use nix::sched::CloneFlags;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, chroot};
use testkit::obstacle::{cover, docker, no_more_namespaces, own_mounts, own_shared_mounts, refuse};
use testkit::{Host, Output, Running, SignalAt, Step, User, namespace, require_programs};
use testkit::{require_root, sample, sample_by_user, skip, status, temp_dir};

const EXE: &str = env!("CARGO_BIN_EXE_step09-mount");

const STORIES: [&[&str]; 5] = [&[], &["propagation"], &["read-only"], &["root"], &["locked"]];

fn step(user: User) -> Step {
    Step::new(EXE, user)
}

/// A line of `/proc/PID/mountinfo`: number, mount point, options, propagation, type.
#[derive(Debug, PartialEq)]
struct Mount {
    id: String,
    point: String,
    options: String,
    propagation: Option<String>,
    fs_type: String,
}

fn mounts(process: impl std::fmt::Display) -> Vec<Mount> {
    let text = fs::read_to_string(format!("/proc/{process}/mountinfo")).unwrap();
    let parse = |line: &str| {
        let (front, back) = line.split_once(" - ").unwrap();
        let fields: Vec<_> = front.split(' ').collect();
        Mount {
            id: fields[0].to_owned(),
            point: fields[4].to_owned(),
            options: fields[5].to_owned(),
            propagation: fields.get(6).map(|it| (*it).to_owned()),
            fs_type: back.split(' ').next().unwrap().to_owned(),
        }
    };
    text.lines().map(parse).collect()
}

/// The topmost mount on a directory.
fn mount_on(process: impl std::fmt::Display, point: &str) -> Option<Mount> {
    mounts(process).into_iter().rfind(|it| it.point == point)
}

/// The mount on which a directory of the host is.
fn mount_of(dir: &str) -> Mount {
    let above = Path::new(dir).ancestors();
    above.filter_map(|it| mount_on("self", it.to_str().unwrap())).next().expect("a mount on /")
}

/// Starts `own`, and reads it up to its last line.
fn started(user: User) -> (Running, Pid, [String; 3]) {
    let mut step = step(user).start();
    let lines = [step.line(), step.line(), step.line()];
    let child = lines[2].strip_prefix("parent: /proc/").and_then(|it| it.split('/').next());
    let child = Pid::from_raw(child.expect(&lines[2]).parse().unwrap());
    (step, child, lines)
}

/// Starts the step under strace, which stops it after its `when`th call of that name.
fn stopped_at(call: &str, when: u32, args: &[&str], user: User) -> (Running, Pid) {
    let signal = SignalAt { when, ..SignalAt::new(call, Signal::SIGSTOP) };
    let mut strace = signal.step(EXE, args, user).start();
    while strace.note() != "--- stopped by SIGSTOP ---" {}
    let is_step = |pid: &Pid| *pid != strace.pid();
    let step = strace.processes().into_iter().find(is_step).expect("the step");
    (strace, step)
}

fn continued(strace: Running, step: Pid) -> Output {
    kill(step, Signal::SIGCONT).unwrap();
    strace.wait()
}

#[test]
fn the_same_path_leads_parent_and_child_to_different_mounts() {
    for user in sample((0..100).map(|round| User::all()[round % User::all().len()])) {
        let host = mount_of("/tmp");
        let (step, child, lines) = Host::unchanged(|| started(user));
        let mount = mount_on(child, "/tmp").expect("a mount on /tmp");
        assert_eq!(mount.fs_type, "tmpfs");
        assert_eq!(mount_on(step.pid(), "/tmp"), mount_on("self", "/tmp"));
        let is = |mount: Mount| {
            format!("is on mount {}, {} at {}", mount.id, mount.fs_type, mount.point)
        };
        let child_mount = is(mount);
        assert_eq!(lines[0], format!("child:  /tmp {child_mount}; helo is there"));
        let error = "helo: ENOENT: No such file or directory";
        assert_eq!(lines[1], format!("parent: /tmp {}; {error}", is(host)));
        assert_eq!(
            lines[2],
            format!("parent: /proc/{child}/root/tmp {child_mount}; helo is there")
        );
        let output = step.wait();
        output.assert_ok();
        assert_eq!(output.stdout.lines().count(), 3, "{output:?}");
        assert!(!Path::new("/tmp/helo").exists());
    }
}

#[test]
fn only_the_child_is_in_a_new_mount_namespace_and_its_file_is_found_through_its_root() {
    for &user in User::all() {
        let (step, child, _) = started(user);
        assert_ne!(namespace(child, "mnt"), namespace("self", "mnt"));
        assert_eq!(namespace(step.pid(), "mnt"), namespace("self", "mnt"));
        let file = format!("/proc/{child}/root/tmp/helo");
        assert_eq!(fs::read_to_string(file).unwrap(), "helo\n");
        assert_eq!(step.processes().len(), 2);
        step.wait().assert_ok();
    }
}

#[test]
fn an_unprivileged_user_is_root_in_the_childs_user_namespace_and_root_needs_none() {
    for &user in User::all() {
        let (step, child, _) = started(user);
        let same = namespace(child, "user") == namespace("self", "user");
        assert_eq!(same, user == User::Root);
        if user == User::Ordinary {
            let map = fs::read_to_string(format!("/proc/{child}/uid_map")).unwrap();
            let map: Vec<_> = map.split_whitespace().collect();
            assert_eq!(map, ["0", &user.uid().to_string(), "1"]);
        }
        let output = step.wait();
        let notes = output.stderr.lines().filter(|it| it.contains("CLONE_NEWUSER")).count();
        assert_eq!(notes, usize::from(user == User::Ordinary), "{output:?}");
    }
}

#[test]
fn nothing_is_seen_outside_even_where_all_mounts_are_shared() {
    for (user, args) in sample_by_user(STORIES) {
        let script = format!("{EXE} {} && ! grep step09 /proc/self/mountinfo", args.join(" "));
        let shell = Step::new("/bin/sh", user).args(["-c", &script]);
        // An ordinary user may not reach the program.
        let shell = if user == User::Root { shell } else { step(user).args(args) };
        shell.with_obstacle(own_shared_mounts).run().assert_ok();
    }
}

#[test]
fn both_stay_until_enter_and_the_notes_name_what_to_compare() {
    for &user in User::all() {
        let (mut step, child, _) = started(user);
        let notes: Vec<_> =
            (0..if user == User::Root { 6 } else { 7 }).map(|_| step.note()).collect();
        for command in [
            format!("    grep ' /tmp ' /proc/{}/mountinfo", step.pid()),
            format!("    grep ' /tmp ' /proc/{child}/mountinfo"),
            format!("    ls /proc/{child}/root/tmp"),
        ] {
            assert!(notes.contains(&command), "{notes:?}");
        }
        step.type_in("\n");
        step.wait().assert_ok();
    }
}

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
    for &user in User::all() {
        let (mut step, child, _) = started(user);
        kill(child, Signal::SIGKILL).unwrap();
        let last = format!("step09-mount: child {child} was killed by SIGKILL");
        while step.note() != last {}
        assert_eq!(step.wait().code(), Some(1));
    }
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_behind() {
    // A moment is a system call, not a time: the signal comes at the first call of a name.
    require_programs!("strace");
    let recv = "?recv,recvfrom";
    let all: [(&[&str], &[&str]); 5] = [
        (&[], &["socketpair", recv, "prctl", "unshare", "mount", "write", "statx", "wait4"]),
        (&["propagation"], &["unshare", "mount", "umount2", "write"]),
        (&["read-only"], &["mount", "statx"]),
        (&["root"], &["mount", "chdir", "pivot_root", "umount2", "write"]),
        (&["locked"], &["mount", "clone", "prctl", "umount2", "wait4"]),
    ];
    let all = all.into_iter().flat_map(|(args, calls)| calls.iter().map(move |call| (args, call)));
    for signal in [Signal::SIGKILL, Signal::SIGINT] {
        for (args, call) in sample(all.clone()) {
            let moment = SignalAt::in_any_process(call, signal);
            let output = moment.run(EXE, args, User::Ordinary);
            // The child of `locked` is PID 1 and has no handler: the kernel drops SIGINT.
            let dropped = args == ["locked"] && signal == Signal::SIGINT;
            assert!(output.code() != Some(0) || dropped, "{args:?} {call} {output:?}");
        }
    }
}

// propagation

#[test]
fn a_mount_appears_in_peers_and_slaves_and_a_slave_and_a_private_mount_keep_theirs() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).args(["propagation"]).run());
        let lines: Vec<_> = output.assert_ok().stdout.lines().collect();
        let group = lines[0].strip_prefix("original  shared:").expect(lines[0]);
        assert_eq!(
            lines[1..],
            [
                &format!("peer      shared:{group}"),
                &format!("slave     master:{group}"),
                "private   -",
                "mounted in original  appears in original peer slave",
                "mounted in peer      appears in original peer slave",
                "mounted in slave     appears in slave",
                "mounted in private   appears in private",
            ]
        );
    }
}

#[test]
fn the_kernel_lists_the_mounts_where_the_step_says_that_they_appear() {
    require_programs!("strace");
    let all = ["original", "peer", "slave", "private"];
    // Ten calls come before the four that mount something in each place.
    let moments = [(11, &all[..3]), (12, &all[..3]), (13, &all[2..3]), (14, &all[3..])];
    for (user, (when, expected)) in sample_by_user(moments) {
        let (strace, step) = stopped_at("mount", when, &["propagation"], user);
        let found = mounts(step);
        let propagation = |place: &str| {
            let mount = found.iter().find(|it| it.point == format!("/tmp/{place}")).unwrap();
            mount.propagation.clone().unwrap_or_default()
        };
        let group = propagation("original");
        assert!(group.starts_with("shared:"), "{found:?}");
        assert_eq!(propagation("peer"), group);
        assert_eq!(propagation("slave"), group.replace("shared", "master"));
        assert_eq!(propagation("private"), "");
        let has_new = |place: &&str| found.iter().any(|it| it.point == format!("/tmp/{place}/new"));
        let places: Vec<_> = all.into_iter().filter(has_new).collect();
        assert_eq!(places, expected, "{user:?} {when}: {found:?}");
        continued(strace, step).assert_ok();
    }
}

// read-only

/// Whether this kernel has `mount_setattr(2)`: it refuses an unknown flag, or the call.
fn has_mount_setattr() -> bool {
    // SAFETY: the kernel refuses the flags before it reads any memory.
    let result = unsafe { nix::libc::syscall(SYS_mount_setattr, -1, c"".as_ptr(), u32::MAX, 0, 0) };
    Errno::result(result) != Err(Errno::ENOSYS)
}

#[test]
fn a_bind_mount_is_read_only_after_a_second_call_and_what_is_below_it_after_a_third() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).args(["read-only"]).run());
        let lines: Vec<_> = output.assert_ok().stdout.lines().collect();
        let third = match has_mount_setattr() {
            true => "mount_setattr(AT_RECURSIVE, MOUNT_ATTR_RDONLY)  tree: rw  copy: ro  below: ro",
            false => "mount_setattr: ENOSYS: it came with Linux 5.12",
        };
        assert_eq!(
            lines,
            [
                "mount(MS_BIND | MS_REC | MS_RDONLY)             tree: rw  copy: rw  below: rw",
                "mount(MS_REMOUNT | MS_BIND | MS_RDONLY)         tree: rw  copy: ro  below: rw",
                third,
            ]
        );
    }
}

#[test]
fn the_kernel_allows_through_each_mount_what_the_step_says() {
    require_programs!("strace");
    for (user, (when, copy)) in sample_by_user([(5, "rw"), (6, "ro")]) {
        let (strace, step) = stopped_at("mount", when, &["read-only"], user);
        let access = |point: &str| mount_on(step, point).unwrap().options[..2].to_owned();
        assert_eq!(access("/tmp/copy"), copy);
        for other in ["/tmp/tree", "/tmp/tree/below", "/tmp/copy/below"] {
            assert_eq!(access(other), "rw", "{other} after call {when}");
        }
        continued(strace, step).assert_ok();
    }
}

#[test]
fn a_kernel_without_mount_setattr_is_named_as_the_reason() {
    let old = || refuse(&[(SYS_mount_setattr, CloneFlags::empty(), Errno::ENOSYS)]);
    for &user in User::all() {
        let output = step(user).args(["read-only"]).with_obstacle(old).run();
        let last = "mount_setattr: ENOSYS: it came with Linux 5.12";
        assert_eq!(output.assert_ok().stdout.lines().last(), Some(last), "{output:?}");
    }
}

// root

/// Starts `cat` in the new root directory, and returns once it answers.
fn cat(step: Step) -> Running {
    let mut cat = step.args(["root", "cat"]).start();
    cat.type_in("ready\n");
    assert_eq!(cat.line(), "ready");
    cat
}

/// The names in a directory, sorted.
fn names(dir: &str) -> Vec<String> {
    let entries = fs::read_dir(dir).expect(dir);
    let mut names: Vec<_> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The names in `/` that the new root directory has, too.
fn brought() -> Vec<String> {
    let parts = ["bin", "lib", "lib32", "lib64", "libx32", "nix", "sbin", "usr"];
    parts.into_iter().filter(|it| Path::new("/").join(it).exists()).map(str::to_owned).collect()
}

#[test]
fn the_new_root_has_only_what_a_shell_needs_and_only_to_read() {
    for &user in User::all() {
        let cat = Host::unchanged(|| cat(step(user)));
        let root = format!("/proc/{}/root/", cat.pid());
        assert_eq!(names(&root), brought());
        let mounts = mounts(cat.pid());
        assert_eq!((mounts[0].point.as_str(), mounts[0].fs_type.as_str()), ("/", "tmpfs"));
        for mount in &mounts {
            assert!(mount.options.starts_with("ro"), "{mount:?}");
            let part = mount.point[1..].split('/').next().unwrap();
            assert!(part.is_empty() || brought().iter().any(|it| it == part), "{mount:?}");
        }
        // Files are the same files, by device and number.
        use std::os::unix::fs::MetadataExt;
        let file = |path: &str| fs::metadata(path).map(|it| (it.dev(), it.ino())).unwrap();
        assert_eq!(file(&format!("{root}bin/sh")), file("/bin/sh"));
        cat.wait().assert_ok();
    }
}

#[test]
fn the_old_root_is_in_the_mount_namespace_no_more() {
    require_root!("to enter the step's mount namespace");
    require_programs!("nsenter");
    for &user in User::all() {
        let cat = cat(step(user));
        // The root directory of who enters is the root of the namespace, and not, as after
        // chroot(2), that of the process alone.
        let target = cat.pid().to_string();
        let inside = ["-m", "-t", &target, "sh", "-c", "echo /*"];
        let output = Command::new("nsenter").args(inside).output().unwrap();
        let expected: Vec<_> = brought().iter().map(|it| format!("/{it}")).collect();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.trim_end(), expected.join(" "));
        cat.wait().assert_ok();
    }
}

#[test]
fn without_a_command_it_lists_the_root_before_and_after_and_the_mounts() {
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).args(["root"]).run());
        let lines: Vec<_> = output.assert_ok().stdout.lines().collect();
        assert_eq!(lines[0], format!("/ before: {}", names("/").join(" ")));
        assert_eq!(lines[1], format!("/ now:    {}", brought().join(" ")));
        assert_eq!(lines[2], "/         tmpfs ro");
        assert!(
            lines[3..].iter().all(|it| it.starts_with('/') && it.ends_with(" ro")),
            "{output:?}"
        );
        assert!(lines.len() > 3, "{output:?}");
    }
}

#[test]
fn nothing_can_be_written_and_no_path_leads_out() {
    for &user in User::all() {
        let script = "echo > /x; echo > /usr/x; cd ../../..; pwd; echo ../*";
        let output = step(user).args(["root", "sh", "-c", script]).run();
        let all = brought().iter().map(|it| format!("../{it}")).collect::<Vec<_>>().join(" ");
        assert_eq!(output.stdout, format!("/\n{all}\n"), "{output:?}");
        assert_eq!(output.stderr.matches("Read-only file system").count(), 2, "{output:?}");
    }
}

#[test]
fn mounts_below_are_read_only_too_and_keep_their_flags() {
    let Some(dir) =
        ["/usr/local", "/usr/src", "/usr/share"].into_iter().find(|it| Path::new(it).is_dir())
    else {
        skip!("no directory in /usr to mount on");
    };
    for &user in User::all() {
        // In the user namespace of an ordinary user's step these flags are locked.
        let cat = cat(step(user).with_obstacle(move || {
            own_mounts()?;
            let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
            Ok(mount(Some("below"), dir, Some("tmpfs"), flags, None::<&str>)?)
        }));
        let mount = mount_on(cat.pid(), dir).expect("the mount below /usr");
        assert!(mount.options.starts_with("ro,nosuid,nodev,noexec"), "{mount:?}");
        cat.wait().assert_ok();
    }
}

#[test]
fn mounts_that_others_cover_are_no_obstacle() {
    // Some systems have mounts below /tmp, and some have more than one on it.
    let below = || {
        own_mounts()?;
        cover("/tmp")?;
        fs::create_dir("/tmp/below")?;
        cover("/tmp/below")
    };
    for &user in User::all() {
        for args in sample(STORIES) {
            step(user).args(args).with_obstacle(below).run().assert_ok();
        }
        let cat = cat(step(user).with_obstacle(below));
        assert!(mounts(cat.pid()).iter().all(|it| it.options.starts_with("ro")));
        cat.wait().assert_ok();
    }
}

#[test]
fn the_status_of_the_command_is_passed_on() {
    for &user in User::all() {
        for (script, code) in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255)] {
            let output = step(user).args(["root", "sh", "-c", script]).run();
            assert_eq!(output.code(), Some(code), "{output:?}");
        }
        let output = step(user).args(["root", "sh", "-c", "kill -TERM $$"]).run();
        assert_eq!(output.signal(), Some(15), "{output:?}");
        // A file that the old root has, and the new one has not.
        let output = step(user).args(["root", "/proc/self/exe", "--help"]).run();
        assert_eq!(output.code(), Some(127), "{output:?}");
        let last = "step09-mount: execve(/proc/self/exe): ENOENT: No such file or directory";
        assert_eq!(output.stderr.lines().last(), Some(last));
    }
}

#[test]
fn a_command_ends_with_the_step_which_it_is() {
    for &user in User::all() {
        let cat = cat(step(user));
        assert_eq!(cat.processes(), [cat.pid()]);
        cat.signal(Signal::SIGKILL);
        assert_eq!(cat.wait().signal(), Some(Signal::SIGKILL as i32));
    }
}

// locked

#[test]
fn who_covers_a_file_can_uncover_it_and_root_of_a_user_namespace_below_cannot() {
    let version = fs::read_to_string("/proc/version").unwrap();
    let version: Vec<_> = version.split_whitespace().take(3).collect();
    let version = version.join(" ");
    for &user in User::all() {
        let output = Host::unchanged(|| step(user).args(["locked"]).run());
        let lines: Vec<_> = output.assert_ok().stdout.lines().collect();
        // A container engine may have covered parts of /proc, or have made it read-only.
        // (What is mounted on a directory that the kernel keeps empty covers nothing.)
        let covered = mounts("self").iter().any(|it| match it.point.as_str() {
            "/proc" => it.options.starts_with("ro"),
            "/proc/sys/fs/binfmt_misc" => false,
            point => point.starts_with("/proc/"),
        });
        let denied = "EPERM: Operation not permitted";
        let before = if covered { denied } else { "done" };
        assert_eq!(
            lines,
            [
                &format!("before:   /proc/version: {version}"),
                &format!("below:    mount(proc, /proc): {before}"),
                "covered:  /proc/version: empty",
                "below:    umount(/proc/version): EINVAL: Invalid argument",
                &format!("below:    mount(/proc/version, MS_REMOUNT | MS_BIND): {denied}"),
                &format!("below:    mount(proc, /proc): {denied}"),
                "below:    /proc/version: empty",
                "here:     umount(/proc/version): done",
                &format!("here:     /proc/version: {version}"),
            ]
        );
    }
}

#[test]
fn a_new_proc_is_refused_from_the_beginning_where_a_part_of_the_old_one_is_covered() {
    for &user in User::all() {
        let covered = || own_mounts().and_then(|()| cover("/proc/sys"));
        let output = step(user).args(["locked"]).with_obstacle(covered).run();
        let line = "below:    mount(proc, /proc): EPERM: Operation not permitted";
        assert_eq!(output.assert_ok().stdout.lines().nth(1), Some(line), "{output:?}");
    }
}

#[test]
fn a_killed_child_of_locked_is_reported() {
    require_programs!("strace");
    for &user in User::all() {
        // PID 1 of a PID namespace gets SIGKILL from outside, and strace is outside.
        let moment = SignalAt::in_any_process("umount2", Signal::SIGKILL);
        let output = moment.run(EXE, &["locked"], user);
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains(" was killed by SIGKILL\n"), "{output:?}");
    }
}

#[test]
fn a_stopped_child_of_locked_dies_with_its_parent() {
    require_programs!("strace");
    for &user in User::all() {
        let moment = SignalAt::in_any_process("umount2", Signal::SIGSTOP);
        let mut strace = moment.step(EXE, &["locked"], user).start();
        while !strace.note().ends_with("--- stopped by SIGSTOP ---") {}
        let is_parent = |pid: &Pid| status(pid, "PPid") == strace.pid().to_string();
        let parent = strace.processes().into_iter().find(is_parent).expect("the step");
        kill(parent, Signal::SIGKILL).unwrap();
        strace.wait();
    }
}

// Output and arguments

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_device_is_one() {
    for (user, args) in sample_by_user(STORIES) {
        Step::assert_stdout_errors(|| step(user).args(args));
    }
}

#[test]
fn a_full_stderr_is_no_error() {
    step(User::Ordinary).stderr_full().run().assert_ok();
}

#[test]
fn color_appears_only_on_request() {
    for args in sample(STORIES) {
        Step::assert_color_on_request(|| step(User::Ordinary).args(args));
    }
}

#[test]
fn wrong_use_is_one_line_and_status_2() {
    for (args, error) in [
        (&["mine"][..], "unexpected argument \"mine\""),
        (&["own", "own"], "unexpected argument \"own\""),
        (&["locked", "sh"], "unexpected argument \"sh\""),
        (&["--read-only"], "invalid option '--read-only'"),
        (&["root", "-x"], "invalid option '-x'"),
        (&["--\x1b[31m"], r"invalid option '--\u{1b}[31m'"),
        (&[""], "unexpected argument \"\""),
    ] {
        step(User::Ordinary).args(args).run().assert_usage_error(error);
    }
}

#[test]
fn options_after_the_command_belong_to_it() {
    let output = step(User::Ordinary).args(["root", "echo", "--help", "-x"]).run();
    assert_eq!(output.assert_ok().stdout, "--help -x\n");
}

#[test]
fn help_names_the_manual_and_an_example() {
    let example = "cargo run -p step09-mount -- root sh";
    step(User::Ordinary).assert_help(&["Usage: step09-mount [own", example, "pivot_root(2)"]);
}

// Why the kernel refuses: the state of the machine decides.

#[test]
fn at_the_limit_the_hint_names_the_setting() {
    for (user, args) in sample_by_user(STORIES) {
        let at_limit = || no_more_namespaces(&["mnt", "user"]);
        let output = step(user).args(args).with_obstacle(at_limit).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains("unshare(CLONE_NEWNS"), "{output:?}");
        assert!(output.stderr.contains("): ENOSPC: No space left on device\n"), "{output:?}");
        let hint = "hint: user.max_mnt_namespaces=0 allows none";
        assert!(output.stderr.contains(hint), "{output:?}");
    }
}

#[test]
fn under_the_filter_of_docker_a_hint_names_privileged() {
    for (user, args) in sample_by_user(STORIES) {
        let output = step(user).args(args).with_obstacle(docker).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains("): EPERM: Operation not permitted\n"), "{output:?}");
        assert!(output.stderr.contains("in Docker, --privileged removes it"), "{output:?}");
    }
}

#[test]
fn a_refused_call_is_named_with_what_to_do() {
    let refused = "hint: a seccomp filter may be blocking this";
    for (user, (call, errno, args, error, hint)) in sample_by_user([
        (SYS_unshare, Errno::EPERM, STORIES[0], "unshare(CLONE_NEW", refused),
        (SYS_mount, Errno::EPERM, STORIES[0], "mount(/, MS_REC | MS_PRIVATE): ", refused),
        (SYS_pivot_root, Errno::EPERM, STORIES[3], "pivot_root(., .): ", refused),
        (SYS_pivot_root, Errno::EINVAL, STORIES[3], "pivot_root(., .): ", "(initramfs) cannot be"),
        (SYS_mount_setattr, Errno::EPERM, STORIES[2], "mount_setattr(/tmp/copy, ", refused),
    ]) {
        let refuse = move || refuse(&[(call, CloneFlags::empty(), errno)]);
        let output = step(user).args(args).with_obstacle(refuse).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        let [first, second, ..] = output.errors()[..] else { panic!("{output:?}") };
        assert!(first.starts_with(&format!("step09-mount: {error}")), "{output:?}");
        assert!(first.ends_with(&format!("): {errno}")), "{output:?}");
        assert!(second.contains(hint), "{output:?}");
    }
}

#[test]
fn a_missing_tmp_is_named_and_so_is_the_limit_of_mounts() {
    require_programs!("strace");
    for (errno, hint) in [
        ("ENOENT", "check: ls -ld /tmp"),
        ("ENODEV", "this kernel has no tmpfs"),
        ("ENOSPC", "limit of mounts reached"),
    ] {
        // The first call makes the mounts private.
        let inject = format!("inject=mount:error={errno}:when=2");
        let strace = Step::new("/usr/bin/strace", User::Ordinary);
        let argv = ["-qq", "-o", "/dev/null", "-e", &inject, EXE, "propagation"];
        let output = strace.args(argv).run();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(
            output.stderr.contains(&format!("step09-mount: mount(tmpfs, /tmp): {errno}: ")),
            "{output:?}"
        );
        assert!(
            output.stderr.contains(&format!("hint: {}", &hint[..5]))
                || output.stderr.contains(hint)
        );
        assert!(output.stderr.contains(hint), "{output:?}");
    }
}

/// Enters a chroot with the whole system in it, except that `/tmp` is a link. `dir` is what
/// tmpfs is mounted on, and `root` the directory in it that becomes `/`.
fn enter_copy(dir: &Path, root: &str) -> io::Result<()> {
    let bind = MsFlags::MS_BIND | MsFlags::MS_REC;
    own_mounts()?;
    cover(dir.to_str().unwrap())?;
    let root = dir.join(root);
    fs::create_dir_all(root.join("other"))?;
    symlink("other", root.join("tmp"))?;
    for entry in fs::read_dir("/")? {
        let old = entry?.path();
        let new = root.join(old.file_name().unwrap());
        if old.is_symlink() {
            symlink(fs::read_link(&old)?, new)?;
        } else if old.is_dir() && old != Path::new("/tmp") {
            fs::create_dir(&new)?;
            mount(Some(&old), &new, None::<&str>, bind, None::<&str>)?;
        }
    }
    chroot(&root)?;
    std::env::set_current_dir("/")
}

#[test]
fn a_tmp_that_is_a_link_is_followed() {
    require_root!("to enter a chroot");
    let dir = temp_dir(User::Root);
    let run = |args: &[&str]| {
        let root = dir.path().to_owned();
        let step = step(User::Root).args(args).with_obstacle(move || enter_copy(&root, "."));
        step.run().assert_ok().stdout.clone()
    };
    assert!(run(&["own"]).contains("tmpfs at /other; helo is there\n"));
    assert!(
        run(&["propagation"]).contains("mounted in original  appears in original peer slave\n")
    );
    assert!(run(&["root"]).contains("\n/         tmpfs ro\n"));
    run(&["read-only"]);
}

#[test]
fn in_a_chroot_that_is_no_mount_point_the_step_says_what_is_in_the_way() {
    require_root!("to enter a chroot");
    let dir = temp_dir(User::Root);
    let root = dir.path().to_owned();
    let in_chroot = move || enter_copy(&root, "below");
    let output = step(User::Root).args(["root"]).with_obstacle(in_chroot).run();
    let error = "mount(/, MS_REC | MS_PRIVATE): EINVAL: Invalid argument";
    output.assert_error(error, "/ is not a mount point in this chroot");
}
