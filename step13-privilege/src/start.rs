//! The process that makes the changes: its user, its namespaces, and its program.

use std::env;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::get_no_new_privs;
use nix::unistd::{Gid, Uid, geteuid, setgroups, setresgid, setresuid};
use step_support::namespace::flag_names;
use step_support::process;
use step_support::status::describe;
use step_support::watchdog::Watchdog;
use step_support::{Hint, note, refusal};

use crate::cli;

/// `nobody`: a user without privileges, which every system has.
const NOBODY: u32 = 65534;

/// Prints what is special about this user, before the table.
pub fn notes(lists: &[Vec<String>]) {
    if !geteuid().is_root() && lists.iter().any(|changes| !is_for_user(changes)) {
        note(
            "note: not root: unshare() also gets CLONE_NEWUSER; the child is root there and has \
             all capabilities, but only in that new user namespace",
        );
    }
    if get_no_new_privs() == Ok(true) {
        note("note: no_new_privs is set already, so no execve() gives back what was dropped");
    }
}

/// Makes the changes in a child, and returns its exit status.
///
/// # Errors
///
/// The child was killed by a signal.
pub fn run_in_child(changes: &[String]) -> Result<u8> {
    // PR_SET_PDEATHSIG does not last: the kernel clears it when execve(2) gives capabilities.
    let watchdog = Watchdog::start()?;
    let (label, prepare): (_, fn() -> _) = match is_for_user(changes) {
        true => ("user", become_user),
        false => ("root", become_root),
    };
    let status = process::run_in_child(this_program(label, changes), watchdog, prepare)?;
    match status.checked_sub(128) {
        Some(signal) if signal > 0 => {
            bail!("the child {}", describe(ExitStatus::from_raw(signal.into())))
        }
        _ => Ok(status),
    }
}

/// This program, to print a row with the label and to make the changes.
pub fn this_program(label: &str, changes: &[String]) -> Command {
    // Not its path: another user may not be able to reach that.
    let mut command = Command::new("/proc/self/exe");
    command.arg0(env::args_os().next().unwrap_or_default());
    command.args([&format!("--{}", cli::CONTINUE), label]).args(changes);
    command
}

/// A set-user-ID program changes nothing for root.
fn is_for_user(changes: &[String]) -> bool {
    changes.iter().any(|change| change == "su")
}

/// Moves the caller into a new UTS namespace. Who is not root becomes root of a new user
/// namespace, which owns it (`unshare(2)`).
fn become_root() -> Result<()> {
    let uid = geteuid();
    let mut flags = CloneFlags::CLONE_NEWUTS;
    if !uid.is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    unshare(flags)
        .hint(|errno| cli::unshare_hints(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    if !uid.is_root() {
        fs::write("/proc/self/uid_map", format!("0 {uid} 1"))
            .hint(|errno| refusal::map(errno, uid))
            .context("write(/proc/self/uid_map)")?;
    }
    Ok(())
}

/// Gives up root for good; an ordinary user has nothing to give up (`setresuid(2)`).
fn become_user() -> Result<()> {
    if geteuid().is_root() {
        let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        setgroups(&[]).hint(cli::nobody_hints).context("setgroups(0)")?;
        setresgid(gid, gid, gid).hint(cli::nobody_hints).context("setresgid(65534)")?;
        setresuid(uid, uid, uid).hint(cli::nobody_hints).context("setresuid(65534)")?;
    }
    Ok(())
}
