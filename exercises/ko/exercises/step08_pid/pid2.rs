//! 프로세스가 끝나면 그 자식들은 PID namespace의 PID 1이 맡습니다. PID 1이
//! 거두지 않으면 좀비로 남습니다. `init`은 새 PID namespace의 PID 1에서
//! 실행됩니다. `service`는 프로세스를 몇 개 시작하고 그 프로세스들보다 먼저
//! 끝납니다. 없는 프로세스를 기다리면 ECHILD로 실패합니다.
//!
//! `service`를 자식에서 한 번 실행하고 그 종료 상태를 반환하세요. 반환하기
//! 전에, 맡은 것까지 포함해서 PID 1의 자식을 하나도 남지 않을 때까지 모두
//! 거두세요.
//!
//! 매뉴얼: pid_namespaces(7), wait(2)

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};

fn init(service: fn()) -> nix::Result<i32> {
    let service = judge::fork_task(service)?;
    // TODO: service가 시작한 프로세스들은 누가 거둘까요?
    match waitpid(service, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        _ => Err(Errno::EINTR),
    }
}

fn main() -> ! {
    judge::pid2(init)
}
