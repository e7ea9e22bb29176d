//! PID 1이 처리하지도 막아 두지도 않은 시그널은 버려집니다. 그래서 `docker
//! stop`이 10초 걸립니다. `init`은 새 PID namespace의 PID 1에서 실행됩니다.
//! 잠시 뒤 PID 1이 SIGTERM을 받습니다. `service`는 자기가 SIGTERM을 받으면 잠깐
//! 정리를 하고 끝납니다.
//!
//! `service`를 자식에서 한 번 실행하세요. PID 1이 SIGTERM을 받으면 service에게
//! SIGTERM을 보내서 스스로 끝나게 하세요. service를 거둔 다음 반환하세요.
//!
//! 매뉴얼: pid_namespaces(7), signal(7), sigwait(3)

use nix::sys::wait::waitpid;

fn init(service: fn()) -> nix::Result<()> {
    // TODO: 커널은 PID 1에게 온 SIGTERM을 어떻게 할까요?
    let service = judge::fork_task(service)?;
    waitpid(service, None)?;
    Ok(())
}

fn main() -> ! {
    judge::pid3(init)
}
