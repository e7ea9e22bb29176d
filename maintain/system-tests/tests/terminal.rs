//! Names that would colour, overwrite or turn round what is on a terminal if they were
//! printed as they are. Who names a process, a host or a cgroup is not who looks at it,
//! and every step that prints such a name prints it escaped.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{geteuid, sethostname};
use system_tests::{Branch, Folder, STEPS};
use testkit::wall::{own_mounts, own_user_namespace};
use testkit::{Host, Output, Step, User, skip};

/// Names, and how they are to be printed: each has at most 15 bytes, as those of processes.
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
    (b"line\nbreak", r"line\nbreak"), // the last: no cgroup may have it
];

/// Runs a step and holds all it prints to what a terminal can bear. Returns its lines.
fn run(step: Step) -> (Output, String) {
    let output = Host::unchanged(|| step.run());
    let text = format!("{}{}", output.stdout, output.stderr);
    let harms = |it: char| {
        it.is_control() && it != '\n'
            || ('\u{300}'..='\u{36f}').contains(&it)
            || ('\u{200b}'..='\u{200f}').contains(&it)
            || ('\u{2028}'..='\u{202e}').contains(&it)
            || ('\u{2060}'..='\u{206f}').contains(&it)
            || it == '\u{feff}'
    };
    assert!(!text.contains(harms), "{output:?}");
    // What was escaped to be quoted may have been escaped once more to be printed.
    (output, text.replace(r"\\", r"\"))
}

fn step(name: &str, user: User) -> Step {
    Step::new(&system_tests::step(name), user)
}

/// One test at a time: to be in a cgroup is for the whole process.
fn turn() -> MutexGuard<'static, ()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A folder, and paths with all these names in it.
fn folder() -> (Folder, Vec<PathBuf>) {
    let folder = Folder::new("terminal", User::all()[0]);
    let paths = NAMES.iter().map(|(name, _)| folder.join(OsStr::from_bytes(name))).collect();
    (folder, paths)
}

/// A process that waits for its stdin to end.
struct Waiting(Child);

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn names_of_processes_are_escaped() {
    let _turn = turn();
    // A process is named after the link by which its program was found.
    let (_folder, links) = folder();
    let processes = links.iter().map(|link| {
        symlink("/bin/cat", link).unwrap();
        let mut command = Command::new(link);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        // Alone in a namespace, so that it is the one that is named.
        // SAFETY: only a system call in a child that has one thread.
        unsafe { command.pre_exec(|| Ok(unshare(CloneFlags::CLONE_NEWUSER)?)) };
        Waiting(command.spawn().unwrap())
    });
    let processes: Vec<_> = processes.collect();
    let (output, text) = run(step("step01-proc-ns", User::all()[0]).args(["--all"]));
    assert_eq!(output.code(), Some(0), "{output:?}");
    for (process, (_, escaped)) in processes.iter().zip(NAMES) {
        let line = format!(" {}  {escaped}\n", process.0.id());
        assert!(text.contains(&line), "{line:?}: {output:?}");
    }
}

#[test]
fn hostnames_and_domain_names_are_escaped_whosever_they_are() {
    let _turn = turn();
    for &user in User::all() {
        for (name, escaped) in NAMES {
            let name = OsStr::from_bytes(name);
            let (output, text) = run(step("step03-uts", user).args([name, name]));
            for identifier in ["nodename", "domainname"] {
                let line = format!("uts.{identifier} in child:  {escaped}\n");
                assert!(text.contains(&line), "{line:?}: {output:?}");
            }

            let named_so = move || {
                match geteuid().is_root() {
                    true => unshare(CloneFlags::CLONE_NEWUTS)?,
                    false => own_user_namespace(CloneFlags::CLONE_NEWUTS)?,
                }
                sethostname(name)?;
                // SAFETY: the pointer and the length are those of one live byte slice.
                let set =
                    unsafe { libc::setdomainname(name.as_bytes().as_ptr().cast(), name.len()) };
                Ok(Errno::result(set).map(drop)?)
            };
            let (output, text) =
                run(step("step03-uts", user).args(["helo", "you"]).behind(named_so));
            for identifier in ["nodename", "domainname"] {
                let line = format!("uts.{identifier} in parent: {escaped}\n");
                assert!(text.contains(&line), "{line:?}: {output:?}");
            }
        }
    }
}

#[test]
fn names_of_cgroups_are_escaped() {
    let _turn = turn();
    for (name, escaped) in &NAMES[..NAMES.len() - 1] {
        let Ok(_branch) = Branch::new(OsStr::from_bytes(name)) else {
            skip!("no cgroup is delegated to uid {} here", geteuid());
        };
        run(step("step00-doctor", User::all()[0]));
        for &user in User::all() {
            let (survey, text) = run(step("step06-cgroup", user));
            assert!(text.contains(&format!("/{escaped}")), "{survey:?}");
            let (group, text) = run(step("step06-cgroup", user).args(["--pids", "9", "true"]));
            assert_eq!(group.code(), Some(0), "{group:?}");
            assert!(text.contains(&format!("/{escaped}/step06-cgroup-run-")), "{group:?}");
        }
    }
}

#[test]
fn mount_points_are_escaped() {
    let _turn = turn();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let mut cgroups = mounts.lines().filter(|line| line.contains(" - cgroup"));
    let Some(cgroup) = cgroups.next().and_then(|line| line.split(' ').nth(4)) else {
        skip!("no cgroups are mounted here");
    };
    let (_folder, points) = folder();
    for (point, (_, escaped)) in points.into_iter().zip(NAMES) {
        fs::create_dir(&point).unwrap();
        let cgroup = cgroup.to_owned();
        let elsewhere = move || {
            own_mounts()?;
            let none = None::<&str>;
            Ok(mount(Some(cgroup.as_str()), &point, none, MsFlags::MS_BIND, none)?)
        };
        let (survey, text) = run(step("step06-cgroup", User::all()[0]).behind(elsewhere));
        assert!(text.contains(&format!("/{escaped}  ")), "{survey:?}");
    }
}

#[test]
fn arguments_are_escaped() {
    let _turn = turn();
    let user = User::all()[0];
    for (name, escaped) in NAMES {
        let name = OsStr::from_bytes(name);
        let option = [OsStr::new("--"), name].join(OsStr::new(""));
        for it in STEPS {
            let (output, _) = run(step(it, user).args([&option]));
            assert_eq!(output.code(), Some(2), "{it}: {output:?}");
        }
        let told = |it: &str, args: &[&OsStr], code| {
            let step = step(it, user).args(args).with(|it| {
                it.env("SHELL", name);
            });
            let (output, text) = run(step);
            assert_eq!(output.code(), Some(code), "{it}: {output:?}");
            assert!(text.contains(escaped), "{it}: {output:?}");
        };
        told("step00-doctor", &[name], 2);
        told("step01-proc-ns", &[name], 2);
        told("step02-clone", &[name], 2);
        told("step03-uts", &["a".as_ref(), "b".as_ref(), name], 2);
        told("step04-setns", &[name], 1);
        told("step04-setns", &["--target".as_ref(), name], 2);
        told("step05-unshare", &[name], 127);
        told("step05-unshare", &[], 127);
        told("step06-cgroup", &["--memory".as_ref(), name, "true".as_ref()], 2);
    }
}
