//! When several cgroups below the same one want the CPU, the kernel divides it by their
//! weights. Who does not want it is left out, so a weight takes nothing from a cgroup
//! that is alone. A limit does.
//!
//! Two cgroups are beside each other. When both want all of a CPU, `first` is to get
//! three times as much of it as `second`. Each may use all CPUs while the other sleeps.
//!
//! Manual: "Control Group v2" (docs.kernel.org): CPU; v1: sched-design-CFS.rst

use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn share(first: &Cgroup, second: &Cgroup) -> io::Result<()> {
    // TODO: Does `first` wait when it is alone? And who is the other quarter for?
    match first.version {
        Version::V1 => fs::write(first.dir.join("cpu.cfs_quota_us"), "75000")?,
        Version::V2 => fs::write(first.dir.join("cpu.max"), "75000 100000")?,
    }
    let _ = second;
    Ok(())
}

fn main() -> ! {
    judge::resources1(share)
}
