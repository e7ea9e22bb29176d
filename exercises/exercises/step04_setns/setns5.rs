//! You are an ordinary user without capabilities. A process was created in a new
//! user namespace, which you own, and in a new UTS namespace. Entering the UTS
//! namespace alone fails with EPERM.
//!
//! Move the caller into the user namespace and the UTS namespace of the process
//! with this PID. All other namespaces of the caller stay the same.
//!
//! Manual: user_namespaces(7), setns(2)

use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    // TODO: Which namespace do you have to join first?
    setns(File::open(format!("/proc/{pid}/ns/uts"))?, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
