//! When a cgroup reaches its memory limit, the kernel first tries to free some: it
//! writes memory to swap, if it may. If that does not help, it kills a process. The
//! two versions of cgroups use different file names. The judge tests the version of
//! this machine; your answer may handle both.
//!
//! Limit the cgroup to 16 MiB of memory, and allow no swap beyond that.
//!
//! Manual: "Control Group v2" (docs.kernel.org): Memory; v1: memory.rst

use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn limit(cgroup: &Cgroup) -> io::Result<()> {
    let file = match cgroup.version {
        Version::V1 => "memory.limit_in_bytes",
        Version::V2 => "memory.max",
    };
    // TODO: The unit is bytes. And may the cgroup still use swap?
    fs::write(cgroup.dir.join(file), "16")
}

fn main() -> ! {
    judge::cgroup2(limit)
}
