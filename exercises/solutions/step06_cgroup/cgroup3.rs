//! A cgroup also counts what its processes use, and what its limits did to them. The
//! kernel kills a process of a cgroup that needs more memory than the limit, and
//! counts that (OOM, out of memory). `cgroup.number(file, key)` reads one number of
//! a file; files and keys have different names in versions 1 and 2.
//!
//! Return how many processes of the cgroup the kernel has killed because memory was
//! used up.
//!
//! Manual: "Control Group v2" (docs.kernel.org): memory.events; v1: memory.rst

use std::io;

use judge::{Cgroup, Version};

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    match cgroup.version {
        Version::V1 => cgroup.number("memory.oom_control", "oom_kill"),
        Version::V2 => cgroup.number("memory.events", "oom_kill"),
    }
}

fn main() -> ! {
    judge::cgroup3(oom_kills)
}
