//! A limit of CPU time is a share of each period: who has used up the share has to
//! wait for the next period. That is called throttling.
//!
//! Let the processes of the group have a fifth of one CPU, together.
//!
//! Manual: the kernel's "Control Group v2", under "CPU"; for v1, sched-bwc.rst

use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn throttle(cgroup: &Cgroup) -> io::Result<()> {
    // TODO: How long is a period? In which unit?
    match cgroup.version {
        Version::V1 => fs::write(cgroup.dir.join("cpu.cfs_quota_us"), "-1"),
        Version::V2 => fs::write(cgroup.dir.join("cpu.max"), "max"),
    }
}

fn main() {
    judge::cgroup3(throttle)
}
