//! 여러분은 capability가 없는 일반 사용자입니다. 어떤 프로세스가 여러분이
//! 소유한 새 user namespace와 새 UTS namespace 안에 만들어졌습니다. UTS
//! namespace에만 들어가려고 하면 EPERM으로 실패합니다.
//!
//! 호출한 프로세스를 이 PID를 가진 프로세스의 user namespace와 UTS namespace로
//! 옮기세요. 호출한 프로세스의 다른 namespace는 모두 그대로입니다.
//!
//! 매뉴얼: user_namespaces(7), setns(2)

use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let user = File::open(format!("/proc/{pid}/ns/user"))?;
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
