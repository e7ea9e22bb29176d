//! A new UTS namespace without capabilities.

use nix::errno::Errno;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::capabilities::drop_capabilities;
use crate::exercise::{Exercise, Wrong};
use crate::language::{AND, Both, shown, text};
use crate::observe::calls::Calls;
use crate::observe::child::{child_of, run_answer_with_child, run_child};
use crate::process::{differing_kinds, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
Predict, then run. Your function runs without capabilities, as a program of an
ordinary user does.",
        "
먼저 예측하고 나서 실행합니다. 여러분의 함수는 일반 사용자의 프로그램처럼
capability 없이 실행됩니다.",
    ),
    task: Both(
        "
Write down which error clone(CLONE_NEWUTS) returns to it. Then create one child
in a new UTS namespace all the same: besides a new user namespace, it needs no
other new one. The caller stays in its namespaces. The child runs `child`.
Return its PID.",
        "
이 함수에서 clone(CLONE_NEWUTS)를 호출하면 어떤 오류가 나는지 적으세요.
그래도 새 UTS namespace 안에 자식을 하나 만드세요. 새 user namespace 말고
다른 것을 새로 만들면 안 됩니다. 호출한 프로세스는 원래의 namespace들에
그대로 있습니다. 자식은 `child`를 실행합니다. 자식의 PID를 반환하세요.",
    ),
    manual: "clone(2), user_namespaces(7)",
    starter: "
use nix::errno::Errno;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

// TODO: Errno::ENOENT, EINVAL, EPERM, ENOSPC …?
const GUESS: Errno = Errno::UnknownErrno;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: In which namespace would the child have all capabilities?
    let flags = CloneFlags::CLONE_NEWUTS;
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone4(GUESS, create_child)
}
",
    solutions: &[
        (
            "clone",
            "
use nix::errno::Errno;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESS: Errno = Errno::EPERM;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone4(GUESS, create_child)
}
",
        ),
        (
            "one namespace after the other",
            "
use nix::errno::Errno;
use nix::sched::{CloneFlags, clone, unshare};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESS: Errno = Errno::EPERM;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let main = || match unshare(CloneFlags::CLONE_NEWUTS) {
        Ok(()) => child(),
        Err(_) => 1,
    };
    let signal = Some(Signal::SIGCHLD as i32);
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, CloneFlags::CLONE_NEWUSER, signal) }
}

