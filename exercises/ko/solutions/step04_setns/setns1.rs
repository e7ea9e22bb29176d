//! namespace에는 이름이 없지만, 그 안에 있는 아무 프로세스를 통해서나 열 수
//! 있습니다. 예를 들면 /proc/PID/ns/uts입니다. 그 파일 디스크립터를 setns(2)에
//! 주면 namespace에 들어갑니다.
//!
//! 호출한 프로세스를 이 PID를 가진 프로세스의 UTS namespace로 옮기세요. 호출한
//! 프로세스의 다른 namespace는 모두 그대로입니다.
//!
//! 매뉴얼: setns(2)

use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(file, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns1(join)
}
