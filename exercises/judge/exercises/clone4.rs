//! A new UTS namespace without capabilities.

use nix::errno::Errno;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::capabilities::drop_capabilities;
use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::Calls;
use crate::observe::child::{child_of, run_answer_with_child, run_child};
use crate::process::{differing_kinds, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
Predict, then run. Your function runs without capabilities, as a program of an
ordinary user does.",
    task: "
Write down which error clone(CLONE_NEWUTS) returns to it. Then create one child
in a new UTS namespace all the same: besides a new user namespace, it needs no
other new one. The caller stays in its namespaces. The child runs `child`.
Return its PID.",
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
        "Which capability does clone(2) demand for CLONE_NEWUTS, and for CLONE_NEWUSER?",
        "A process may always create a user namespace, and its first process has all \
         capabilities in there. If one call gets both flags, the kernel creates the user \
         namespace first.",
        "    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;",
    ],
    errors: &[
        (
            "EPERM",
            "the caller lacks CAP_SYS_ADMIN in its user namespace, which every kind but one \
             demands",
        ),
        ("EINVAL", "CLONE_NEWUSER excludes CLONE_FS and CLONE_THREAD; CLONE_NEWUTS fits it"),
        ("ENOSPC", "a limit of namespaces is reached: sysctl user.max_user_namespaces"),
        ("EUSERS", "user namespaces are nested too deeply"),
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
            wrong("the name of an error", "UnknownErrno", "first predict, then run")
        })?;
        let refused = run_answer(&EXERCISE, || {
            drop_capabilities()?;
            Ok::<_, Errno>(refusal())
        })?;
        let guess = guess.to_string();
        ensure(guess == refused.output, || {
            wrong(
                format!("you predicted {guess}"),
                format!("clone(CLONE_NEWUTS) without capabilities: {}", refused.output),
                "the error tells what is wrong: a flag, a limit, or the caller's privilege",
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
                format!("process {}, the caller, in its namespaces as before", parent.pid),
                format!("it has moved to another {} namespace", moved.join(" and ")),
                "unshare(2) moves its caller; flags of clone(2) move the child alone",
            )
        })?;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["user", "uts"], || {
            wrong(
                "new for the child: user, uts",
                format!("new for the child: {}", different.join(", ")),
                "each CLONE_NEW… flag creates one namespace; the child shares all others",
            )
        })?;
        Ok(format!(
            "clone(CLONE_NEWUTS): {guess}, but process {child} is in new namespaces of user and UTS"
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
