//! A child that shares all namespaces, and the signal that its parent gets.

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::calls::Calls;
use crate::observe::child::{child_of, run_answer_with_child, run_child, stat};
use crate::process::differing_kinds;
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
clone(2) creates processes. The child starts in a function, on a stack that its
parent provides.",
        "
clone(2)는 프로세스를 만듭니다. 자식은 어떤 함수에서 시작하고, 스택은 부모가
마련해 줍니다.",
    ),
    task: Both(
        "
Create one child, which runs `child`. It shares all namespaces with its parent.
When it ends, the kernel sends its parent the signal that waitpid(2) relies on.
Return the child's PID.",
        "
`child`를 실행하는 자식을 하나 만드세요. 자식은 모든 namespace를 부모와
공유합니다. 자식이 끝나면 커널은 waitpid(2)에 필요한 시그널을 부모에게
보내야 합니다. 자식의 PID를 반환하세요.",
    ),
    manual: "clone(2)",
    starter: "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::CLONE_NEWUTS;
    let signal = Some(Signal::SIGUSR1 as i32);
    // TODO: Which flags, and which signal?
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, signal) }
}

fn main() -> ! {
    judge::clone1(create_child)
}
",
    solutions: &[
        (
            "clone",
            "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::empty();
    let signal = Some(Signal::SIGCHLD as i32);
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, signal) }
}

fn main() -> ! {
    judge::clone1(create_child)
}
",
        ),
        (
            "fork",
            "
use nix::unistd::{ForkResult, Pid, fork};

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => std::process::exit(child() as i32),
    }
}

fn main() -> ! {
    judge::clone1(create_child)
}
",
        ),
        (
            "the system call without the C library's wrapper",
            "
use nix::errno::Errno;
use nix::unistd::Pid;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let flags = libc::SIGCHLD as usize;
    // SAFETY: without CLONE_VM and without a stack, this is a fork(2).
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0_usize, 0_usize, 0_usize, 0_usize) };
    match Errno::result(pid)? {
        0 => std::process::exit(child() as i32),
        pid => Ok(Pid::from_raw(pid as i32)),
    }
}

