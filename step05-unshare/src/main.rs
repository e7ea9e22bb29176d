//! Step 05: how does a process leave the namespaces that it was born in?
//!
//! `unshare(2)` creates namespaces without creating a process: it moves its caller into
//! them. Two kinds, PID and time, are for the caller's children only. A new user
//! namespace starts with no IDs mapped; user and group have to be mapped into it.
//!
//! ```text
//! cargo run -p step05-unshare -- -Urpf --mount-proc ps
//! ```
//!
//! Privilege: every kind but `user` requires CAP_SYS_ADMIN. Like `unshare(1)`, this
//! program adds nothing on its own: `-r` gives an unprivileged user a user namespace in
//! which they are root.
//!
//! Simplified: one user and one group are mapped. Mapping more requires CAP_SETUID and
//! CAP_SETGID outside, which newuidmap(1) and newgidmap(1) have.
//!
//! Manual: unshare(2), user_namespaces(7), pid_namespaces(7), mount_namespaces(7), unshare(1)

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, getegid, geteuid};
use step_support::namespace::{OwnLinks, flag_names};
use step_support::process::{exec, run_in_child};
use step_support::watchdog::Watchdog;
use step_support::{Hint, exit_code, refusal};

mod cli;
use cli::Args;

fn main() -> ExitCode {
    exit_code(run())
}

/// Leaves the old namespaces and runs the command in the new ones.
fn run() -> Result<u8> {
    let Args { flags, map_root, fork, mount_proc, command } = cli::parse_args()?;
    // Started now, or the watchdog would be PID 1 of the new PID namespace.
    let watchdog = fork.then(Watchdog::start).transpose()?;
    let links_before = OwnLinks::open()?;
    // ANCHOR: unshare
    // Read now: in a new user namespace both are the overflow IDs until they are mapped.
    let (uid, gid) = (geteuid(), getegid());

    unshare(flags)
        .hint(|errno| cli::unshare_hints(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    if map_root {
        map_to_root(uid, gid)?;
    }
    // ANCHOR_END: unshare
    links_before.report_changes();
    if flags.contains(CloneFlags::CLONE_NEWNS) {
        make_mounts_private()?;
    }

    // ANCHOR: fork
    let prepare = || if mount_proc { mount_new_proc() } else { Ok(()) };
    if let Some(watchdog) = watchdog {
        return run_in_child(command, watchdog, prepare);
    }
    // ANCHOR_END: fork
    cli::warn_without_fork(flags);
    prepare()?;
    Ok(exec(command))
}

// ANCHOR: map_to_root
/// Makes this user and group root in the caller's new user namespace. Each map takes one
/// write and cannot be changed later.
fn map_to_root(uid: Uid, gid: Gid) -> Result<()> {
    let write = |file: &str, content: &str| {
        fs::write(file, content)
            .hint(|errno| refusal::map(errno, uid))
            .with_context(|| format!("write({file})"))
    };
    // An unprivileged process may map a group only after giving up setgroups(2). Otherwise a
    // member of a group that a file shuts out (`-rw----r--`) could drop the group and read it.
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("0 {uid} 1"))?;
    write("/proc/self/gid_map", &format!("0 {gid} 1"))
}
// ANCHOR_END: map_to_root

// ANCHOR: make_mounts_private
/// Keeps mounts that are made in the new mount namespace inside it (`mount(2)`).
///
/// On most distributions `/` is a shared mount, so a mount made here would also appear in
/// the original namespace. (With a new user namespace the kernel has already made the copies
/// slaves, which receive mounts but pass none on.)
fn make_mounts_private() -> Result<()> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, flags, None::<&str>)
        .hint(refusal::propagation)
        .context("mount(/, MS_REC | MS_PRIVATE)")
}
// ANCHOR_END: make_mounts_private

/// Mounts a `/proc` that shows the caller's PID namespace on top of the old one.
fn mount_new_proc() -> Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)
        .hint(refusal::new_proc)
        .context("mount(proc, /proc)")
}
