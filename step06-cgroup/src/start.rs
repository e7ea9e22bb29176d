//! Starting the command inside of the group: created there on v2, moved there on v1.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{self, Command};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::unistd::{ForkResult, Pid, fork};
use step_support::cgroup::write;
use step_support::handshake;
use step_support::process::{ParentPidfd, exec};
use step_support::{Hint, exit_status, refusal};

use crate::realtime::explain_join;
use crate::signals::Signals;

/// As in `<linux/sched.h>`; libc has it as an int, which is too small for it.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// As in `<linux/sched.h>`; libc has it for 64-bit processors only.
#[derive(Default)]
#[repr(C, align(8))]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

// ANCHOR: clone_into
/// Forks a child that is in the cgroup `dir` from the start (`clone3(2)`).
pub fn clone_into(dir: &File) -> nix::Result<ForkResult> {
    let args = CloneArgs {
        flags: CLONE_INTO_CGROUP,
        exit_signal: libc::SIGCHLD as u64,
        cgroup: dir.as_raw_fd() as u64,
        ..CloneArgs::default()
    };
    // SAFETY: the pointer and the size are those of `args`, which outlives the call. Without
    // CLONE_VM and without a stack the call is a fork(), and this process has one thread, so
    // no lock is held in the child's copy of its memory.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    match Errno::result(pid)? {
        0 => Ok(ForkResult::Child),
        pid => Ok(ForkResult::Parent { child: Pid::from_raw(pid as i32) }),
    }
}
// ANCHOR_END: clone_into

/// Starts the command and moves it into the cgroups before it begins: the child waits
/// until its PID is in each `cgroup.procs`, so that everything it starts is inside, too.
pub fn start_and_join(command: Command, dirs: &[PathBuf], signals: &Signals) -> Result<Pid> {
    let parent = ParentPidfd::of_this_process()?;
    let (parent_side, child_side) = handshake::pair()?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    let pid = match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Child => {
            drop(parent_side);
            if !child_side.wait() {
                process::exit(1); // the parent could not move us, or died
            }
            become_command(command, &parent, signals)
        }
        ForkResult::Parent { child } => child,
    };
    for dir in dirs {
        write(&dir.join("cgroup.procs"), &pid.to_string())
            .map_err(|error| explain_join(error, dir))?;
    }
    parent_side.notify();
    Ok(pid)
}

/// In the child: becomes the command, with the signals as the caller of the step had them.
/// It dies with the step.
pub fn become_command(command: Command, parent: &ParentPidfd, signals: &Signals) -> ! {
    signals.restore();
    match parent.die_with_it() {
        Ok(()) => process::exit(exec(command).into()),
        Err(error) => process::exit(exit_status(Err(error)).into()), // prints it
    }
}
