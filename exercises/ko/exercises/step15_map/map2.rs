//! namespace는 자기 소유자를 살려 두고, user namespace의 소유자는 그
//! 부모입니다. 호출하는 프로세스는 capability가 없는 일반 사용자의 것입니다.
//! 자기 ID의 매핑이 없는 user namespace에서는 user namespace를 또 만들 수
//! 없습니다. 그래서 아래 프로그램이 매핑을 미리 써 둡니다.
//!
//! 호출한 프로세스를 새 user namespace로 옮기세요. 그 부모도 새로 만든 것이어야
//! 합니다. 부모에는 프로세스가 없고, 부모를 가리키는 파일 디스크립터도 없어야
//! 합니다. 호출한 프로세스의 다른 namespace는 모두 그대로입니다.
//!
//! 매뉴얼: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    // TODO: 이 user namespace에는 호출한 프로세스가 있습니다. 어떻게 떠날 수 있을까요?
    Ok(())
}

fn main() -> ! {
    judge::map2(nobody_home)
}
