//! Step 02: how does a process come into being, and into which namespaces?
//!
//! `clone(2)`, as the C library offers it, creates a child that starts in a function of our
//! choice, on a stack that we provide. The child is in its parent's namespaces, except that
//! each `CLONE_NEW…` flag puts it into a new namespace of one kind.
//!
//! ```text
//! cargo run -p step02-clone -- uts pid
//! ```
//!
//! Privilege: every kind but `user` requires CAP_SYS_ADMIN. An unprivileged user has it
//! inside a new user namespace, which the same `clone(2)` creates.
//!
//! Simplified: the child does nothing with its namespaces. Step 03 sets a hostname in
//! its UTS namespace, step 05 maps a user to root in its user namespace.
//!
//! Manual: clone(2), namespaces(7), pid_namespaces(7), waitpid(2)

use std::process::ExitCode;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{Pid, geteuid, getpid, getppid};
use step_support::handshake::{self, Side};
use step_support::namespace::{USER_NAMESPACE_NOTE, check_proc, flag_names, links};
use step_support::status::{describe, wait};
use step_support::{Hint, exit_code, exit_status, note, print};

mod cli;

/// Bytes of stack for the child: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: usize = 256 * 1024;

fn main() -> ExitCode {
    exit_code(run())
}

/// Creates a child in new namespaces, compares them with the parent's, and waits for it.
fn run() -> Result<u8> {
    let mut flags = cli::parse_args()?;
    check_proc()?;
    if !geteuid().is_root() && !(flags - CloneFlags::CLONE_NEWUSER).is_empty() {
        // Creating a user namespace needs no privilege, and in it the child has CAP_SYS_ADMIN.
        flags |= CloneFlags::CLONE_NEWUSER;
        note(USER_NAMESPACE_NOTE);
    }

    let (parent_side, child_side) = handshake::pair()?;
    // ANCHOR: clone
    let child_main = Box::new(|| exit_status(run_child(&child_side)).into());
    // The stack grows downwards: nix gives the kernel the end of this memory.
    let mut stack = vec![0; STACK_SIZE];
    // SAFETY: this process has one thread, and without CLONE_VM the child runs on a copy of
    // its memory, stack included, so neither process can disturb the other.
    let child = unsafe { clone(child_main, &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
        .hint(|errno| cli::clone_hints(errno, flags))
        .with_context(|| format!("clone({})", flag_names(flags)))?;
    drop(child_side); // the child has its own; ours would hide its death from wait()

    print(&format!("PID of child created by clone() is {child}"))?;
    // ANCHOR_END: clone
    // ANCHOR: turns
    parent_side.notify();
    let compared = if parent_side.wait() { compare_namespaces(child) } else { Ok(()) };
    parent_side.notify();
    // ANCHOR_END: turns
    report_end(child, compared)
}

// ANCHOR: run_child
/// Runs in the child: prints the PIDs that it sees, and stays until its parent has
/// looked at its namespaces.
fn run_child(child_side: &Side) -> Result<u8> {
    child_side.die_with_parent()?;
    child_side.wait();
    // In a new PID namespace the child is 1, and its parent, which is outside, is 0.
    print(&format!("PID in child:  {}, its parent's: {}", getpid(), getppid()))?;
    child_side.notify();
    child_side.wait();
    Ok(0)
}
// ANCHOR_END: run_child

// ANCHOR: compare_namespaces
/// Prints which namespaces of the child are new, by the links in `/proc/PID/ns`.
fn compare_namespaces(child: Pid) -> Result<()> {
    print(&format!("PID in parent: {}, its child's:  {child}", getpid()))?;
    let parent_links = links(getpid())?;
    let child_links = links(child)?;
    for ((kind, parent_ns), (_, child_ns)) in parent_links.iter().zip(&child_links) {
        let (child_ns, verdict) = if parent_ns == child_ns {
            (child_ns.normal(), "same".normal())
        } else {
            (child_ns.green(), "new".green())
        };
        print(&format!("{kind:<18}{parent_ns:<20}{child_ns:<20}{verdict}"))?;
    }
    Ok(())
}
// ANCHOR_END: compare_namespaces

/// Waits for the child and prints how it ended (`waitpid(2)`).
fn report_end(child: Pid, compared: Result<()>) -> Result<u8> {
    let status = wait(child, WaitPidFlag::empty())?.context("waitpid()")?;
    // If the child was killed, a comparison that failed is only a consequence.
    if status.code().is_some() {
        compared?;
    }
    print(&format!("child {child} {}", describe(status)))?;
    Ok(status.code().map_or(1, |code| code as u8))
}
