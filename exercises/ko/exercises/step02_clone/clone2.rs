//! 먼저 예측하고 나서 실행합니다. 채점 프로그램의 샌드박스에서 여러분은 그 user
//! namespace의 root이고 모든 capability를 가졌으므로 CLONE_NEWUSER는 필요
//! 없습니다.
//!
//! 새 UTS namespace와 새 IPC namespace 안에 자식을 하나 만드세요. 다른 종류는
//! 새로 만들지 마세요. 자식은 `child`를 실행합니다. 자식의 PID를 반환하세요.
//! 실행하기 전에 GUESSES에 종류마다 /proc/PID/ns의 링크가 자식과 부모에서
//! 같을지(Same) 다를지(Different) 적으세요.
//!
//! 매뉴얼: clone(2), namespaces(7)

use judge::Guess;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESSES: [(&str, Guess); 6] = [
    // TODO: Guess::Same일까요, Guess::Different일까요?
    ("ipc", Guess::Unknown),
    ("mnt", Guess::Unknown),
    ("net", Guess::Unknown),
    ("pid", Guess::Unknown),
    ("user", Guess::Unknown),
    ("uts", Guess::Unknown),
];

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: 두 namespace를 만드는 플래그는 무엇일까요?
    let flags = CloneFlags::empty();
    // SAFETY: 이 프로세스에는 스레드가 하나이고, 자식에게는 이 메모리의 복사본이 따로 있습니다.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone2(GUESSES, create_child)
}
