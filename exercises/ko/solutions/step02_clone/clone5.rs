//! 부모가 끝나도 자식은 다른 부모 밑에서 계속 실행됩니다. 새 부모는 PID 1이거나
//! 더 가까운 subreaper입니다. 자식은 그 대신 강제 종료해 달라고 커널에 요청할
//! 수 있습니다. 하지만 부모는 아무 때나, 자식이 요청하기 전에도 끝날 수
//! 있습니다.
//!
//! 이 함수는 자식이 맨 먼저 호출합니다. 자식을 만든 것은 `parent`입니다.
//! `parent`가 끝나면 커널이 자식에게 SIGKILL을 보내게 하세요. `parent`가 이미
//! 끝났다면, 지금 자식의 부모가 누구이든 Ok를 반환하지 마세요.
//!
//! 매뉴얼: PR_SET_PDEATHSIG(2const), prctl(2), getppid(2)

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

fn die_with_parent(parent: Pid) -> nix::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    Ok(())
}

fn main() -> ! {
    judge::clone5(die_with_parent)
}
