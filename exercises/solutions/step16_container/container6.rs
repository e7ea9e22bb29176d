//! `init` runs in PID 1 of a new PID namespace. `command` is the program of the
//! container: it starts others, a server in the background among them, and it ends
//! by a signal. When PID 1 has returned, the kernel will kill what is left. A shell
//! reports 128 and the number of the signal if one has killed a program.
//!
//! Run `command` once, in a child that is in a session of its own and in which no
//! signal is blocked. When PID 1 gets SIGTERM, send SIGTERM to the process group of
//! the command. While the command runs, reap what PID 1 adopts. When the command
//! has ended, return at once, whatever else runs: 128 and the number of the signal.
//!
//! Manual: pid_namespaces(7), setsid(2), killpg(3), waitpid(2)

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, setsid};

fn init(command: fn()) -> nix::Result<i32> {
    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGCHLD]);
    signals.thread_block()?;
    let child = judge::fork_child(|| {
        setsid()?;
        signals.thread_unblock()?;
        command();
        Ok(())
    })?;
    loop {
        match signals.wait()? {
            Signal::SIGCHLD => {
                if let Some(status) = reap(child)? {
                    return Ok(status);
                }
            }
            signal => killpg(child, signal)?,
        }
    }
}

/// Reaps every child that has ended. Returns the status of one, if that is among them.
fn reap(child: Pid) -> nix::Result<Option<i32>> {
    let mut result = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => result = Some(status),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                result = Some(128 + signal as i32);
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(result),
            other => drop(other?),
        }
    }
}

fn main() -> ! {
    judge::container6(init)
}
