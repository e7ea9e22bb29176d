//! 그룹은 권한을 빼앗기도 합니다. 모드가 0604인 파일은 남들이 다 읽을 수 있어도
//! 그 파일의 그룹에 든 사용자는 읽을 수 없습니다. setgroups(2)를 호출할 수
//! 있으면 그룹에서 빠져나올 수 있습니다. 그래서 일반 사용자는 역시 /proc/self에
//! 있는 setgroups에 "deny"를 쓴 다음에야 gid_map을 쓸 수 있습니다. (채점
//! 프로그램의 샌드박스가 이미 deny해 두었으므로 여기서는 커널이 요구하지
//! 않습니다. 채점 프로그램이 요구합니다.)
//!
//! 일반 사용자인 호출한 프로세스를 새 user namespace로 옮기고 그 안에서 uid 0,
//! gid 0으로 만드세요. gid_map을 쓰기 전에 거기서 setgroups(2)를 막으세요.
//! 호출한 프로세스의 다른 namespace는 모두 그대로입니다.
//!
//! 매뉴얼: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare2(become_root)
}
