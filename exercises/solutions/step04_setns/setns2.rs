//! No /proc is mounted where this function runs, so there is no file to open. A
//! pidfd is a descriptor for a process. Since Linux 5.8 setns(2) accepts it too.
//!
//! Move the caller into the UTS and the IPC namespace of the process with this
//! PID, in a single call.
//!
//! Manual: setns(2), pidfd_open(2)

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = pidfd_open(pid)?;
    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;
    Ok(())
}

fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    // SAFETY: the descriptor is new, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn main() -> ! {
    judge::setns2(join)
}
