//! cgroup이 메모리 한도에 닿으면 커널은 먼저 메모리를 비우려고 합니다. 허용되어
//! 있으면 메모리를 스왑으로 내보냅니다. 그래도 모자라면 프로세스를 강제
//! 종료합니다. 파일 이름은 cgroup v1과 v2가 다릅니다. 채점은 이 컴퓨터의
//! 버전으로 합니다. 두 버전을 다 처리하는 답도 좋습니다.
//!
//! cgroup의 메모리를 16 MiB로 제한하고, 스왑을 더 쓰지 못하게 하세요.
//!
//! 매뉴얼: "Control Group v2" (docs.kernel.org): Memory; v1: memory.rst

use std::fs;
use std::io;

use judge::{Cgroup, Version};

fn limit(cgroup: &Cgroup) -> io::Result<()> {
    let (memory, swap) = match cgroup.version {
        Version::V1 => ("memory.limit_in_bytes", ("memory.memsw.limit_in_bytes", "16M")),
        Version::V2 => ("memory.max", ("memory.swap.max", "0")),
    };
    fs::write(cgroup.dir.join(memory), "16M")?;
    // 스왑이 없거나 swapaccount=0인 커널에는 이 파일이 없습니다.
    let _ = fs::write(cgroup.dir.join(swap.0), swap.1);
    Ok(())
}

fn main() -> ! {
    judge::cgroup2(limit)
}
