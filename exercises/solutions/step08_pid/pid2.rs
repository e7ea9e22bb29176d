//! When a process ends, the PID 1 of its PID namespace adopts its children. One that
//! PID 1 does not reap stays a zombie. `init` runs in PID 1 of a new PID namespace.
//! `service` starts some processes and ends before they do; waiting for a process
//! that is not there fails with ECHILD.
//!
//! Run `service` once, in a child, and return its exit status. Before you return,
//! reap all children of PID 1, those that it adopts too, until none is left.
//!
//! Manual: pid_namespaces(7), wait(2)

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait};

fn init(service: fn()) -> nix::Result<i32> {
    let service = judge::fork_task(service)?;
    let mut result = 0;
    loop {
        match wait() {
            Ok(WaitStatus::Exited(pid, status)) if pid == service => result = status,
            Ok(_) => {} // one that PID 1 has adopted
            Err(Errno::ECHILD) => return Ok(result),
            Err(errno) => return Err(errno),
        }
    }
}

fn main() -> ! {
    judge::pid2(init)
}
