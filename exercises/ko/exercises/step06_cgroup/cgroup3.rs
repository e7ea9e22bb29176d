//! cgroup은 프로세스들이 얼마나 썼는지, 한도 때문에 무슨 일이 있었는지도
//! 셉니다. 한도보다 많은 메모리가 필요한 cgroup에서는 커널이 프로세스를 강제
//! 종료하고, 그 횟수를 셉니다(OOM, out of memory). `cgroup.number(file, key)`는
//! 파일에서 수 하나를 읽습니다. 파일과 키의 이름은 v1과 v2가 다릅니다.
//!
//! 메모리가 바닥나서 커널이 강제 종료한 이 cgroup의 프로세스가 몇 개인지
//! 반환하세요.
//!
//! 매뉴얼: "Control Group v2" (docs.kernel.org): memory.events; v1: memory.rst

use std::io;

use judge::{Cgroup, Version};

fn oom_kills(cgroup: &Cgroup) -> io::Result<u64> {
    // TODO: 그것을 세는 파일은 무엇이고, 그 안의 어느 줄일까요?
    match cgroup.version {
        Version::V1 => cgroup.number("memory.stat", "pgfault"),
        Version::V2 => cgroup.number("memory.stat", "pgfault"),
    }
}

fn main() -> ! {
    judge::cgroup3(oom_kills)
}
