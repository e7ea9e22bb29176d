//! A process that kills the command when the step dies, even by SIGKILL.
//!
//! `PR_SET_PDEATHSIG` does that too, but the kernel clears it when the command changes its
//! user ID, as `setpriv` and `su` do. (What a user has started with `sudo` is beyond both:
//! only root may kill it.)

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_name;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{ForkResult, Pid};

use crate::process::{fork_detached, pidfd_open, pidfd_send_signal};
use crate::status::wait;

/// How long the watchdog may take to end, in milliseconds.
const TIMEOUT: u16 = 500;

/// The step's connection to its watchdog. The kernel closes it however the step ends; when
/// it is dropped, the watchdog ends and is reaped.
pub struct Watchdog {
    step: Option<UnixStream>,
    pid: Pid,
}

impl Watchdog {
    /// Starts the watchdog (`fork(2)`). Call this before `unshare(2)` or `setns(2)`: the first
    /// process in a new PID namespace is its PID 1, and that has to be the command.
    pub fn start() -> Result<Watchdog> {
        let (step, watchdog) = UnixStream::pair().context("socketpair()")?;
        match fork_detached()? {
            ForkResult::Parent { child } => Ok(Watchdog { step: Some(step), pid: child }),
            ForkResult::Child => {
                drop(step);
                let _ = set_name(c"watchdog");
                let _ = watch(watchdog);
                process::exit(0)
            }
        }
    }

    /// Tells the watchdog which process to kill, and returns when it is prepared to. If it has
    /// been killed, `PR_SET_PDEATHSIG` is left.
    pub fn watch(&self, command: Pid) {
        if let Some(mut step) = self.step.as_ref() {
            let _ = step.write_all(&command.as_raw().to_ne_bytes());
            let _ = step.read_exact(&mut [0]);
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.step.take());
        let _ = self.wait_for_end();
    }
}

impl Watchdog {
    /// Reaps the watchdog. A command that has stopped it, or traces it, cannot keep us
    /// waiting: after a while it is killed.
    fn wait_for_end(&self) -> Result<()> {
        wait(self.pid, WaitPidFlag::WNOHANG)?; // ECHILD in a child of the step
        let pidfd = pidfd_open(self.pid)?;
        let ended = || poll(&mut [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)], TIMEOUT);
        if ended()? == 0 {
            pidfd_send_signal(&pidfd, Signal::SIGKILL)?;
            ended()?;
        }
        wait(self.pid, WaitPidFlag::WNOHANG)?;
        Ok(())
    }
}

/// Waits for the command's end, or kills it when the step has ended before.
fn watch(mut step: UnixStream) -> Result<()> {
    let mut pid = [0; 4];
    step.read_exact(&mut pid)?;
    let command = pidfd_open(Pid::from_raw(i32::from_ne_bytes(pid)))?;
    step.write_all(b".")?;
    let mut ends = [
        PollFd::new(step.as_fd(), PollFlags::POLLIN),
        PollFd::new(command.as_fd(), PollFlags::POLLIN),
    ];
    poll(&mut ends, PollTimeout::NONE)?;
    Ok(pidfd_send_signal(&command, Signal::SIGKILL)?) // ESRCH if the command has ended
}
