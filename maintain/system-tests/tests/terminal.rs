//! Names that would color, overwrite or reverse text on a terminal if a step printed them
//! as they are. Another user may have named a process, a host or a cgroup, so every step
//! escapes such names.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{geteuid, sethostname};
use testkit::obstacle::{own_mounts, own_user_namespace};
use testkit::tempfile::TempDir;
use testkit::{
    CgroupSandbox, Host, Output, Step, User, WaitingProcess, sample, skip, step_binary, steps,
    temp_dir,
};

/// Names and how a step prints them. Each fits the 15 bytes of a process name.
const NAMES: [(&[u8], &str); 16] = [
    (b"\x1b[31mred", r"\u{1b}[31mred"),
    (b"\x1b]0;title\x07", r"\u{1b}]0;title\u{7}"),
    (b"\xc2\x9b31mred", r"\u{9b}31mred"), // C1: the same as ESC [ in one character
    (b"\x9b31mred", r"\x9B31mred"),       // and in one byte
    (b"over\rwritten", r"over\rwritten"),
    (b"back\x08\x08space", r"back\u{8}\u{8}space"),
    (b"del\x7f", r"del\u{7f}"),
    (b"ta\tb", r"ta\tb"),
    ("left\u{202e}right".as_bytes(), r"left\u{202e}right"),
    ("\u{2066}isolated".as_bytes(), r"\u{2066}isolated"),
    ("mark\u{200f}".as_bytes(), r"mark\u{200f}"),
    ("zero\u{200b}width".as_bytes(), r"zero\u{200b}width"),
    ("\u{feff}bom".as_bytes(), r"\u{feff}bom"),
    ("line\u{2028}break".as_bytes(), r"line\u{2028}break"),
    ("z\u{301}\u{302}\u{303}".as_bytes(), r"z\u{301}\u{302}\u{303}"),
    (b"line\nbreak", r"line\nbreak"), // last, because no cgroup can have this name
];

