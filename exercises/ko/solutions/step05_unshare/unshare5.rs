//! 프로세스에게는 자기 PID namespace의 PID가 있고, 그것을 둘러싼 namespace마다
//! PID가 하나씩 더 있습니다. /proc/PID/status의 NSpid가 바깥쪽부터 차례로 보여
//! 줍니다. `child`는 반환하지 않습니다.
//!
//! 하나의 새 PID namespace에 있는 두 프로세스에서 `child`를 실행하세요. 호출한
//! 프로세스에게 보이는 두 PID를, 먼저 생긴 프로세스부터 반환하세요. 두 프로세스
//! 자신에게 보이는 PID를 예측하세요.
//!
//! 매뉴얼: pid_namespaces(7), getpid(2), fork(2)

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

/// 두 프로세스에서 getpid(2)가 반환하는 값입니다.
const GUESSES: [i32; 2] = [1, 2];

fn run_two(child: fn()) -> nix::Result<[Pid; 2]> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    let first = judge::fork_task(child)?;
    let second = judge::fork_task(child)?;
    Ok([first, second])
}

fn main() -> ! {
    judge::unshare5(GUESSES, run_two)
}
