//! A namespace has no name, but each process in it is a door: the file
//! /proc/PID/ns/uts. Whoever has it open can enter.
//!
//! Move the caller into the UTS namespace of the process with this PID, and into
//! no other of its namespaces.
//!
//! Manual: setns(2)

use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn enter(pid: Pid) -> io::Result<()> {
    // TODO: Which door is this?
    let door = File::open(format!("/proc/{pid}/ns/ipc"))?;
    setns(door, CloneFlags::empty())?;
    Ok(())
}

fn main() {
    judge::setns1(enter)
}
