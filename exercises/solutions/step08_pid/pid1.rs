//! A process has a PID in its own PID namespace and one in each namespace around
//! it. Your function runs in PID 1 of a new PID namespace. /proc has stayed: it
//! still belongs to the namespace outside.
//!
//! Return the PID of the caller as the processes outside see it.
//!
//! Manual: pid_namespaces(7), proc(5), getpid(2)

use std::fs;
use std::io;

fn pid_outside() -> io::Result<i32> {
    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))
}

fn main() -> ! {
    judge::pid1(pid_outside)
}
