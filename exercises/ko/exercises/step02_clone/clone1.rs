//! clone(2)는 프로세스를 만듭니다. 자식은 어떤 함수에서 시작하고, 스택은 부모가
//! 마련해 줍니다.
//!
//! `child`를 실행하는 자식을 하나 만드세요. 자식은 모든 namespace를 부모와
//! 공유합니다. 자식이 끝나면 커널은 waitpid(2)에 필요한 시그널을 부모에게
//! 보내야 합니다. 자식의 PID를 반환하세요.
//!
//! 매뉴얼: clone(2)

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::CLONE_NEWUTS;
    let signal = Some(Signal::SIGUSR1 as i32);
    // TODO: 어떤 플래그와 어떤 시그널이어야 할까요?
    // SAFETY: 이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.
    unsafe { clone(Box::new(child), &mut stack, flags, signal) }
}

fn main() -> ! {
    judge::clone1(create_child)
}
