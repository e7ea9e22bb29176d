//! Step 03: can one process have a different hostname from the rest of the machine?
//!
//! A UTS namespace holds a hostname (`nodename` in uname(2)) and a NIS domain name.
//! `clone(2)` creates a child and, in the same call, a new UTS namespace for it. The child
//! sets the hostname. Then parent and child both print the hostname that the kernel reports
//! to them, by the same function, and get different answers.
//!
//! ```text
//! cargo run -p step03-uts -- helo
//! ```
//!
//! Privilege: creating a UTS namespace requires CAP_SYS_ADMIN. An unprivileged user has it
//! inside a new user namespace. The same `clone(2)` creates that first, as the owner of the
//! UTS namespace.
//!
//! Simplified: no user is mapped into that user namespace (step 05 does it), so the
//! child's uid in it is the overflow uid, 65534.
//!
//! Manual: clone(2), uts_namespaces(7), sethostname(2), uname(2), waitpid(2)

use std::ffi::OsStr;
use std::process::ExitCode;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::sys::utsname::uname;
use nix::unistd::{geteuid, sethostname};
use step_support::handshake::{self, Side, wait_for_enter};
use step_support::namespace::{USER_NAMESPACE_NOTE, flag_names};
use step_support::status::wait_for_child;
use step_support::{Hint, exit_code, exit_status, note, print, printable};

mod cli;

/// Bytes of stack for the child: `clone(2)` leaves it to its caller to provide one.
const STACK_SIZE: usize = 256 * 1024;

fn main() -> ExitCode {
    exit_code(run())
}

/// Creates a child in a new UTS namespace, and prints the hostnames of both.
fn run() -> Result<u8> {
    let hostname = cli::parse_args()?;
    // ANCHOR: flags
    let mut flags = CloneFlags::CLONE_NEWUTS;
    if !geteuid().is_root() {
        // Creating a user namespace needs no privilege, and in it the child has CAP_SYS_ADMIN.
        flags |= CloneFlags::CLONE_NEWUSER;
        note(USER_NAMESPACE_NOTE);
    }
    // ANCHOR_END: flags

    let (parent_side, child_side) = handshake::pair()?;
    // ANCHOR: clone
    let child_main = Box::new(|| exit_status(run_child(&hostname, &child_side)).into());
    let mut stack = vec![0; STACK_SIZE];
    // SAFETY: this process has one thread, and without CLONE_VM the child runs on a copy of
    // its memory, stack included, so neither process can disturb the other.
    let child = unsafe { clone(child_main, &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
        .hint(|errno| cli::clone_hints(errno, flags))
        .with_context(|| format!("clone({})", flag_names(flags)))?;
    // ANCHOR_END: clone
    drop(child_side); // the child has its own; ours would hide its death from wait()

    print(&format!("PID of child created by clone() is {child}"))?;
    parent_side.notify();
    if parent_side.wait() {
        print_hostname("parent:")?;
        wait_for_enter(&parent_side, &cli::commands_to_compare(child))?;
        parent_side.notify();
    }
    wait_for_child(child)
}

// ANCHOR: run_child
/// Runs in the child, the only process in the new UTS namespace.
fn run_child(hostname: &OsStr, child_side: &Side) -> Result<u8> {
    child_side.die_with_parent()?;
    child_side.wait(); // until the parent has printed our PID
    sethostname(hostname)
        .hint(cli::sethostname_hints)
        .with_context(|| format!("sethostname({hostname:?})"))?;
    print_hostname("child:")?;
    child_side.notify();
    child_side.wait(); // and keep the namespace alive while the reader looks at it
    Ok(0)
}
// ANCHOR_END: run_child

// ANCHOR: print_hostname
/// Prints the nodename that the kernel reports to the calling process (`uname(2)`).
fn print_hostname(label: &str) -> Result<()> {
    let uts = uname().context("uname()")?;
    print(&format!("uts.nodename in {label:<8}{}", printable(uts.nodename()).green()))
}
// ANCHOR_END: print_hostname
