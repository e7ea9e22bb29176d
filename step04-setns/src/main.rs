//! Step 04: how does a process enter a namespace that already exists?
//!
//! `setns(2)` moves its caller into a namespace that a descriptor refers to. The descriptor
//! is either an opened `/proc/PID/ns` link (one namespace), or a pidfd, with flags that
//! choose among that process's namespaces. A joined PID namespace is for later children only.
//!
//! ```text
//! cargo run -p step04-setns -- --target 11120 -- uname -n
//! ```
//!
//! Privilege: joining a user namespace requires CAP_SYS_ADMIN in it, which its creator has
//! from the parent user namespace. Other kinds require CAP_SYS_ADMIN in the user namespace
//! that owns them and in the caller's own (for a mount namespace also CAP_SYS_CHROOT). So
//! the user namespace is joined first.
//!
//! Simplified: with a mount namespace, the command starts in its root directory; the
//! command's environment stays the caller's.
//!
//! Manual: setns(2), pidfd_open(2), namespaces(7), nsenter(1)

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;
use step_support::namespace::{KINDS, OwnLinks, check_proc, flag_names};
use step_support::process::{exec, pidfd_open, run_in_child};
use step_support::watchdog::Watchdog;
use step_support::{Hint, exit_code, note, printable};

mod cli;
mod credentials;
use cli::Target;
use credentials::Credentials;

fn main() -> ExitCode {
    exit_code(run())
}

/// Joins the target's namespaces and runs the command in them.
fn run() -> Result<u8> {
    let (target, command) = cli::parse_args()?;
    // Opened now, because another mount namespace has another /proc, or none.
    let links_before = OwnLinks::open()?;
    let watchdog = target.includes("pid", libc::CLONE_NEWPID).then(Watchdog::start).transpose()?;
    let credentials = Credentials::before_joining(&target);
    // ANCHOR: target
    match target {
        Target::Files(files) => files.iter().try_for_each(|file| join_file(file))?,
        Target::Process(pid) => join_process(pid)?,
    }
    // ANCHOR_END: target

    let changed = links_before.report_changes();
    if changed.is_empty() {
        note("note: nothing to join: the caller is in these namespaces already");
    }
    if changed.contains(&"user") {
        credentials.become_root()?;
    }
    if let Some(watchdog) = watchdog {
        // The caller stays in its PID namespace; only new children are in the joined one.
        return run_in_child(command, watchdog, || Ok(()));
    }
    Ok(exec(command))
}

// ANCHOR: join_file
/// Moves the caller into the namespace that the file refers to (`setns(2)`, where empty
/// flags accept any kind).
fn join_file(path: &Path) -> Result<()> {
    let name = printable(path);
    let file = File::open(path)
        .with_context(|| format!("open({name})"))
        .map_err(|error| cli::explain_open(path, error))?;
    setns(&file, CloneFlags::empty())
        .hint(|errno| cli::file_hints(errno, &file))
        .with_context(|| format!("setns({name})"))
}
// ANCHOR_END: join_file

/// Moves the caller into all namespaces in which the process differs from it.
///
/// One call joins all of them or none. The kernel joins the user namespace first,
/// because that gives the capabilities to join the others.
fn join_process(pid: Pid) -> Result<()> {
    check_proc()?; // or the PID would name a different process in /proc
    let pidfd = pidfd_open(pid)
        .hint(|errno| cli::pidfd_hints(errno, pid))
        .with_context(|| format!("pidfd_open({pid})"))?;
    // ANCHOR: differing
    // Only those that differ: joining our own user namespace again fails with EINVAL.
    let mut flags = CloneFlags::empty();
    for kind in &KINDS {
        if cli::differs(pid, kind.name)? {
            flags |= kind.flag;
        }
    }
    // ANCHOR_END: differing
    // So does a pidfd without flags.
    if flags.is_empty() {
        return Ok(());
    }
    setns(&pidfd, flags)
        .hint(|errno| cli::setns_hints(errno, flags))
        .with_context(|| format!("setns(pidfd of {pid}, {})", flag_names(flags)))
}
