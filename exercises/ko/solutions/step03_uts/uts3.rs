//! 새 UTS namespace는 만든 프로세스의 UTS namespace에 있던 이름의 복사본으로
//! 시작합니다. 그 뒤로 둘은 서로 아무 관계가 없습니다.
//!
//! 호출한 프로세스의 호스트 이름을 `name`으로 바꾸세요. 새 UTS namespace 안에
//! 자식을 하나 만드세요. 다른 종류는 새로 만들지 마세요. 자식은 `child`를
//! 실행하고, 호출한 프로세스의 옛 호스트 이름을 봅니다. 호출한 프로세스는
//! 원래의 namespace들에 그대로 있습니다. 자식의 PID를 반환하세요.
//!
//! 매뉴얼: uts_namespaces(7), clone(2), sethostname(2)

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let (flags, signal) = (CloneFlags::CLONE_NEWUTS, Some(Signal::SIGCHLD as i32));
    // SAFETY: 이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.
    let pid = unsafe { clone(Box::new(child), &mut stack, flags, signal) }?;
    sethostname(name)?;
    Ok(pid)
}

fn main() -> ! {
    judge::uts3(rename)
}
