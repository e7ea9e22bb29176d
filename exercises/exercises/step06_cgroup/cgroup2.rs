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
    let file = match cgroup.version {
        Version::V1 => "memory.limit_in_bytes",
        Version::V2 => "memory.max",
    };
    // TODO: In bytes. And should the group go on in swap?
    fs::write(cgroup.dir.join(file), "16")
}

fn kills(cgroup: &Cgroup) -> io::Result<u64> {
    // TODO: Which file, and which of its lines?
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().count() as u64)
}

fn main() {
    judge::cgroup2(limit, kills)
}
