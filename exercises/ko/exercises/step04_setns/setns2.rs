//! 이 함수가 실행되는 곳에는 /proc이 마운트되어 있지 않아서 열 파일이 없습니다.
//! pidfd는 프로세스를 가리키는 파일 디스크립터입니다. 리눅스 5.8부터는
//! setns(2)에 pidfd도 줄 수 있고, 플래그로 적은 namespace에 모두 들어가거나
//! 하나도 들어가지 않습니다.
//!
//! 호출 한 번으로 호출한 프로세스를 이 PID를 가진 프로세스의 UTS namespace와
//! IPC namespace로 옮기세요. 호출한 프로세스의 다른 namespace는 모두
//! 그대로입니다.
//!
//! 매뉴얼: setns(2), pidfd_open(2)

use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = judge::pidfd_open(pid)?;
    // TODO: 그 프로세스의 어느 namespace들일까요?
    setns(process, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns2(join)
}
