//! A CPU limit is a quota for each period. The processes of a cgroup share the quota.
//! When it is used up, they wait for the next period. That is called throttling.
//!
//! Limit the cgroup to a fifth of one CPU.
//!
//! Manual: "Control Group v2" (docs.kernel.org): CPU; v1: sched-bwc.rst

use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn throttle(cgroup: &Cgroup) -> io::Result<()> {
    let (quota, period) = (20_000, 100_000);
    match cgroup.version {
        Version::V1 => {
            fs::write(cgroup.dir.join("cpu.cfs_period_us"), period.to_string())?;
            fs::write(cgroup.dir.join("cpu.cfs_quota_us"), quota.to_string())
        }
        Version::V2 => fs::write(cgroup.dir.join("cpu.max"), format!("{quota} {period}")),
    }
}

fn main() -> ! {
    judge::cgroup4(throttle)
}
