//! 새 user namespace에는 ID의 매핑이 없어서, 그 안에서는 모든 사용자가 65534,
//! 곧 "nobody"로 보입니다. 매핑은 /proc/self/uid_map에 "안쪽 바깥쪽 개수"인
//! 줄로 씁니다. 호출하는 프로세스는 capability가 없는 일반 사용자의 것이고,
//! 이런 사용자는 자기 uid만 매핑할 수 있습니다.
//!
//! 호출한 프로세스를 새 user namespace로 옮기고 그 안에서 uid 0으로 만드세요.
//! 호출한 프로세스의 다른 namespace는 모두 그대로입니다.
//!
//! 매뉴얼: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

fn become_root() -> io::Result<()> {
    let uid = geteuid();
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))
}

fn main() -> ! {
    judge::unshare1(become_root)
}
