//! A process has a PID in its own PID namespace and one in each namespace around
//! it. Your function runs in PID 1 of a new PID namespace. /proc has stayed: it
//! still belongs to the namespace outside.
//!
//! Return the PID of the caller as the processes outside see it.
//!
//! Manual: pid_namespaces(7), proc(5), getpid(2)

use std::io;

use nix::unistd::getpid;

fn pid_outside() -> io::Result<i32> {
    // TODO: In which PID namespace does the caller have this PID?
    Ok(getpid().as_raw())
}

fn main() -> ! {
    judge::pid1(pid_outside)
}
