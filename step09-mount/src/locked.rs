//! `locked`: what can root of a user namespace not unmount?
//!
//! Whoever covers a file can uncover it. In a mount namespace that belongs to a new user
//! namespace nobody can: there the copies of the old mounts are locked. None of them can be
//! unmounted alone, and no flag such as MS_RDONLY can be removed. Otherwise every user could
//! look under the mounts that root has made to hide something, as container engines do in
//! `/proc`.

use std::fs;
use std::path::Path;
use std::process;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use step_support::handshake;
use step_support::namespace::flag_names;
use step_support::status::wait_for_child;
use step_support::{Hint, exit_status, print, printable};

use crate::read_only::make_read_only;
use crate::{cli, unshare_mounts};

/// A file that every process may read.
const FILE: &str = "/proc/version";

/// Bytes of stack for the child: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: usize = 256 * 1024;

/// Covers a file, and has root of a new user namespace try to read it.
pub fn run() -> Result<u8> {
    unshare_mounts()?;
    print_file("before:")?;
    in_new_user_namespace(mount_new_proc)?;
    mount(Some("/dev/null"), FILE, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .hint(cli::mount_hints)
        .context("mount(/dev/null, /proc/version, MS_BIND)")?;
    make_read_only(Path::new(FILE))?;
    print_file("covered:")?;
    in_new_user_namespace(uncover)?;
    print_result("here:", "umount(/proc/version)", umount2(FILE, MntFlags::empty()))?;
    print_file("here:")?;
    Ok(0)
}

/// Tries all ways to the covered file, with all capabilities in a new user namespace.
fn uncover() -> Result<()> {
    // The cover is locked in its place, ...
    let unmounted = umount2(FILE, MntFlags::empty());
    print_result("below:", "umount(/proc/version)", unmounted)?;
    // ... so is its flag MS_RDONLY, which a remount without it would remove, ...
    let (flags, none) = (MsFlags::MS_REMOUNT | MsFlags::MS_BIND, None::<&str>);
    let writable = mount(none, FILE, none, flags, none);
    print_result("below:", "mount(/proc/version, MS_REMOUNT | MS_BIND)", writable)?;
    // ... and while it is there, a new /proc without it is "too revealing" (the kernel's log).
    mount_new_proc()?;
    print_file("below:")
}

/// Mounts a new `/proc` on the old one.
fn mount_new_proc() -> Result<()> {
    let mounted = mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), None::<&str>);
    print_result("below:", "mount(proc, /proc)", mounted)
}

/// Runs `attempt` in a child, in copies of the caller's mounts that belong to a new user
/// namespace (`clone(2)`).
fn in_new_user_namespace(attempt: fn() -> Result<()>) -> Result<()> {
    // A new /proc shows a PID namespace, and requires CAP_SYS_ADMIN over that, too.
    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID;
    let (_parent_side, child_side) = handshake::pair()?;
    let child_main = Box::new(|| {
        let result = child_side.die_with_parent().and_then(|()| attempt());
        exit_status(result.map(|()| 0)).into()
    });
    let mut stack = vec![0; STACK_SIZE];
    // SAFETY: this process has one thread, and without CLONE_VM the child runs on a copy of
    // its memory, stack included, so neither process can disturb the other.
    let child = unsafe { clone(child_main, &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
        .hint(|errno| cli::unshare_hints(errno, flags))
        .with_context(|| format!("clone({})", flag_names(flags)))?;
    match wait_for_child(child)? {
        0 => Ok(()),
        status => process::exit(status.into()), // the child has said why
    }
}

/// Prints the first words of the file, as the calling process finds it.
fn print_file(who: &str) -> Result<()> {
    let text = fs::read_to_string(FILE).context("open(/proc/version)")?;
    let words: Vec<_> = text.split_whitespace().take(3).collect();
    let shown =
        if words.is_empty() { "empty".normal() } else { printable(words.join(" ")).green() };
    print(&format!("{who:<10}{FILE}: {shown}"))
}

/// Prints what a call has returned.
fn print_result(who: &str, call: &str, result: nix::Result<()>) -> Result<()> {
    let result = result.map_or_else(|errno| errno.to_string(), |()| "done".to_owned());
    print(&format!("{who:<10}{call}: {result}"))
}
