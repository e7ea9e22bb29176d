//! What `unshare(CLONE_NEWPID)` changes for its caller.

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::namespaces::changed_links;
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Guess, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
/proc/PID/ns has two links for PID namespaces: pid is the one of the process,
pid_for_children the one in which its next child will be created.",
    task: "
Predict which links of the caller will be the Same as before, and which
Different. The caller calls unshare(2) with CLONE_NEWPID and no other flag.",
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
    judge::unshare4(GUESSES, unshare_pid)
}
"#,
    solutions: &[
        (
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
    judge::unshare4(GUESSES, unshare_pid)
}
"#,
        ),
        (
            "libc, and a first child that makes the link readable",
            r#"
use judge::Guess;
use nix::errno::Errno;
use nix::unistd::pause;

const GUESSES: [(&str, Guess); 3] =
    [("uts", Guess::Same), ("pid", Guess::Same), ("pid_for_children", Guess::Different)];

fn unshare_pid() -> nix::Result<()> {
    // SAFETY: the call takes a number.
    Errno::result(unsafe { libc::unshare(libc::CLONE_NEWPID) })?;
    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    Ok(())
}

fn main() -> ! {
    judge::unshare4(GUESSES, unshare_pid)
}
"#,
        ),
    ],
    hints: [
        "Programs remember their own PID. What would break if it changed while they run?",
        "It never changes: the caller stays in its PID namespace, and its next children are created in the new one.",
        r#"("pid", Guess::Same)
("pid_for_children", Guess::Different)
unshare(CloneFlags::CLONE_NEWPID)"#,
    ],
    errors: &[
        (
            "EINVAL",
            "some flags need a process with one thread, or exclude each other: which flags did you \
             pass?",
        ),
        ("ENOMEM", "fork(2) fails with this in a PID namespace whose PID 1 has died"),
    ],
    wrong: &[
        Wrong {
            clause: "Predict which links of the caller will be the Same as before, and which Different.",
            change: r#"("pid", Guess::Same), ("pid_for_children", Guess::Different)"#,
            to: r#"("pid", Guess::Unknown), ("pid_for_children", Guess::Different)"#,
            says: "first predict, then run",
        },
        Wrong {
            clause: "the Same as before",
            change: r#"("pid", Guess::Same)"#,
            to: r#"("pid", Guess::Different)"#,
            says: "what would getpid(2) return",
        },
        Wrong {
            clause: "which Different",
            change: r#"("pid_for_children", Guess::Different)"#,
            to: r#"("pid_for_children", Guess::Same)"#,
            says: "you predicted Same for pid_for_children",
        },
        Wrong {
            clause: "the Same as before",
            change: r#"("uts", Guess::Same)"#,
            to: r#"("uts", Guess::Different)"#,
            says: "which of the flags is for UTS namespaces?",
        },
        Wrong {
            clause: "Predict which links",
            change: r#"("pid_for_children", Guess::Different)"#,
            to: r#"("uts", Guess::Same)"#,
            says: "only Same or Different has to be filled in",
        },
        Wrong {
            clause: "The caller calls unshare(2) with CLONE_NEWPID",
            change: "CloneFlags::CLONE_NEWPID",
            to: "CloneFlags::CLONE_NEWUTS",
            says: "which flag of unshare(2) is for PID namespaces",
        },
        Wrong {
            clause: "The caller calls",
            change: "    unshare(CloneFlags::CLONE_NEWPID)",
            to: "    judge::fork_child(|| unshare(CloneFlags::CLONE_NEWPID)).map(drop)",
            says: "which process calls it?",
        },
        Wrong {
            clause: "no other flag",
            change: "unshare(CloneFlags::CLONE_NEWPID)",
            to: "unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWUTS)",
            says: "uts changed too",
        },
        Wrong {
            clause: "no other flag",
            change: "unshare(CloneFlags::CLONE_NEWPID)",
            to: "unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWUSER)",
            says: "user changed too",
        },
    ],
    ..Exercise::NEW
};

/// The links about which one predicts something.
const LINKS: [&str; 3] = ["pid", "pid_for_children", "uts"];

/// Checks a prediction of what `unshare(CLONE_NEWPID)` does to the links of its caller.
pub fn unshare4(guesses: [(&str, Guess); 3], answer: fn() -> nix::Result<()>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        let mut links: Vec<_> = guesses.iter().map(|(kind, _)| kind.as_str()).collect();
        links.sort_unstable();
        ensure(links == LINKS, || {
            wrong(
                format!("predictions for {}", LINKS.join(", ")),
                format!("predictions for {}", links.join(", ")),
                "only Same or Different has to be filled in",
            )
        })?;
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("Same or Different for each link", "Unknown", "first predict, then run")
        })?;
        let process = run_answer(&EXERCISE, || answer().map(|()| ""))?;
        let mut changed = changed_links(Pid::this(), process.pid);
        ensure(changed.iter().any(|it| it == "pid_for_children"), || {
            wrong(
                "a new PID namespace for the children of the caller",
                format!("{}, the same as before", link(process.pid, "pid_for_children")),
                "which flag of unshare(2) is for PID namespaces, and which process calls it?",
            )
        })?;
        changed.retain(|it| it != "pid_for_children");
        ensure(changed.is_empty(), || {
            wrong(
                "only pid_for_children changed in /proc/PID/ns of the caller",
                format!("{} changed too", changed.join(", ")),
                "which flags of unshare(2) does the task not ask for?",
            )
        })?;
        for (kind, guess) in guesses {
            let truth = if kind == "pid_for_children" { Guess::Different } else { Guess::Same };
            let reason = match kind.as_str() {
                "pid" => "what would getpid(2) return if the caller itself changed its namespace?",
                "uts" => "which of the flags is for UTS namespaces?",
                _ => {
                    "until its first process exists, a PID namespace has no readable link: where \
                     will the next child be created?"
                }
            };
            ensure(guess == truth, || {
                let (before, after) = (link(Pid::this(), &kind), link(process.pid, &kind));
                wrong(
                    format!("{truth:?} for {kind}: before {before}, after {after}"),
                    format!("you predicted {guess:?} for {kind}"),
                    reason,
                )
            })?;
        }
        Ok("three links, all as you predicted".to_owned())
    })
}
