//! When a group has no memory left, the kernel kills one of its processes, and
//! counts that. The two versions of cgroups have other names for it: your answer
//! may know both, and is judged by the version of this machine.
//!
//! In `limit`, give the group 16 MiB. In `kills`, return how many of its processes
//! have been killed for want of memory.
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
    // A kernel that was built or started without swap accounting lacks the file.
    let _ = fs::write(cgroup.dir.join(swap.0), swap.1);
    Ok(())
}

fn kills(cgroup: &Cgroup) -> io::Result<u64> {
    let file = match cgroup.version {
        Version::V1 => "memory.oom_control",
        Version::V2 => "memory.events",
    };
    let text = fs::read_to_string(cgroup.dir.join(file))?;
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    Ok(line.and_then(|number| number.parse().ok()).unwrap_or_default())
}

fn main() {
    judge::cgroup2(limit, kills)
}
