//! 호스트 이름은 컴퓨터가 아니라 UTS namespace의 것입니다. sethostname(2)는
//! 호출한 프로세스의 UTS namespace에서 이름을 바꿉니다. 채점 프로그램의
//! 샌드박스에서 여러분은 그 user namespace의 root이고 모든 capability를
//! 가졌으므로 CLONE_NEWUSER는 필요 없습니다.
//!
//! 새 UTS namespace 안에 자식을 하나 만드세요. 다른 종류는 새로 만들지 마세요.
//! 자식이 `child`를 실행하기 시작할 때 호스트 이름은 `name`이고, 그 뒤로도
//! 그대로여야 합니다. 다른 모든 프로세스의 호스트 이름은 그대로입니다. 자식의
//! PID를 반환하세요.
//!
//! 매뉴얼: uts_namespaces(7), clone(2), sethostname(2)

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn create_child(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: 누구의 호스트 이름을 바꾸는 것일까요?
    let main = || match sethostname(name) {
        Ok(()) => child(),
        Err(_) => 1,
    };
    let flags = CloneFlags::empty();
    // SAFETY: 이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::uts1(create_child)
}
