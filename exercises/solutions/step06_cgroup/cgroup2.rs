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
    let (memory, swap) = match cgroup.version {
        Version::V1 => ("memory.limit_in_bytes", ("memory.memsw.limit_in_bytes", "16M")),
        Version::V2 => ("memory.max", ("memory.swap.max", "0")),
    };
    fs::write(cgroup.dir.join(memory), "16M")?;
    // Without swap accounting, a build or boot option, the kernel does not have this file.
    let _ = fs::write(cgroup.dir.join(swap.0), swap.1);
    Ok(())
}

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    let file = match cgroup.version {
        Version::V1 => "memory.oom_control",
        Version::V2 => "memory.events",
    };
    let text = fs::read_to_string(cgroup.dir.join(file))?;
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    Ok(line.and_then(|number| number.parse().ok()).unwrap_or_default())
}

fn main() -> ! {
    judge::cgroup2(limit, oom_kills)
}