fn main() -> ! {
    judge::clone4(GUESS, create_child)
}
",
        ),
    ],
    hints: [
        Both(
            "Which capability does clone(2) demand for CLONE_NEWUTS, and for CLONE_NEWUSER?",
            "CLONE_NEWUTS에 필요한 capability는 무엇이고, CLONE_NEWUSER에 필요한 것은 무엇인가요?",
        ),
        Both(
            "A process may always create a user namespace, and its first process has all \
             capabilities in there. If one call gets both flags, the kernel creates the user \
             namespace first.",
            "user namespace는 어떤 프로세스나 만들 수 있고, 그 안의 첫 프로세스는 거기서 모든 \
             capability를 가집니다. 한 번의 호출에 두 플래그를 다 주면 커널은 user namespace를 \
             먼저 만듭니다.",
        ),
        Both::same("    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;"),
    ],
    errors: &[
        (
            "EPERM",
            Both(
                "the caller lacks CAP_SYS_ADMIN in its user namespace, which every kind but one \
                 demands",
                "호출한 프로세스가 자기 user namespace에서 CAP_SYS_ADMIN을 갖고 있지 않습니다. 한 \
                 종류만 빼고 모든 종류에 이것이 필요합니다",
            ),
        ),
        ("EINVAL", Both(
            "CLONE_NEWUSER excludes CLONE_FS and CLONE_THREAD; CLONE_NEWUTS fits it",
            "CLONE_NEWUSER는 CLONE_FS나 CLONE_THREAD와 함께 쓸 수 없습니다. CLONE_NEWUTS와는 함께 \
             쓸 수 있습니다",
        )),
        ("ENOSPC", Both(
            "a limit of namespaces is reached: sysctl user.max_user_namespaces",
            "namespace 수의 한도에 닿았습니다: sysctl user.max_user_namespaces",
        )),
        ("EUSERS", Both(
            "user namespaces are nested too deeply",
            "user namespace가 너무 깊이 겹쳐 있습니다",
        )),
    ],
    wrong: &[
        Wrong {
            clause: "which error clone(CLONE_NEWUTS) returns",
            change: "Errno::EPERM",
            to: "Errno::EINVAL",
            says: "you predicted EINVAL",
        },
        Wrong {
            clause: "Write down",
            change: "Errno::EPERM",
            to: "Errno::UnknownErrno",
            says: "first predict, then run",
        },
        Wrong {
            clause: "create one child in a new UTS namespace all the same",
            change: "CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS",
            to: "CloneFlags::CLONE_NEWUTS",
            says: "lacks CAP_SYS_ADMIN in its user namespace",
        },
        Wrong {
            clause: "in a new UTS namespace",
            change: "CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS",
            to: "CloneFlags::CLONE_NEWUSER",
            says: "new for the child: user",
        },
        Wrong {
            clause: "no other new one",
            change: "CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS",
            to: "CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWNS",
            says: "new for the child: mnt, user, uts",
        },
        Wrong {
            clause: "The caller stays in its namespaces",
            change: "    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;",
            to: "    nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?;
    let flags = CloneFlags::CLONE_NEWUTS;",
            says: "it has moved to another user",
        },
        Wrong {
            clause: "The child runs `child`",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| loop { nix::unistd::pause(); }), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            says: "it has not called it",
        },
        Wrong {
            clause: "Return its PID",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: "unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }.map(|_| Pid::from_raw(1))",
            says: "your function returned 1",
        },
        Wrong {
            clause: "one child",
            change: "    let mut stack",
            to: "    // SAFETY: there is one thread.
    if let Ok(nix::unistd::ForkResult::Child) = unsafe { nix::unistd::fork() } {
        child();
    }
    let mut stack",
            says: "has the children",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer predicts how clone(2) refuses a new UTS namespace to a process
/// without capabilities, and that it creates a child in one by a new user namespace.
pub fn clone4(guess: Errno, answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    judge(move || {
        ensure(guess != Errno::UnknownErrno, || {
            wrong(
                text!("the name of an error", "오류의 이름"),
                shown!("UnknownErrno"),
                text!("first predict, then run", "먼저 예측하고 나서 실행하세요"),
            )
        })?;
        let refused = run_answer(&EXERCISE, || {
            drop_capabilities()?;
            Ok::<_, Errno>(refusal())
        })?;
        let guess = guess.to_string();
        ensure(guess == refused.output, || {
            wrong(
                text!("you predicted {guess}", "예측은 {guess}"),
                text!(
                    "clone(CLONE_NEWUTS) without capabilities: {}",
                    "capability 없이 clone(CLONE_NEWUTS): {}",
                    refused.output,
                ),
                text!(
                    "the error tells what is wrong: a flag, a limit, or the caller's privilege",
                    "오류는 플래그, 한도, 호출한 프로세스의 권한 가운데 무엇이 문제인지 알려 \
                     줍니다",
                ),
            )
        })?;
        let mut calls = Calls::receive()?;
        let parent = run_answer_with_child(&EXERCISE, || {
            drop_capabilities()?;
            answer(run_child)
        })?;
        let child = child_of(&parent, &mut calls)?.pid;
        let moved = differing_kinds(Pid::this(), parent.pid);
        ensure(moved.is_empty(), || {
            wrong(
                text!(
                    "process {}, the caller, in its namespaces as before",
                    "호출한 {}번 프로세스는 원래의 namespace들에 그대로 있음",
                    parent.pid,
                ),
                text!(
                    "it has moved to another {} namespace",
                    "다른 {} namespace로 옮겨 갔습니다",
                    moved.join(AND),
                ),
                text!(
                    "unshare(2) moves its caller; flags of clone(2) move the child alone",
                    "unshare(2)는 호출한 프로세스를 옮기고, clone(2)의 플래그는 자식만 옮깁니다",
                ),
            )
        })?;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["user", "uts"], || {
            wrong(
                text!("new for the child: user, uts", "자식에게 새로 생긴 것: user, uts"),
                text!("new for the child: {}", "자식에게 새로 생긴 것: {}", different.join(", ")),
                text!(
                    "each CLONE_NEW… flag creates one namespace; the child shares all others",
                    "CLONE_NEW… 플래그는 하나마다 namespace를 하나 만들고, 자식은 나머지를 모두 \
                     공유합니다",
                ),
            )
        })?;
        Ok(text!(
            "clone(CLONE_NEWUTS): {guess}, but process {child} is in new namespaces of user and \
             UTS",
            "clone(CLONE_NEWUTS): {guess}. 그래도 {child}번 프로세스는 새 user namespace와 새 UTS \
             namespace에 있습니다",
        ))
    })
}

/// What clone(CLONE_NEWUTS) returns to the caller.
fn refusal() -> Errno {
    let mut stack = vec![0; 64 * 1024];
    let signal = Some(Signal::SIGCHLD as i32);
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    match unsafe { clone(Box::new(|| 0), &mut stack, CloneFlags::CLONE_NEWUTS, signal) } {
        Err(errno) => errno,
        Ok(child) => waitpid(child, None).map_or_else(|errno| errno, |_| Errno::UnknownErrno),
    }
}
