//! /proc/PID/ns에는 PID namespace의 링크가 둘 있습니다. pid는 프로세스가 있는
//! 곳이고, pid_for_children은 다음 자식이 만들어질 곳입니다.
//!
//! 호출한 프로세스의 링크 가운데 어느 것이 전과 같고(Same) 어느 것이
//! 다를지(Different) 예측하세요. 호출한 프로세스는 CLONE_NEWPID만 주고
//! unshare(2)를 호출합니다.
//!
//! 매뉴얼: pid_namespaces(7), unshare(2)

use judge::Guess;
use nix::sched::{CloneFlags, unshare};

const GUESSES: [(&str, Guess); 3] = [
    // TODO: Guess::Same일까요, Guess::Different일까요?
    ("pid", Guess::Unknown),
    ("pid_for_children", Guess::Unknown),
    ("uts", Guess::Unknown),
];

fn unshare_pid() -> nix::Result<()> {
    // TODO: PID namespace를 만드는 플래그는 무엇일까요?
    unshare(CloneFlags::empty())
}

fn main() -> ! {
    judge::unshare4(GUESSES, unshare_pid)
}
