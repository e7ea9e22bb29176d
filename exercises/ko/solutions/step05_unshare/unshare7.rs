//! 새 PID namespace의 첫 자식은 PID 1, 곧 그 안의 init이 됩니다. PID 1이 끝나면
//! 커널은 그 namespace를 닫습니다. 그 뒤의 fork(2)는 모두 ENOMEM으로
//! 실패합니다. `first`는 반환하고, `second`는 반환하지 않습니다.
//!
//! 하나의 새 PID namespace에서 `first`를 실행하고, 그것이 끝난 다음 `second`를
//! 실행하세요. 저마다 한 번씩, 따로 자기 프로세스에서 실행합니다. 호출한
//! 프로세스에게 보이는 두 번째의 PID를 반환하세요. 두 번째를 기다리지 마세요.
//! 채점 프로그램은 실행 중인 그 프로세스를 봅니다.
//!
//! 매뉴얼: pid_namespaces(7)

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, pause};

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)
}

fn main() -> ! {
    judge::unshare7(run_both)
}
