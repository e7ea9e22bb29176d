//! `init`은 새 PID namespace의 PID 1에서 실행됩니다. `command`는 컨테이너에서
//! 실행하는 프로그램입니다. 다른 프로세스들을 만들고(그 가운데 하나는 뒤에서 계속
//! 실행되는 서버입니다), 시그널로 끝납니다. PID 1이 끝나면 남은 것은 커널이 강제
//! 종료합니다. 프로그램이 시그널로 끝나면 셸은 128에 시그널 번호를 더한 값을 알려
//! 줍니다.
//!
//! `command`를 자식에서 한 번 실행하세요. 그 자식은 새 세션에 있고, 막아 둔
//! 시그널이 없어야 합니다. PID 1이 SIGTERM을 받으면 command의 프로세스 그룹에
//! SIGTERM을 보내세요. command가 실행되는 동안 PID 1이 맡은 자식들을 거두세요.
//! command가 끝나면 다른 것이 실행되고 있어도 바로 반환하세요. 반환하는 값은 128에
//! 시그널 번호를 더한 것입니다.
//!
//! 매뉴얼: pid_namespaces(7), setsid(2), killpg(3), waitpid(2)

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, setsid};

fn init(command: fn()) -> nix::Result<i32> {
    let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGCHLD]);
    signals.thread_block()?;
    let child = judge::fork_child(|| {
        setsid()?;
        signals.thread_unblock()?;
        command();
        Ok(())
    })?;
    loop {
        match signals.wait()? {
            Signal::SIGCHLD => {
                if let Some(status) = reap(child)? {
                    return Ok(status);
                }
            }
            signal => killpg(child, signal)?,
        }
    }
}

/// 끝난 자식을 모두 거둡니다. 그 가운데 찾는 자식이 있으면 그 상태를 반환합니다.
fn reap(child: Pid) -> nix::Result<Option<i32>> {
    let mut result = None;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == child => result = Some(status),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == child => {
                result = Some(128 + signal as i32);
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(result),
            other => drop(other?),
        }
    }
}

fn main() -> ! {
    judge::container6(init)
}
