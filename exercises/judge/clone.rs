//! Step 02: a child, its stack, its flags, its end.

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::{ForkResult, Pid, fork, pause};

use crate::process::{differing, learner, link, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, Guess, ensure, wrong};

/// Wants a child by `clone(2)` that shares all namespaces with its parent and
/// whose end is told by SIGCHLD.
pub fn clone1(answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let parent = learner(|| answer(stay))?;
        let child = born_of(parent.pid, &parent.said)?;
        let different = differing(parent.pid, child);
        ensure(different.is_empty(), || {
            wrong(
                "a child that shares every namespace with its parent",
                format!("new ones of the kinds {}", different.join(", ")),
                "each CLONE_NEW… flag asks for a new namespace",
            )
        })?;
        // The 38th field, the 36th after the name in parentheses (proc(5)).
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        let signal = after.split_whitespace().nth(35).unwrap_or_default();
        ensure(signal == (Signal::SIGCHLD as i32).to_string(), || {
            wrong(
                "SIGCHLD (17) as the signal that tells of the child's end",
                format!("exit_signal is {signal} in /proc/{child}/stat"),
                "without SIGCHLD an ordinary waitpid(2) does not find the child",
            )
        })?;
        Ok(format!(
            "{child} is a child of {}, in the same namespaces, and ends with SIGCHLD",
            parent.pid
        ))
    })
}

/// Wants a child in a new namespace of two kinds, and a prediction of which
/// links will be the same and which will differ.
pub fn clone2(guesses: [(&str, Guess); 6], answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("a guess for each kind, before you run", "nothing yet", "first predict, then run")
        })?;
        let parent = learner(|| answer(stay))?;
        let child = born_of(parent.pid, &parent.said)?;
        let different = differing(parent.pid, child);
        ensure(different == ["ipc", "uts"], || {
            wrong(
                "a child with a UTS and an IPC namespace of its own, and no other",
                format!("new ones of the kinds [{}]", different.join(", ")),
                "the flags given to clone(2) are not the ones that were asked for",
            )
        })?;
        for (kind, guess) in guesses {
            let (of_parent, of_child) = (link(parent.pid, &kind), link(child, &kind));
            let truth = if of_parent == of_child { Guess::Same } else { Guess::Different };
            ensure(guess == truth, || {
                wrong(
                    format!("{guess:?} for {kind}, as you predicted"),
                    format!("{of_parent} in the parent, {of_child} in the child: {truth:?}"),
                    "a child gets anew only what a flag asks for and shares the rest",
                )
            })?;
        }
        Ok("six links, as you predicted".to_owned())
    })
}

/// Wants the end of a child told as a shell tells it.
pub fn clone3(answer: fn(Pid) -> nix::Result<i32>) -> ! {
    judge(|| {
        let ends: [(&str, i32, fn()); 3] = [
            ("a child that exits with 3", 3, || std::process::exit(3)),
            ("a child that SIGTERM kills", 143, || {
                let _ = raise(Signal::SIGTERM);
            }),
            ("a child that exits with 0", 0, || std::process::exit(0)),
        ];
        for (what, expected, end) in ends {
            let asked = learner(|| {
                // Another child, already dead, is not the one that is asked for.
                let other = child_that(|| std::process::exit(9))?;
                while !zombie(other) {
                    std::thread::yield_now();
                }
                let child = child_that(end)?;
                let status = answer(child)?;
                Ok::<_, Errno>(format!("{status} {child}"))
            })?;
            let (said, child) = asked.said.split_once(' ').unwrap_or_default();
            ensure(said == expected.to_string(), || {
                wrong(
                    format!("{expected} for {what}"),
                    format!("your function says {said}"),
                    "a shell tells an exit by its status and a death by 128 plus the signal, \
                     and of the child it was asked for",
                )
            })?;
            let state = child
                .parse()
                .map_or_else(|_| String::new(), |pid| status(Pid::from_raw(pid), "State"));
            ensure(!state.starts_with('Z'), || {
                wrong(
                    "no zombie",
                    format!("the child {child} is in state {state}"),
                    "a child that has ended stays in the table until its parent has waited for it",
                )
            })?;
        }
        Ok("three ends, told rightly, and no zombie".to_owned())
    })
}

/// What the child does that an answer creates: it stays to be looked at.
fn stay() -> isize {
    loop {
        pause();
    }
}

/// The child that the answer speaks of, if the kernel knows it as such.
fn born_of(parent: Pid, said: &str) -> Result<Pid, Finding> {
    let child = Pid::from_raw(said.parse().unwrap_or_default());
    let parents = status(child, "PPid");
    ensure(child.as_raw() > 0 && parents == parent.to_string(), || {
        wrong(
            format!("the PID of a living child of {parent}"),
            format!("your function says {said}; PPid there: {parents}"),
            "no child was born, or not by this process",
        )
    })?;
    Ok(child)
}

fn child_that(ends: fn()) -> nix::Result<Pid> {
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            ends();
            std::process::exit(1)
        }
    }
}

fn zombie(pid: Pid) -> bool {
    kill(pid, None).is_ok() && status(pid, "State").starts_with('Z')
}
