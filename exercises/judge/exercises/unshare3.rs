//! What `unshare(CLONE_NEWPID)` changes for its caller.

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::process::{differing_kinds, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Guess, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "",
    task: "
Predict, then run. The caller calls unshare(CLONE_NEWPID). Which of its links in
/proc/PID/ns will be the Same as before, and which Different?",
    manual: "pid_namespaces(7), unshare(2)",
    starter: r#"
use judge::Guess;
use nix::sched::{CloneFlags, unshare};

const GUESSES: [(&str, Guess); 3] = [
    // TODO: Guess::Same or Guess::Different?
    ("pid", Guess::Unknown),
    ("pid_for_children", Guess::Unknown),
    ("uts", Guess::Unknown),
];

fn unshare_pid() -> nix::Result<()> {
    // TODO: Which flag creates a PID namespace?
    unshare(CloneFlags::empty())
}

fn main() -> ! {
    judge::unshare3(GUESSES, unshare_pid)
}
"#,
    solutions: &[(
        "nix",
        r#"
use judge::Guess;
use nix::sched::{CloneFlags, unshare};

const GUESSES: [(&str, Guess); 3] =
    [("pid", Guess::Same), ("pid_for_children", Guess::Different), ("uts", Guess::Same)];

fn unshare_pid() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWPID)
}

fn main() -> ! {
    judge::unshare3(GUESSES, unshare_pid)
}
"#,
    )],
    hints: [
        "Programs remember their own PID. What would break if it changed while they run?",
        "It never changes: the caller stays in its PID namespace, and its next children are created in the new one, to which /proc/PID/ns/pid_for_children refers.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: r#"("pid", Guess::Same)"#,
            to: r#"("pid", Guess::Different)"#,
            says: "never changes its own PID",
        },
        Wrong {
            clause: "TODO",
            change: r#"("pid_for_children", Guess::Different)"#,
            to: r#"("pid_for_children", Guess::Same)"#,
            says: "you predicted Same for pid_for_children",
        },
        Wrong {
            clause: "TODO",
            change: "CloneFlags::CLONE_NEWPID",
            to: "CloneFlags::CLONE_NEWUTS",
            says: "has not called unshare(2) with the flag",
        },
        Wrong {
            clause: "TODO",
            change: "unshare(CloneFlags::CLONE_NEWPID)",
            to: "unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWUTS)",
            says: "unshare(2) got the flags of more kinds",
        },
    ],
    ..Exercise::NEW
};

/// Checks a prediction of what `unshare(CLONE_NEWPID)` does to the links of its caller.
pub fn unshare3(guesses: [(&str, Guess); 3], answer: fn() -> nix::Result<()>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("Same or Different for each link", "Unknown", "first predict, then run")
        })?;
        let process = run_answer(&EXERCISE, || answer().map(|()| ""))?;
        let different = |kind: &str| {
            link(process.pid, kind).replace("_for_children", "") != link(Pid::this(), kind)
        };
        ensure(different("pid_for_children"), || {
            wrong(
                "a new PID namespace for the children of the process",
                format!("{}, the same as outside", link(process.pid, "pid_for_children")),
                "the process has not called unshare(2) with the flag for PID namespaces",
            )
        })?;
        let more = differing_kinds(Pid::this(), process.pid);
        ensure(more.is_empty(), || {
            wrong(
                "a new PID namespace and no other new one",
                format!("new namespaces: {}", more.join(", ")),
                "unshare(2) got the flags of more kinds",
            )
        })?;
        for (kind, guess) in guesses {
            let truth = if different(&kind) { Guess::Different } else { Guess::Same };
            ensure(guess == truth, || {
                wrong(
                    format!("you predicted {guess:?} for {kind}"),
                    format!(
                        "{truth:?}: {} in your process, {} outside",
                        link(process.pid, &kind),
                        link(Pid::this(), &kind)
                    ),
                    "a process never changes its own PID: the new namespace is for its children",
                )
            })?;
        }
        Ok("three links, all as you predicted".to_owned())
    })
}
