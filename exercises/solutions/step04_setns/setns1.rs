//! Namespaces have no names, but you can open one through any process in it:
//! /proc/PID/ns/uts. With that descriptor setns(2) joins the namespace.
//!
//! Move the caller into the UTS namespace of the process with this PID. All other
//! namespaces of the caller stay the same.
//!
//! Manual: setns(2)

use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(file, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns1(join)
}
