//! A child in two new namespaces.

use nix::unistd::Pid;

use crate::child::{child_of, run_child};
use crate::exercise::{Exercise, Wrong};
use crate::process::{differing_kinds, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Guess, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
Predict, then run. A child gets a new UTS and a new IPC namespace. Which of its
links in /proc/PID/ns will be the Same as its parent's, and which Different?
Write your prediction down first.",
    task: "
Then create that child with clone(2). In the judge's sandbox you have all
capabilities, so you do not need CLONE_NEWUSER.",
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
    solutions: &[("nix", r#"
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
"#)],
    hints: [
        "If no flag asks for a new network namespace, which one will the child be in?",
        "A child gets a new namespace for each CLONE_NEW… flag and shares all others. Combine flags with |.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "CLONE_NEWIPC",
            to: "CLONE_NEWNS",
            says: "other flags than these two",
        },
        Wrong {
            clause: "TODO",
            change: r#"("pid", Guess::Same)"#,
            to: r#"("pid", Guess::Different)"#,
            says: "you predicted Different for pid",
        },
        Wrong {
            clause: "TODO",
            change: r#"("ipc", Guess::Different)"#,
            to: r#"("ipc", Guess::Unknown)"#,
            says: "first predict, then run",
        },
        Wrong {
            clause: "TODO",
            change: "unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            to: "let _ = child;
    unsafe { clone(Box::new(|| loop { nix::unistd::pause(); }), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }",
            says: "has not called it",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer creates a child in a new UTS and a new IPC namespace, and
/// predicts which links of the child differ from its parent's.
pub fn clone2(guesses: [(&str, Guess); 6], answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("Same or Different for each kind", "Unknown", "first predict, then run")
        })?;
        let parent = run_answer(&EXERCISE, || answer(run_child))?;
        let child = child_of(parent.pid, &parent.output)?;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["ipc", "uts"], || {
            wrong(
                "a child in a new UTS and a new IPC namespace, and no other new one",
                format!("the child has new namespaces: [{}]", different.join(", ")),
                "clone(2) got other flags than these two",
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