fn main() -> ! {
    judge::clone1(create_child)
}
",
        ),
    ],
    hints: [
        Both(
            "How does a parent learn that its child has ended?",
            "부모는 자식이 끝난 것을 어떻게 아나요?",
        ),
        Both(
            "Sharing needs no flag: without CLONE_NEW… flags, a child gets no new namespace. The \
             signal is the one that fork(2) uses; see \"termination signal\" in clone(2).",
            "공유하는 데는 플래그가 필요 없습니다. CLONE_NEW… 플래그가 없으면 자식은 새 \
             namespace를 받지 않습니다. 시그널은 fork(2)가 쓰는 것과 같습니다. clone(2)의 \
             \"termination signal\"을 보세요.",
        ),
        Both::same(
            "    let flags = CloneFlags::empty();
    let signal = Some(Signal::SIGCHLD as i32);",
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "clone(2) refuses a flag that needs another one, such as CLONE_THREAD, or a stack \
                 of no bytes; a plain child needs no flag",
                "CLONE_THREAD처럼 다른 플래그가 있어야 하는 플래그만 주거나 스택의 크기가 0이면 \
                 clone(2)가 실패합니다. 보통의 자식에는 플래그가 필요 없습니다",
            ),
        ),
        (
            "ECHILD",
            Both(
                "the child has another termination signal than SIGCHLD, or was waited for",
                "자식의 종료 시그널이 SIGCHLD가 아니거나, 이미 waitpid(2)로 거둔 자식입니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "the signal that waitpid(2) relies on",
            change: "Some(Signal::SIGCHLD as i32)",
            to: "None",
            says: "no signal at all",
        },
        Wrong {
            clause: "When it ends, the kernel sends its parent",
            change: "Some(Signal::SIGCHLD as i32)",
            to: "Some(Signal::SIGUSR1 as i32)",
            says: "SIGUSR1",
        },
        Wrong {
            clause: "shares all namespaces",
            change: "CloneFlags::empty()",
            to: "CloneFlags::CLONE_NEWPID",
            says: "the child has new namespaces: pid",
        },
        Wrong {
            clause: "the child's PID",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }.map(|_| nix::unistd::getpid())",
            says: "not its child",
        },
        Wrong {
            clause: "child, which runs",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "child();
    Ok(Pid::this())",
            says: "parentheses call a function at once",
        },
        Wrong {
            clause: "Create one child",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(nix::unistd::gettid());
        child()
    });
    receiver.recv().map_err(|_| nix::errno::Errno::EIO)",
            says: "the TID of a thread",
        },
        Wrong {
            clause: "which runs `child`",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| loop { nix::unistd::pause(); }), &mut stack, flags, signal) }",
            says: "it has not called it",
        },
        Wrong {
            clause: "which runs `child`",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| 7), &mut stack, flags, signal) }",
            says: "the child ended without calling it",
        },
        Wrong {
            clause: "which runs `child`",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| -> isize { std::process::abort() }), &mut stack, flags, signal) }",
            says: "a signal this early often comes from the stack",
        },
        Wrong {
            clause: "one child",
            change: "    let flags",
            to: "    // SAFETY: there is one thread.
    if let Ok(nix::unistd::ForkResult::Child) = unsafe { nix::unistd::fork() } {
        child();
    }
    let flags",
            says: "has the children",
        },
        Wrong {
            clause: "Create one child",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "let (reader, writer) = nix::unistd::pipe()?;
    // SAFETY: there is one thread.
    if let nix::unistd::ForkResult::Child = unsafe { nix::unistd::fork() }? {
        let pid = unsafe { clone(Box::new(child), &mut stack, flags, signal) }?;
        nix::unistd::write(&writer, &pid.as_raw().to_ne_bytes())?;
        nix::unistd::pause();
    }
    let mut pid = [0; 4];
    nix::unistd::read(&reader, &mut pid)?;
    Ok(Pid::from_raw(i32::from_ne_bytes(pid)))",
            says: "a different process created it",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer creates a child (`clone(2)`) that shares all namespaces with
/// its parent and sends it SIGCHLD when it ends.
pub fn clone1(answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let mut calls = Calls::receive()?;
        let parent = run_answer_with_child(&EXERCISE, || answer(run_child))?;
        let child = child_of(&parent, &mut calls)?.pid;
        let different = differing_kinds(parent.pid, child);
        ensure(different.is_empty(), || {
            wrong(
                text!(
                    "a child that shares every namespace with its parent",
                    "모든 namespace를 부모와 공유하는 자식",
                ),
                text!(
                    "the child has new namespaces: {}",
                    "자식에게 새 namespace가 있습니다: {}",
                    different.join(", "),
                ),
                text!(
                    "each CLONE_NEW… flag creates a new namespace",
                    "CLONE_NEW… 플래그는 하나마다 새 namespace를 하나씩 만듭니다",
                ),
            )
        })?;
        let signal = stat(child, 38).unwrap_or_default() as i32;
        ensure(signal == Signal::SIGCHLD as i32, || {
            wrong(
                text!(
                    "SIGCHLD (17) as the child's termination signal",
                    "자식의 종료 시그널이 SIGCHLD (17)",
                ),
                match Signal::try_from(signal) {
                    Ok(name) => {
                        text!(
                            "{name} ({signal}), field exit_signal of /proc/{child}/stat",
                            "{name} ({signal}), /proc/{child}/stat의 필드 exit_signal",
                        )
                    }
                    Err(_) => text!(
                        "{signal}, no signal at all, in /proc/{child}/stat",
                        "{signal}, /proc/{child}/stat에 있지만 시그널이 아닌 수",
                    ),
                },
                text!(
                    "a waitpid(2) without __WALL does not see a child that has a different signal",
                    "종료 시그널이 다른 자식은 __WALL이 없는 waitpid(2)에게 보이지 않습니다",
                ),
            )
        })?;
        Ok(text!(
            "process {child} is a child of {}, in the same namespaces, with exit_signal SIGCHLD",
            "{child}번 프로세스는 {}번의 자식이고, 같은 namespace들에 있으며, exit_signal은 \
             SIGCHLD입니다",
            parent.pid,
        ))
    })
}