/// Runs a step and asserts that its output is harmless. Returns it, and all of it as text.
fn run(step: Step) -> (Output, String) {
    let output = Host::unchanged(|| step.run());
    let text = format!("{}{}", output.stdout, output.stderr);
    let harmful = |it: char| {
        it.is_control() && it != '\n'
            || ('\u{300}'..='\u{36f}').contains(&it)
            || ('\u{200b}'..='\u{200f}').contains(&it)
            || ('\u{2028}'..='\u{202e}').contains(&it)
            || ('\u{2060}'..='\u{206f}').contains(&it)
            || it == '\u{feff}'
    };
    assert!(!text.contains(harmful), "{output:?}");
    // An argument may be escaped twice: to be quoted, and to be printed.
    (output, text.replace(r"\\", r"\"))
}

fn step(name: &str, user: User) -> Step {
    Step::new(&step_binary(name), user)
}

/// Lets one test run at a time, because a cgroup is for the whole process.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A directory, and paths in it with all these names.
fn paths() -> (TempDir, Vec<PathBuf>) {
    let dir = temp_dir(User::all()[0]);
    let paths = NAMES.iter().map(|(name, _)| dir.path().join(OsStr::from_bytes(name))).collect();
    (dir, paths)
}

#[test]
fn names_of_processes_are_escaped() {
    let _lock = one_at_a_time();
    // A process has the name of the link by which its program was started.
    let (_dir, links) = paths();
    let processes = links.iter().map(|link| {
        symlink("/bin/cat", link).unwrap();
        // Alone in a namespace, it is the process that the step names.
        WaitingProcess::new(link, || Ok(unshare(CloneFlags::CLONE_NEWUSER)?))
    });
    let processes: Vec<_> = processes.collect();
    let (output, text) = run(step("step01-proc-ns", User::all()[0]).args(["--all"]));
    assert_eq!(output.code(), Some(0), "{output:?}");
    for (process, (_, escaped)) in processes.iter().zip(NAMES) {
        let line = format!(" {}  {escaped}\n", process.pid());
        assert!(text.contains(&line), "{line:?}: {output:?}");
    }
}

#[test]
fn hostnames_are_escaped_in_the_child_and_in_the_parent() {
    let _lock = one_at_a_time();
    for &user in User::all() {
        for (name, escaped) in sample(NAMES) {
            let name = OsStr::from_bytes(name);
            let (output, text) = run(step("step03-uts", user).args([name]));
            let line = format!("uts.nodename in child:  {escaped}\n");
            assert!(text.contains(&line), "{line:?}: {output:?}");

            let host_with_the_name = move || {
                match geteuid().is_root() {
                    true => unshare(CloneFlags::CLONE_NEWUTS)?,
                    false => own_user_namespace(CloneFlags::CLONE_NEWUTS)?,
                }
                Ok(sethostname(name)?)
            };
            let step = step("step03-uts", user).args(["helo"]).with_obstacle(host_with_the_name);
            let (output, text) = run(step);
            let line = format!("uts.nodename in parent: {escaped}\n");
            assert!(text.contains(&line), "{line:?}: {output:?}");
        }
    }
}

#[test]
fn names_of_cgroups_are_escaped() {
    let _lock = one_at_a_time();
    for (name, escaped) in sample(&NAMES[..NAMES.len() - 1]) {
        let Ok(_sandbox) = CgroupSandbox::new(OsStr::from_bytes(name)) else {
            skip!("no cgroup is delegated to uid {} here", geteuid());
        };
        run(step("step00-doctor", User::all()[0]));
        for &user in User::all() {
            let (overview, text) = run(step("step06-cgroup", user));
            assert!(text.contains(&format!("/{escaped}")), "{overview:?}");
            let (group, text) = run(step("step06-cgroup", user).args(["--pids", "9", "true"]));
            assert_eq!(group.code(), Some(0), "{group:?}");
            assert!(text.contains(&format!("/{escaped}/step06-cgroup-run-")), "{group:?}");
        }
    }
}

#[test]
fn mount_points_are_escaped() {
    let _lock = one_at_a_time();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mut cgroups = mounts.lines().filter(|line| line.contains(" - cgroup"));
    let Some(cgroup) = cgroups.next().and_then(|line| line.split(' ').nth(4)) else {
        skip!("no cgroups are mounted here");
    };
    let (_dir, points) = paths();
    for (point, (_, escaped)) in points.into_iter().zip(NAMES) {
        fs::create_dir(&point).unwrap();
        let cgroup = cgroup.to_owned();
        let mount_there = move || {
            own_mounts()?;
            let none = None::<&str>;
            Ok(mount(Some(cgroup.as_str()), &point, none, MsFlags::MS_BIND, none)?)
        };
        let (overview, text) =
            run(step("step06-cgroup", User::all()[0]).with_obstacle(mount_there));
        assert!(text.contains(&format!("/{escaped}  ")), "{overview:?}");
    }
}

#[test]
fn arguments_are_escaped() {
    let _lock = one_at_a_time();
    let user = User::all()[0];
    for (name, escaped) in sample(NAMES) {
        let name = OsStr::from_bytes(name);
        let option = [OsStr::new("--"), name].join(OsStr::new(""));
        for it in steps() {
            let (output, _) = run(step(it, user).args([&option]));
            assert_eq!(output.code(), Some(2), "{it}: {output:?}");
        }
        let reports = |it: &str, args: &[&OsStr], code| {
            let (output, text) = run(step(it, user).args(args).env("SHELL", name));
            assert_eq!(output.code(), Some(code), "{it}: {output:?}");
            assert!(text.contains(escaped), "{it}: {output:?}");
        };
        reports("step00-doctor", &[name], 2);
        reports("step01-proc-ns", &[name], 2);
        reports("step02-clone", &[name], 2);
        reports("step03-uts", &["helo".as_ref(), name], 2);
        reports("step04-setns", &[name], 1);
        reports("step04-setns", &["--target".as_ref(), name], 2);
        reports("step05-unshare", &[name], 127);
        reports("step05-unshare", &[], 127);
        reports("step06-cgroup", &["--memory".as_ref(), name, "true".as_ref()], 2);
    }
}
