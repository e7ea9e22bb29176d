//! An ordinary user, without any capability, wants to enter the UTS namespace of
//! a process. It was created together with a user namespace, which the same user
//! owns. By itself the UTS namespace says EPERM.
//!
//! Enter both. The order matters: why?
//!
//! Manual: user_namespaces(7), setns(2)

use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn enter(pid: Pid) -> io::Result<()> {
    // TODO: Something has to come first.
    setns(File::open(format!("/proc/{pid}/ns/uts"))?, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() {
    judge::setns4(enter)
}
