//! No /proc is mounted where this function runs, so there is no file to open. A
//! pidfd is a descriptor for a process. Since Linux 5.8 setns(2) accepts it too,
//! and joins all namespaces that the flags name, or none.
//!
//! Move the caller into the UTS and the IPC namespace of the process with this
//! PID, in a single call. All other namespaces of the caller stay the same.
//!
//! Manual: setns(2), pidfd_open(2)

use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = judge::pidfd_open(pid)?;
    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;
    Ok(())
}

fn main() -> ! {
    judge::setns2(join)
}
