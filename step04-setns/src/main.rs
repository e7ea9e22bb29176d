//! Step 04: how does a process enter a namespace that is already there?
//!
//! `setns(2)` moves its caller into the namespace that a descriptor refers to:
//! a link from `/proc/PID/ns` that was opened, or, with flags, the namespaces
//! of the process behind a pidfd, all at once. What is run then is inside.
//!
//! ```text
//! cargo run -p step04-setns -- --target 11120 -- uname -n
//! ```
//!
//! Privilege: CAP_SYS_ADMIN in the user namespace that owns what is joined and in
//! our own. An ordinary user has it in a user namespace of their own making, and
//! may join that; then both are the same, so the user namespace comes first.
//!
//! Simplified: with a mount namespace one arrives in its root directory, and
//! the command's environment is still that of the place one came from.
//!
//! Manual: setns(2), pidfd_open(2), namespaces(7), nsenter(1)

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Error, Result, anyhow};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, readlinkat};
use nix::sched::{CloneFlags, setns};
use nix::sys::stat::Mode;
use nix::sys::statfs::{NSFS_MAGIC, fstatfs};
use nix::unistd::{Gid, Pid, Uid, setgid, setuid};

#[path = "../../command.rs"]
mod command;
#[path = "../../report.rs"]
mod report;
use command::{command, errno, exec, exec_in_child, pidfd_open};
use report::{note, print, printable, report};

const HELP: &str = "\
Runs a command in the namespaces of other processes.

Usage: step04-setns NSFILE... [-- CMD [ARG...]]
       step04-setns --target PID [-- CMD [ARG...]]

  NSFILE        /proc/PID/ns/uts or the like, or a bind mount of one;
                joined in the order given
  --target PID  join all the namespaces in which this process differs from us
  CMD           what to run there; $SHELL or /bin/sh if there is none

Example: cargo run -p step04-setns -- --target 11120 -- uname -n
Manual:  setns(2), pidfd_open(2), namespaces(7), nsenter(1)";

/// The kinds of namespace and the flags that stand for them in `setns(2)`.
const KINDS: [(&str, CloneFlags); 8] = [
    ("cgroup", CloneFlags::CLONE_NEWCGROUP),
    ("ipc", CloneFlags::CLONE_NEWIPC),
    ("mnt", CloneFlags::CLONE_NEWNS),
    ("net", CloneFlags::CLONE_NEWNET),
    ("pid", CloneFlags::CLONE_NEWPID),
    ("time", CloneFlags::from_bits_retain(libc::CLONE_NEWTIME)),
    ("user", CloneFlags::CLONE_NEWUSER),
    ("uts", CloneFlags::CLONE_NEWUTS),
];

fn main() -> ExitCode {
    ExitCode::from(report(run(), hint))
}

fn run() -> Result<u8> {
    let Some((target, command)) = asked()? else {
        return print(HELP).map(|()| 0);
    };
    // Opened now: in another mount namespace /proc is another one, or none.
    let ours = open("/proc/self/ns", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
        .context("open(/proc/self/ns)")?;
    let before = links(&ours);
    match target {
        Target::Files(files) => join_files(&files)?,
        Target::Process(pid) => join_process(pid)?,
    }

    let mut joined = links(&ours);
    joined.retain(|link| !before.contains(link));
    for (kind, after) in &joined {
        let before = before.iter().find(|(name, _)| name == kind).map_or("", |(_, link)| link);
        note(&format!("{kind}: {before} -> {after}"));
    }
    if joined.is_empty() {
        note("note: nothing to join: these namespaces are ours already");
    }
    if joined.iter().any(|(kind, _)| *kind == "user") {
        // As root there, if it has one. If not (EINVAL), as the overflow user.
        let _ = setgid(Gid::from_raw(0));
        let _ = setuid(Uid::from_raw(0));
    }
    // setns(2) leaves its caller in the PID namespace it was born in: only
    // children are born into the new one.
    match joined.iter().any(|(kind, _)| *kind == "pid_for_children") {
        true => exec_in_child(command, || Ok(())),
        false => Ok(exec(command)),
    }
}

/// What is to be joined.
enum Target {
    Files(Vec<PathBuf>),
    Process(Pid),
}

/// Reads the command line; `None` is a call for help.
fn asked() -> Result<Option<(Target, Command)>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut args: Vec<OsString> = env::args_os().collect();
    let dashes = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let words = args.split_off(dashes).into_iter().skip(1);

    let mut files = Vec::new();
    let mut pid = None;
    let mut parser = lexopt::Parser::from_iter(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Short('t') | Long("target") => pid = Some(parser.value()?.parse()?),
            Value(file) if pid.is_none() => files.push(file.into()),
            _ => return Err(arg.unexpected()),
        }
    }
    let target = match pid {
        Some(pid) if pid > 0 && files.is_empty() => Target::Process(Pid::from_raw(pid)),
        Some(pid) if pid <= 0 => return Err(format!("{pid} is not a PID").into()),
        None if !files.is_empty() => Target::Files(files),
        _ => return Err("either NSFILE... or --target PID".into()),
    };
    Ok(Some((target, command(words))))
}

