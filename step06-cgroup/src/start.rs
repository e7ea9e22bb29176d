//! The process that becomes the command, and how it gets into cgroups that it is
//! not born in.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{self, Command};

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{ForkResult, Pid, fork, pipe2};

use crate::ENDINGS;
use crate::cgroupfs::write;
use crate::command::exec;

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
