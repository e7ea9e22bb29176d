//! 나란한 cgroup 여럿이 CPU를 원하면, 커널은 가중치에 따라 CPU를 나눕니다.
//! 원하지 않는 cgroup은 빼고 나누므로, 가중치는 혼자인 cgroup에서 아무것도
//! 빼앗지 않습니다. 한도는 다릅니다.
//!
//! cgroup 둘이 나란히 있습니다. 둘 다 CPU를 있는 대로 원할 때 `first`가
//! `second`의 세 배를 받게 하세요. 다른 쪽이 쉬는 동안에는 어느 쪽이든 모든
//! CPU를 쓸 수 있어야 합니다.
//!
//! 매뉴얼: "Control Group v2" (docs.kernel.org): CPU; v1: sched-design-CFS.rst

use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn share(first: &Cgroup, second: &Cgroup) -> io::Result<()> {
    // TODO: 혼자일 때 `first`는 기다릴까요? 그리고 나머지 4분의 1은 누구의 몫일까요?
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
