//! When a cgroup reaches its memory limit and cannot free any, the kernel kills one
//! of its processes and counts that. The two versions of cgroups use different file
//! names. The judge tests the version of this machine; your answer may handle both.
//!
//! In `limit`, give the cgroup 16 MiB of memory and no swap beyond that. In
//! `oom_kills`, return how many of its processes were killed for lack of memory.
//!
//! Manual: cgroups(7); the kernel's "Control Group v2", under "Memory"

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

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    // TODO: Which file, and which of its lines?
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().count() as u64)
}

fn main() -> ! {
    judge::cgroup2(limit, oom_kills)
}
