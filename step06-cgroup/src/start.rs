//! The process that becomes the command: how it is born in a cgroup, and how it gets
//! into those that it is not born in.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process::{self, Command};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{ForkResult, Pid, fork, pipe2};

use crate::ENDINGS;
use crate::cgroupfs::write;
use crate::command::exec;

/// As in <linux/sched.h>; libc keeps it in an int, where it does not fit.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// A pipe at which a new process waits until its parent lets it go on.
pub struct Gate {
    inside: File,
    outside: File,
}

impl Gate {
    /// Makes the pipe (`pipe2(2)`).
    pub fn new() -> Result<Gate> {
        let (inside, outside) = pipe2(OFlag::O_CLOEXEC).context("pipe2(O_CLOEXEC)")?;
        Ok(Gate { inside: inside.into(), outside: outside.into() })
    }

    /// Lets the new process go on. If it has died, waiting for it will tell.
    pub fn open(mut self) {
        let _ = self.outside.write_all(b".");
    }

    /// What the new process does: waits until the gate is open, and becomes the
    /// command. It dies with its parent, also when that has died before it could
    /// be asked for: then nobody is left to open the gate.
    pub fn enter(self, command: Command) -> ! {
        let Gate { mut inside, outside } = self;
        drop(outside);
        let asked = set_pdeathsig(Signal::SIGKILL);
        if asked.is_err() || inside.read_exact(&mut [0]).is_err() {
            process::exit(1);
        }
        // The signals that the step keeps for itself are not kept from the command.
        let signals: SigSet = ENDINGS.into_iter().collect();
        let _ = signals.thread_unblock();
        process::exit(exec(command).into())
    }
}

/// As in <linux/sched.h>; libc has it for 64-bit processors only.
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
/// Forks, the child being in the cgroup `dir` from its birth (`clone3(2)`).
pub fn clone_into(dir: &File) -> nix::Result<ForkResult> {
    let args = CloneArgs {
        flags: CLONE_INTO_CGROUP,
        exit_signal: libc::SIGCHLD as u64,
        cgroup: dir.as_raw_fd() as u64,
        ..CloneArgs::default()
    };
    // SAFETY: the pointer and the size are those of one live structure; without
    // CLONE_VM and with no stack given this is fork(), and this process has no
    // second thread, so the child's copy of its memory holds no lock.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of_val(&args)) };
    match Errno::result(pid)? {
        0 => Ok(ForkResult::Child),
        pid => Ok(ForkResult::Parent { child: Pid::from_raw(pid as i32) }),
    }
}
// ANCHOR_END: clone_into

// ANCHOR: start_and_join
/// Starts the command in cgroups that are joined one by one: the new process waits
/// until its PID is in each `cgroup.procs`, so that the command's first instruction,
/// and all that it starts, is inside of all of them.
pub fn start_and_join(command: Command, dirs: &[PathBuf]) -> Result<Pid> {
    let gate = Gate::new()?;
    // SAFETY: this process has no second thread, so the child's copy of its
    // memory holds no lock and no half-made allocation.
    let pid = match unsafe { fork() }.context("fork()")? {
        ForkResult::Child => gate.enter(command),
        ForkResult::Parent { child } => child,
    };
    for dir in dirs {
        // On failure the gate goes, unopened, and with it the child.
        write(&dir.join("cgroup.procs"), &pid.to_string())?;
    }
    gate.open();
    Ok(pid)
}
// ANCHOR_END: start_and_join