// ANCHOR: join_files
/// Moves the caller into the namespaces that the files refer to, one after the
/// other (`setns(2)` without flags: whatever kind the file is of).
fn join_files(files: &[PathBuf]) -> Result<()> {
    for file in files {
        let path = printable(file);
        let namespace = File::open(file).map_err(errno).with_context(|| format!("open({path})"))?;
        setns(&namespace, CloneFlags::empty())
            .map_err(|errno| explain(errno, &namespace))
            .with_context(|| format!("setns({path})"))?;
    }
    Ok(())
}
// ANCHOR_END: join_files

// ANCHOR: join_process
/// Moves the caller into all the namespaces in which the process differs from
/// it. One call joins them together or none, and the kernel knows the order:
/// the user namespace first, which gives the right to join the others.
fn join_process(pid: Pid) -> Result<()> {
    let pidfd = pidfd_open(pid).with_context(|| format!("pidfd_open({pid})"))?;
    let mut flags = CloneFlags::empty();
    for (kind, flag) in KINDS {
        let link = |pid: &str| {
            let path = format!("/proc/{pid}/ns/{kind}");
            let text = fs::read_link(&path).and_then(not_empty).map_err(unseen);
            text.with_context(|| format!("readlink({path})"))
        };
        if Path::new("/proc/self/ns").join(kind).exists()
            && link("self")? != link(&pid.to_string())?
        {
            flags |= flag;
        }
    }
    // No flags would be EINVAL, and our own user namespace cannot be joined.
    if flags.is_empty() {
        return Ok(());
    }
    setns(&pidfd, flags).with_context(|| format!("setns(pidfd of {pid}, {})", written(flags)))
}
// ANCHOR_END: join_process

/// The kinds and links of a folder such as `/proc/self/ns`.
fn links(ns: impl AsFd) -> Vec<(&'static str, String)> {
    let kinds = KINDS.iter().map(|(kind, _)| *kind).chain(["pid_for_children"]);
    kinds.filter_map(|kind| Some((kind, printable(readlinkat(&ns, kind).ok()?)))).collect()
}

/// Linux 5.10 has an empty text for a link that it does not let us read.
fn not_empty(link: PathBuf) -> io::Result<PathBuf> {
    match link.as_os_str().is_empty() {
        true => Err(Errno::EACCES.into()),
        false => Ok(link),
    }
}

/// Why `/proc` does not show a process of which we have a pidfd.
fn unseen(error: io::Error) -> Error {
    match errno(error) {
        gone @ Errno::ENOENT => {
            anyhow!("{gone}\nhint: it has ended, or /proc hides it: mounted with hidepid")
        }
        errno => errno.into(),
    }
}

/// Why a file cannot be joined.
fn explain(errno: Errno, file: &File) -> Error {
    let is_namespace = fstatfs(file).is_ok_and(|fs| fs.filesystem_type() == NSFS_MAGIC);
    match errno {
        Errno::EINVAL if !is_namespace => anyhow!(
            "{errno}\nhint: no namespace: take a link in /proc/PID/ns, or a bind mount of one"
        ),
        Errno::EINVAL => anyhow!(
            "{errno}\nhint: it is the user namespace that we are in, or a PID namespace \
             that is not below ours"
        ),
        _ => errno.into(),
    }
}

/// The flags as the manual writes them; nix does not name CLONE_NEWTIME.
fn written(flags: CloneFlags) -> String {
    let mut names: Vec<_> = flags.iter_names().map(|(name, _)| name).collect();
    if flags.bits() & libc::CLONE_NEWTIME != 0 {
        names.push("CLONE_NEWTIME");
    }
    names.join(" | ")
}

/// What to do about a refused look, `pidfd_open(2)` or `setns(2)`.
fn hint(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::EACCES => {
            Some("to look into it takes CAP_SYS_PTRACE: sudo target/debug/step04-setns …")
        }
        Errno::EINVAL => Some("setns() knows pidfds since Linux 5.8: uname -r"),
        Errno::ENOMEM => Some("PID 1 of that PID namespace has ended, nothing is born there again"),
        Errno::EPERM => Some(
            "it takes CAP_SYS_ADMIN here and where the namespace belongs: join its user namespace first, \
             or sudo target/debug/step04-setns …",
        ),
        Errno::ESRCH => Some("no such process: it may have ended"),
        _ => None,
    }
}
