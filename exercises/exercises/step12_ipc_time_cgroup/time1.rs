//! uptime prints the time on CLOCK_BOOTTIME. A time namespace adds an offset to that
//! clock, and another to CLOCK_MONOTONIC. Both are in /proc/PID/timens_offsets, for
//! the time namespace that the next child of the process will be in. To set one,
//! write a line such as "boottime 60 0", for 60 s and 0 ns. `child` never returns.
//!
//! Run `child` in a new time namespace, where CLOCK_BOOTTIME is a week ahead of the
//! caller's. The caller stays in its time namespace. Return the child's PID as the
//! caller sees it.
//!
//! Manual: time_namespaces(7), unshare(2)

use std::{fs, io};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> io::Result<Pid> {
    // nix has no name for this flag.
    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    let pid = judge::fork_task(child)?;
    // TODO: Why does the kernel refuse this now, and how many seconds are in a week?
    fs::write("/proc/self/timens_offsets", "boottime 60 0")?;
    Ok(pid)
}

fn main() -> ! {
    judge::time1(run)
}
