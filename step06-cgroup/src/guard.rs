//! The process that removes the cgroup, whatever happens to the step.

use std::fs::File;
use std::io::Read;
use std::process;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::signal::SigSet;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, setsid};

use crate::group::Group;

/// A child of the step that stays outside of the cgroup and waits for the end of
/// a pipe that only the step holds open. The step closes it when all is done; if
/// the step is killed, SIGKILL included, the kernel closes it.
pub struct Guard {
    /// The PID of the guard.
    pub pid: Pid,
    pipe: File,
}

impl Guard {
    /// Posts a guard over a cgroup that is planned and not yet made (`fork(2)`).
    pub fn post(group: &dyn Group) -> Result<Guard> {
        let (end, pipe) = pipe2(OFlag::O_CLOEXEC).context("pipe2(O_CLOEXEC)")?;
        // SAFETY: this process has no second thread, so the child's copy of its
        // memory holds no lock and no half-made allocation.
        let pid = match unsafe { fork() }.context("fork()")? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                drop(pipe);
                // What ends or stops a whole session or terminal passes it by.
                let _ = SigSet::all().thread_block();
                let _ = setsid();
                let _ = File::from(end).read(&mut [0]);
                process::exit(i32::from(group.remove().is_err()));
            }
        };
        Ok(Guard { pid, pipe: pipe.into() })
    }

    /// Lets the guard remove the cgroup; if it cannot, or was killed, the step
    /// does it and says what fails.
    pub fn relieve(self, group: &dyn Group) -> Result<()> {
        drop(self.pipe);
        match waitpid(self.pid, None) {
            Ok(WaitStatus::Exited(_, 0)) => Ok(()),
            _ => group.remove(),
        }
    }
}
