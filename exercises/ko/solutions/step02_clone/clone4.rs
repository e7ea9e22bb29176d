//! 먼저 예측하고 나서 실행합니다. 여러분의 함수는 일반 사용자의 프로그램처럼
//! capability 없이 실행됩니다.
//!
//! 이 함수에서 clone(CLONE_NEWUTS)를 호출하면 어떤 오류가 나는지 적으세요.
//! 그래도 새 UTS namespace 안에 자식을 하나 만드세요. 새 user namespace 말고
//! 다른 것을 새로 만들면 안 됩니다. 호출한 프로세스는 원래의 namespace들에
//! 그대로 있습니다. 자식은 `child`를 실행합니다. 자식의 PID를 반환하세요.
//!
//! 매뉴얼: clone(2), user_namespaces(7)

use nix::errno::Errno;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESS: Errno = Errno::EPERM;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
    // SAFETY: 이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone4(GUESS, create_child)
}
