//! 끝난 자식은 부모가 기다려 거둘 때까지 좀비로 프로세스 표에 남습니다. 부모는
//! 그렇게 기다리면서 자식이 어떻게 끝났는지도 알게 됩니다.
//!
//! 이 자식이 끝날 때까지 기다려서 좀비로 남지 않게 하세요. 다른 자식을 기다리면
//! 안 됩니다. 셸의 $?와 같은 값을 반환하세요. 종료 상태이거나, 시그널로 강제
//! 종료되었다면 128에 시그널의 번호를 더한 값입니다.
//!
//! 매뉴얼: waitpid(2)

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

fn wait_for(child: Pid) -> nix::Result<i32> {
    // TODO: 아무 자식이나 기다리고, 스스로 끝난 자식만 처리합니다.
    match waitpid(None, None)? {
        WaitStatus::Exited(pid, status) if pid == child => Ok(status),
        _ => Err(Errno::ENOSYS),
    }
}

fn main() -> ! {
    judge::clone3(wait_for)
}
