//! A child that shares all namespaces, and the signal that its parent gets.

use std::fs;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::child::{child_of, run_child};
use crate::exercise::{Exercise, Wrong};
use crate::process::{differing_kinds, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
clone(2) creates processes. The child starts in a function, on a stack that its
parent provides.",
    task: "
Create a child that runs `child` and shares all namespaces with its parent.
When the child ends, the kernel should send its parent the signal that
waitpid(2) relies on. Return the child's PID.",
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
    solutions: &[(
        "nix",
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
    )],
    hints: [
        "How does a parent learn that its child has ended, and what does clone(2) say about the low byte of the flags?",
        "Sharing needs no flag: without CLONE_NEW… flags, a child gets no new namespace. The signal is SIGCHLD, as with fork(2).",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "Some(Signal::SIGCHLD as i32)",
            to: "None",
            says: "exit_signal is",
        },
        Wrong {
            clause: "TODO",
            change: "CloneFlags::empty()",
            to: "CloneFlags::CLONE_NEWPID",
            says: "each CLONE_NEW… flag creates a new namespace",
        },
        Wrong {
            clause: "TODO",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }.map(|_| nix::unistd::getppid())",
            says: "no child was created",
        },
        Wrong {
            clause: "TODO",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| loop { nix::unistd::pause(); }), &mut stack, flags, signal) }",
            says: "has not called it",
        },
        Wrong {
            clause: "TODO",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, signal) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| 0), &mut stack, flags, signal) }",
            says: "has not called it",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer creates a child (`clone(2)`) that shares all namespaces with
/// its parent and sends it SIGCHLD when it ends.
pub fn clone1(answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let parent = run_answer(&EXERCISE, || answer(run_child))?;
        let child = child_of(parent.pid, &parent.output)?;
        let different = differing_kinds(parent.pid, child);
        ensure(different.is_empty(), || {
            wrong(
                "a child that shares every namespace with its parent",
                format!("the child has new namespaces: {}", different.join(", ")),
                "each CLONE_NEW… flag creates a new namespace",
            )
        })?;
        // The 38th field, the 36th after the name in parentheses (proc(5)).
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        let signal = after.split_whitespace().nth(35).unwrap_or_default();
        ensure(signal == (Signal::SIGCHLD as i32).to_string(), || {
            wrong(
                "SIGCHLD (17) as the child's termination signal",
                format!("exit_signal is {signal} in /proc/{child}/stat"),
                "a waitpid(2) without __WALL does not see a child that has a different signal",
            )
        })?;
        Ok(format!(
            "process {child} is a child of {}, in the same namespaces, with exit_signal SIGCHLD",
            parent.pid
        ))
    })
}
