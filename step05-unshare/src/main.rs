//! Step 05: how does a process leave the namespaces it was born in?
//!
//! `unshare(2)` creates namespaces without creating a process: its caller is
//! moved into them. Two kinds are for children only, PID and time; and the user
//! namespace comes with no users, until they are mapped into it.
//!
//! ```text
//! cargo run -p step05-unshare -- -Urpf --mount-proc ps
//! ```
//!
//! Privilege: every kind but `user` takes CAP_SYS_ADMIN. As `unshare(1)` does,
//! this adds nothing by itself: `-r` gives an ordinary user a user namespace in
//! which they are root.
//!
//! Simplified: one user is mapped. More of them take CAP_SETUID outside, which
//! newuidmap(1) has.
//!
//! Manual: unshare(2), user_namespaces(7), pid_namespaces(7), mount_namespaces(7), unshare(1)

use std::fs;
use std::io;
use std::process::{Command, ExitCode};

use anyhow::{Context, Error, Result, anyhow};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, getegid, geteuid};

#[path = "../../command.rs"]
mod command;
#[path = "../../report.rs"]
mod report;
use command::{command, errno, exec, exec_in_child};
use report::{note, print, printable, report};

const HELP: &str = "\
Runs a command in new namespaces.

Usage: step05-unshare [OPTION...] [CMD [ARG...]]

  -C, --cgroup         a new cgroup namespace
  -i, --ipc            a new IPC namespace
  -m, --mount          a new mount namespace, whose mounts nobody outside sees
  -n, --net            a new network namespace
  -p, --pid            a new PID namespace, for children (see -f)
  -T, --time           a new time namespace, for children (Linux 6.2: at exec)
  -U, --user           a new user namespace
  -u, --uts            a new UTS namespace
  -r, --map-root-user  -U, and root in it is who you are outside
  -f, --fork           run CMD in a child: with -p it is PID 1
      --mount-proc     -m, and the /proc of the PID namespace that CMD is in
  CMD                  what to run; $SHELL or /bin/sh if there is none

Example: cargo run -p step05-unshare -- -Urpf --mount-proc ps
Manual:  unshare(2), user_namespaces(7), pid_namespaces(7), mount_namespaces(7)";

/// The kinds of namespace: option, long option, the link in `/proc/self/ns`
/// that changes, and the flag of `unshare(2)`.
const KINDS: [(char, &str, &str, CloneFlags); 8] = [
    ('C', "cgroup", "cgroup", CloneFlags::CLONE_NEWCGROUP),
    ('i', "ipc", "ipc", CloneFlags::CLONE_NEWIPC),
    ('m', "mount", "mnt", CloneFlags::CLONE_NEWNS),
    ('n', "net", "net", CloneFlags::CLONE_NEWNET),
    ('p', "pid", "pid_for_children", CloneFlags::CLONE_NEWPID),
    ('T', "time", "time_for_children", CloneFlags::from_bits_retain(libc::CLONE_NEWTIME)),
    ('U', "user", "user", CloneFlags::CLONE_NEWUSER),
    ('u', "uts", "uts", CloneFlags::CLONE_NEWUTS),
];

fn main() -> ExitCode {
    ExitCode::from(report(run(), hint))
}

fn run() -> Result<u8> {
    let Some(Asked { flags, map_root, fork, mount_proc, command }) = asked()? else {
        return print(HELP).map(|()| 0);
    };
    unshare_aloud(flags, map_root)?;
    if flags.contains(CloneFlags::CLONE_NEWNS) {
        make_mounts_private()?;
    }
    let prepare = || if mount_proc { mount_new_proc() } else { Ok(()) };
    if fork {
        return exec_in_child(command, prepare);
    }
    if flags.contains(CloneFlags::CLONE_NEWPID) {
        note(
            "note: without -f the command stays in the old PID namespace: its first child is \
             PID 1 of the new one, and once that has ended, fork() fails with ENOMEM",
        );
    }
    if flags.bits() & libc::CLONE_NEWTIME != 0 {
        note(
            "note: before Linux 6.2, without -f the command stays in the old time namespace, \
             and vfork() fails with EINVAL: some shells cannot start programs",
        );
    }
    prepare()?;
    Ok(exec(command))
}

/// What the command line asks for.
struct Asked {
    flags: CloneFlags,
    map_root: bool,
    fork: bool,
    mount_proc: bool,
    command: Command,
}

/// Reads the command line up to the command; `None` is a call for help.
fn asked() -> Result<Option<Asked>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut flags = CloneFlags::empty();
    let (mut map_root, mut fork, mut mount_proc) = (false, false, false);
    let mut words = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(None),
            Short('r') | Long("map-root-user") => map_root = true,
            Short('f') | Long("fork") => fork = true,
            Long("mount-proc") => mount_proc = true,
            Value(program) => {
                words.push(program);
                words.extend(parser.raw_args()?);
                break;
            }
            Short(_) | Long(_) => {
                let asks = |(short, long, ..): &&(char, &str, _, _)| {
                    arg == Short(*short) || arg == Long(long)
                };
                match KINDS.iter().find(asks) {
                    Some((.., flag)) => flags |= *flag,
                    None => return Err(arg.unexpected()),
                }
            }
        }
    }
    flags.set(CloneFlags::CLONE_NEWUSER, flags.contains(CloneFlags::CLONE_NEWUSER) || map_root);
    flags.set(CloneFlags::CLONE_NEWNS, flags.contains(CloneFlags::CLONE_NEWNS) || mount_proc);
    Ok(Some(Asked { flags, map_root, fork, mount_proc, command: command(words) }))
}

