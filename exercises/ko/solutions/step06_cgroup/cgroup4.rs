//! CPU 한도는 주기(period)마다 쓸 수 있는 양(quota)입니다. cgroup의
//! 프로세스들이 이 양을 나눠 씁니다. 다 쓰면 다음 주기까지 기다려야 하고,
//! 이것을 throttling이라고 합니다.
//!
//! cgroup이 CPU 하나의 5분의 1만 쓰게 제한하세요.
//!
//! 매뉴얼: "Control Group v2" (docs.kernel.org): CPU; v1: sched-bwc.rst

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
