//! What `unshare(CLONE_NEWPID)` changes for its caller.

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::namespaces::changed_links;
use crate::process::{link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{Guess, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
/proc/PID/ns has two links for PID namespaces: pid is the one of the process,
pid_for_children the one in which its next child will be created.",
        "
/proc/PID/ns에는 PID namespace의 링크가 둘 있습니다. pid는 프로세스가 있는
곳이고, pid_for_children은 다음 자식이 만들어질 곳입니다.",
    ),
    task: Both(
        "
Predict which links of the caller will be the Same as before, and which
Different. The caller calls unshare(2) with CLONE_NEWPID and no other flag.",
        "
호출한 프로세스의 링크 가운데 어느 것이 전과 같고(Same) 어느 것이
다를지(Different) 예측하세요. 호출한 프로세스는 CLONE_NEWPID만 주고
unshare(2)를 호출합니다.",
    ),
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
        Both(
            "Programs remember their own PID. What would break if it changed while they run?",
            "프로그램은 자기 PID를 기억해 둡니다. 실행 중에 PID가 바뀌면 무엇이 잘못될까요?",
        ),
        Both(
            "It never changes: the caller stays in its PID namespace, and its next children are \
             created in the new one.",
            "PID는 바뀌지 않습니다. 호출한 프로세스는 자기 PID namespace에 남고, 다음 자식들이 새 \
             PID namespace 안에 만들어집니다.",
        ),
        Both::same(
            r#"("pid", Guess::Same)
("pid_for_children", Guess::Different)
unshare(CloneFlags::CLONE_NEWPID)"#,
        ),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "some flags need a process with one thread, or exclude each other: which flags did \
                 you pass?",
                "스레드가 하나여야 하는 플래그도 있고, 함께 쓸 수 없는 플래그도 있습니다. 어떤 \
                 플래그를 넘겼나요?",
            ),
        ),
        (
            "ENOMEM",
            Both(
                "fork(2) fails with this in a PID namespace whose PID 1 has died",
                "PID 1이 끝난 PID namespace에서는 fork(2)가 이렇게 실패합니다",
            ),
        ),
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
                text!("predictions for {}", "{}에 대한 예측", LINKS.join(", ")),
                text!("predictions for {}", "{}에 대한 예측", links.join(", ")),
                text!(
                    "only Same or Different has to be filled in",
                    "Same이나 Different만 채우면 됩니다",
                ),
            )
        })?;
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong(
                text!("Same or Different for each link", "링크마다 Same이나 Different"),
                shown!("Unknown"),
                text!("first predict, then run", "먼저 예측하고 나서 실행하세요"),
            )
        })?;
        let process = run_answer(&EXERCISE, || answer().map(|()| ""))?;
        let mut changed = changed_links(Pid::this(), process.pid);
        ensure(changed.iter().any(|it| it == "pid_for_children"), || {
            wrong(
                text!(
                    "a new PID namespace for the children of the caller",
                    "호출한 프로세스의 자식을 위한 새 PID namespace",
                ),
                text!(
                    "{}, the same as before",
                    "{}, 전과 같음",
                    link(process.pid, "pid_for_children"),
                ),
                text!(
                    "which flag of unshare(2) is for PID namespaces, and which process calls it?",
                    "PID namespace를 만드는 unshare(2)의 플래그는 무엇이고, 어느 프로세스가 \
                     호출하나요?",
                ),
            )
        })?;
        changed.retain(|it| it != "pid_for_children");
        ensure(changed.is_empty(), || {
            wrong(
                text!(
                    "only pid_for_children changed in /proc/PID/ns of the caller",
                    "호출한 프로세스의 /proc/PID/ns에서 pid_for_children만 바뀜",
                ),
                text!("{} changed too", "{}도 바뀌었습니다", changed.join(", ")),
                text!(
                    "which flags of unshare(2) does the task not ask for?",
                    "unshare(2)의 플래그 가운데 문제에서 하라고 하지 않은 것은 무엇인가요?",
                ),
            )
        })?;
        for (kind, guess) in guesses {
            let truth = if kind == "pid_for_children" { Guess::Different } else { Guess::Same };
            let reason = match kind.as_str() {
                "pid" => text!(
                    "what would getpid(2) return if the caller itself changed its namespace?",
                    "호출한 프로세스 자신의 namespace가 바뀌면 getpid(2)는 무엇을 반환하게 될까요?",
                ),
                "uts" => text!(
                    "which of the flags is for UTS namespaces?",
                    "UTS namespace를 만드는 플래그가 있나요?",
                ),
                _ => {
                    text!(
                        "until its first process exists, a PID namespace has no readable link: \
                         where will the next child be created?",
                        "첫 프로세스가 생길 때까지 PID namespace의 링크는 읽을 수 없습니다. 다음 \
                         자식은 어디에 만들어질까요?",
                    )
                }
            };
            ensure(guess == truth, || {
                let (before, after) = (link(Pid::this(), &kind), link(process.pid, &kind));
                wrong(
                    text!(
                        "{truth:?} for {kind}: before {before}, after {after}",
                        "{kind}는 {truth:?}: 전에는 {before}, 뒤에는 {after}",
                    ),
                    text!("you predicted {guess:?} for {kind}", "{kind}에 대한 예측은 {guess:?}"),
                    reason,
                )
            })?;
        }
        Ok(text!("three links, all as you predicted", "링크 세 개가 모두 예측한 대로입니다"))
    })
}