// ANCHOR: unshare_aloud
/// Moves the caller into new namespaces (`unshare(2)`) and says which of its
/// links changed. The kernel makes the user namespace first, so that it gives
/// the right to make the others.
fn unshare_aloud(flags: CloneFlags, map_root: bool) -> Result<()> {
    let link = |name: &str| match fs::read_link(format!("/proc/self/ns/{name}")) {
        Ok(target) => printable(target),
        Err(_) if name == "pid_for_children" => "(none until PID 1 is born)".into(),
        Err(error) => errno(error).to_string(),
    };
    let asked = KINDS.iter().filter(|(.., flag)| flags.contains(*flag));
    let before: Vec<_> = asked.map(|(_, _, name, _)| (name, link(name))).collect();
    let (uid, gid) = (geteuid(), getegid());
    unshare(flags).with_context(|| format!("unshare({})", written(flags)))?;
    if map_root {
        map_to_root(uid, gid)?;
    }
    for (name, before) in before {
        note(&format!("{name}: {before} -> {}", link(name)));
    }
    Ok(())
}
// ANCHOR_END: unshare_aloud

// ANCHOR: map_to_root
/// Makes this user and group root in the caller's new user namespace. Each file
/// takes one write, and a map cannot be changed later.
fn map_to_root(uid: Uid, gid: Gid) -> Result<()> {
    let write = |file: &str, content: &str| {
        fs::write(file, content)
            .map_err(|error| refused(error, uid))
            .with_context(|| format!("write({file})"))
    };
    // A group may be named in a file's mode to keep its members out, as in
    // `-rw----r--`. Who could drop it with setgroups(2) would get in; so before
    // an ordinary user may map a group, setgroups(2) must be given up.
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("0 {uid} 1"))?;
    write("/proc/self/gid_map", &format!("0 {gid} 1"))
}
// ANCHOR_END: map_to_root

// ANCHOR: make_mounts_private
/// Keeps the mounts made in the caller's new mount namespace inside it
/// (`mount(2)`). On most distributions `/` is shared, and a copy of a shared
/// mount passes on what is mounted below it, even to another namespace. (Not
/// from below a new user namespace: there the kernel makes copies receive only.)
fn make_mounts_private() -> Result<()> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)
        .context("mount(/, MS_REC | MS_PRIVATE)")
}

/// Mounts a `/proc` that shows the PID namespace of the caller over the old one.
fn mount_new_proc() -> Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let mounted = mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>);
    mounted.map_err(covered).context("mount(proc, /proc)")
}
// ANCHOR_END: make_mounts_private

/// The flags as the manual writes them; nix does not name CLONE_NEWTIME.
fn written(flags: CloneFlags) -> String {
    let mut names: Vec<_> = flags.iter_names().map(|(name, _)| name).collect();
    if flags.bits() & libc::CLONE_NEWTIME != 0 {
        names.push("CLONE_NEWTIME");
    }
    names.join(" | ")
}

/// Why a new `/proc` was refused.
fn covered(errno: Errno) -> Error {
    match errno {
        // It would show what container engines cover in the old one.
        Errno::EPERM => anyhow!(
            "{errno}\nhint: it takes a PID namespace of one's own, -p -f, and an old /proc \
             of which nothing is covered"
        ),
        errno => errno.into(),
    }
}

/// Why a map was refused.
fn refused(error: io::Error, uid: Uid) -> Error {
    match errno(error) {
        // Or who has lost it could write file capabilities that count outside.
        eperm @ Errno::EPERM if uid.is_root() => {
            anyhow!(
                "{eperm}\nhint: to map root itself takes CAP_SETFCAP: grep CapEff /proc/self/status"
            )
        }
        errno => errno.into(),
    }
}

/// What to do about a refused `unshare(2)`, map or mount.
fn hint(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::EINVAL => Some("this kernel may lack the kind: ls /proc/self/ns"),
        Errno::ENOMEM => {
            Some("PID 1 of the new PID namespace has ended, nothing is born there again")
        }
        Errno::EPERM if fs::read("/proc/self/uid_map").is_ok_and(|map| map.is_empty()) => {
            Some("nobody is mapped into the user namespace that we are in: it can have none below")
        }
        Errno::EPERM if geteuid().is_root() => {
            Some("root lacks CAP_SYS_ADMIN: grep CapEff /proc/self/status")
        }
        Errno::EPERM => {
            Some("-r makes you root in a user namespace of your own, who may make the others")
        }
        _ => None,
    }
}
