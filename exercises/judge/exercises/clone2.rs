//! A child in two new namespaces.

use std::collections::BTreeSet;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::Calls;
use crate::observe::child::{child_of, run_answer_with_child, run_child};
use crate::process::{differing_kinds, link};
use crate::sandbox::judge;
use crate::verdict::{Guess, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
Predict, then run. In the judge's sandbox you are root in its user namespace and
have all capabilities, so you do not need CLONE_NEWUSER.",
    task: "
Create one child in a new UTS and a new IPC namespace, and in no other new one.
It runs `child`. Return its PID. Before you run it, write into GUESSES for each
kind whether the link in /proc/PID/ns will be the Same for the child as for its
parent, or Different.",
    manual: "clone(2), namespaces(7)",
    starter: r#"
use judge::Guess;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESSES: [(&str, Guess); 6] = [
    // TODO: Guess::Same or Guess::Different?
    ("ipc", Guess::Unknown),
    ("mnt", Guess::Unknown),
    ("net", Guess::Unknown),
    ("pid", Guess::Unknown),
    ("user", Guess::Unknown),
    ("uts", Guess::Unknown),
];

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Which flags create the two namespaces?
    let flags = CloneFlags::empty();
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone2(GUESSES, create_child)
}
"#,
    solutions: &[
        (
            "clone",
            r#"
use judge::Guess;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESSES: [(&str, Guess); 6] = [
    ("ipc", Guess::Different),
    ("mnt", Guess::Same),
    ("net", Guess::Same),
    ("pid", Guess::Same),
    ("user", Guess::Same),
    ("uts", Guess::Different),
];

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone2(GUESSES, create_child)
}
"#,
        ),
        (
            "fork, then unshare in the child",
            r#"
use judge::Guess;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{ForkResult, Pid, fork};

const GUESSES: [(&str, Guess); 6] = [
    ("uts", Guess::Different),
    ("ipc", Guess::Different),
    ("mnt", Guess::Same),
    ("net", Guess::Same),
    ("pid", Guess::Same),
    ("user", Guess::Same),
];

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let both = unshare(CloneFlags::CLONE_NEWUTS).and(unshare(CloneFlags::CLONE_NEWIPC));
            std::process::exit(both.map_or(1, |()| child() as i32))
        }
    }
}

fn main() -> ! {
    judge::clone2(GUESSES, create_child)
}
"#,
        ),
    ],
    hints: [
        "If no flag asks for a new network namespace, which one will the child be in?",
        "A child gets a new namespace for each CLONE_NEW… flag and shares all others. Combine \
         flags with |.",
        "    let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;",
    ],
    errors: &[
        (
            "EINVAL",
            "two of the flags exclude each other, such as CLONE_NEWIPC and CLONE_SYSVSEM; the \
             two CLONE_NEW… flags alone do not",
        ),
        ("EPERM", "in the sandbox you may create both namespaces, but not with CLONE_NEWUSER first"),
    ],
    wrong: &[
        Wrong {
            clause: "a new IPC namespace",
            change: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            to: "CloneFlags::CLONE_NEWUTS",
            says: "new for the child: uts",
        },
        Wrong {
            clause: "a new UTS",
            change: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            to: "CloneFlags::CLONE_NEWUTS & CloneFlags::CLONE_NEWIPC",
            says: "new for the child: none",
        },
        Wrong {
            clause: "in no other new one",
            change: "| CloneFlags::CLONE_NEWIPC",
            to: "| CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWUSER",
            says: "new for the child: ipc, user, uts",
        },
        Wrong {
            clause: "the Same for the child",
            change: r#"("pid", Guess::Same)"#,
            to: r#"("pid", Guess::Different)"#,
            says: "you predicted Different for pid",
        },
        Wrong {
            clause: "or Different",
            change: r#"("uts", Guess::Different)"#,
            to: r#"("uts", Guess::Same)"#,
            says: "you predicted Same for uts",
        },
        Wrong {
            clause: "Before you run it",
            change: r#"("ipc", Guess::Different)"#,
            to: r#"("ipc", Guess::Unknown)"#,
            says: "first predict, then run",
        },
        Wrong {
            clause: "for each kind",
            change: r#"("pid", Guess::Same)"#,
            to: r#"("net", Guess::Same)"#,
            says: "no prediction for pid",
        },
        Wrong {
            clause: "It runs `child`",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| loop { nix::unistd::pause(); }), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            says: "it has not called it",
        },
        Wrong {
            clause: "Return its PID",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: "unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }.map(|_| Pid::this())",
            says: "not its child",
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
        Wrong {
            clause: "child in a new UTS and a new IPC namespace",
            change: "    let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;",
            to: "    let flags = CloneFlags::empty();
    nix::sched::unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;",
            says: "the parent has moved",
        },
    ],
    ..Exercise::NEW
};

/// The kinds that are to be predicted.
const KINDS: [&str; 6] = ["ipc", "mnt", "net", "pid", "user", "uts"];

/// Checks that the answer creates a child in a new UTS and a new IPC namespace, and
/// predicts which links of the child differ from its parent's.
pub fn clone2(guesses: [(&str, Guess); 6], answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("Same or Different for each kind", "Unknown", "first predict, then run")
        })?;
        let predicted: BTreeSet<_> = guesses.iter().map(|(kind, _)| kind.as_str()).collect();
        for kind in KINDS {
            ensure(predicted.contains(kind), || {
                let kinds = KINDS.join(", ");
                wrong(
                    format!("a prediction for each of {kinds}"),
                    format!("no prediction for {kind}"),
                    "GUESSES has one line for each kind",
                )
            })?;
        }
        let mut calls = Calls::receive()?;
        let parent = run_answer_with_child(&EXERCISE, || answer(run_child))?;
        let child = child_of(&parent, &mut calls)?.pid;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["ipc", "uts"], || {
            let new = if different.is_empty() { "none".to_owned() } else { different.join(", ") };
            let moved = !differing_kinds(Pid::this(), parent.pid).is_empty();
            wrong(
                "new for the child: ipc, uts",
                format!("new for the child: {new}"),
                match moved {
                    true => {
                        "the parent has moved to another namespace itself, and its child shares it"
                    }
                    false => {
                        "each CLONE_NEW… flag creates one namespace; the child shares all others"
                    }
                },
            )
        })?;
        for (kind, guess) in guesses {
            let (of_parent, of_child) = (link(parent.pid, &kind), link(child, &kind));
            let truth = if of_parent == of_child { Guess::Same } else { Guess::Different };
            ensure(guess == truth, || {
                wrong(
                    format!("you predicted {guess:?} for {kind}"),
                    format!("{truth:?}: {of_parent} in the parent, {of_child} in the child"),
                    "a child gets a new namespace for each flag and shares all others",
                )
            })?;
        }
        Ok("six links, all as you predicted".to_owned())
    })
}
