//! A child that has ended stays in the process table as a zombie until its parent
//! waits for it. Waiting also tells the parent how the child ended.
//!
//! Wait until this child has ended, so that it is no zombie. Do not wait for
//! another child. Return what a shell has in $?: the exit status, or 128 plus the
//! number of the signal that killed the child.
//!
//! Manual: waitpid(2)

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

fn wait_for(child: Pid) -> nix::Result<i32> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        WaitStatus::Signaled(_, signal, _) => Ok(128 + signal as i32),
        _ => Err(Errno::EINVAL),
    }
}

fn main() -> ! {
    judge::clone3(wait_for)
}
