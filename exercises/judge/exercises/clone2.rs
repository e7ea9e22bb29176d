//! A child in two new namespaces.

use std::collections::BTreeSet;

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, NONE, shown, text};
use crate::observe::calls::Calls;
use crate::observe::child::{child_of, run_answer_with_child, run_child};
use crate::process::{differing_kinds, link};
use crate::sandbox::judge;
use crate::verdict::{Guess, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
Predict, then run. In the judge's sandbox you are root in its user namespace and
have all capabilities, so you do not need CLONE_NEWUSER.",
        "
먼저 예측하고 나서 실행합니다. 채점 프로그램의 샌드박스에서 여러분은 그 user
namespace의 root이고 모든 capability를 가졌으므로 CLONE_NEWUSER는 필요
없습니다.",
    ),
    task: Both(
        "
Create one child in a new UTS and a new IPC namespace, and in no other new one.
It runs `child`. Return its PID. Before you run it, write into GUESSES for each
kind whether the link in /proc/PID/ns will be the Same for the child as for its
parent, or Different.",
        "
새 UTS namespace와 새 IPC namespace 안에 자식을 하나 만드세요. 다른 종류는
새로 만들지 마세요. 자식은 `child`를 실행합니다. 자식의 PID를 반환하세요.
실행하기 전에 GUESSES에 종류마다 /proc/PID/ns의 링크가 자식과 부모에서
같을지(Same) 다를지(Different) 적으세요.",
    ),
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
        Both(
            "If no flag asks for a new network namespace, which one will the child be in?",
            "새 네트워크 namespace를 요청하는 플래그가 없으면 자식은 어느 네트워크 namespace에 \
             있게 되나요?",
        ),
        Both(
            "A child gets a new namespace for each CLONE_NEW… flag and shares all others. Combine \
             flags with |.",
            "자식은 CLONE_NEW… 플래그마다 새 namespace를 하나씩 받고 나머지는 모두 공유합니다. \
             플래그는 |로 합칩니다.",
        ),
        Both::same("    let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC;"),
    ],
    errors: &[
        (
            "EINVAL",
            Both(
                "two of the flags exclude each other, such as CLONE_NEWIPC and CLONE_SYSVSEM; the \
                 two CLONE_NEW… flags alone do not",
                "CLONE_NEWIPC와 CLONE_SYSVSEM처럼 함께 쓸 수 없는 플래그가 있습니다. CLONE_NEW… 두 \
                 개만으로는 이런 오류가 나지 않습니다",
            ),
        ),
        ("EPERM", Both(
            "in the sandbox you may create both namespaces, but not with CLONE_NEWUSER first",
            "샌드박스에서는 두 namespace를 다 만들 수 있습니다. 다만 CLONE_NEWUSER를 먼저 하면 안 \
             됩니다",
        )),
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
            wrong(
                text!("Same or Different for each kind", "종류마다 Same이나 Different"),
                shown!("Unknown"),
                text!("first predict, then run", "먼저 예측하고 나서 실행하세요"),
            )
        })?;
        let predicted: BTreeSet<_> = guesses.iter().map(|(kind, _)| kind.as_str()).collect();
        for kind in KINDS {
            ensure(predicted.contains(kind), || {
                let kinds = KINDS.join(", ");
                wrong(
                    text!("a prediction for each of {kinds}", "{kinds} 각각에 대한 예측"),
                    text!("no prediction for {kind}", "{kind}에 대한 예측이 없습니다"),
                    text!(
                        "GUESSES has one line for each kind",
                        "GUESSES에는 종류마다 한 줄이 있어야 합니다",
                    ),
                )
            })?;
        }
        let mut calls = Calls::receive()?;
        let parent = run_answer_with_child(&EXERCISE, || answer(run_child))?;
        let child = child_of(&parent, &mut calls)?.pid;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["ipc", "uts"], || {
            let new = if different.is_empty() { NONE.to_owned() } else { different.join(", ") };
            let moved = !differing_kinds(Pid::this(), parent.pid).is_empty();
            wrong(
                text!("new for the child: ipc, uts", "자식에게 새로 생긴 것: ipc, uts"),
                text!("new for the child: {new}", "자식에게 새로 생긴 것: {new}"),
                match moved {
                    true => {
                        text!(
                            "the parent has moved to another namespace itself, and its child \
                             shares it",
                            "부모 자신이 다른 namespace로 옮겨 갔고, 자식은 그것을 공유합니다",
                        )
                    }
                    false => {
                        text!(
                            "each CLONE_NEW… flag creates one namespace; the child shares all \
                             others",
                            "CLONE_NEW… 플래그는 하나마다 namespace를 하나 만들고, 자식은 나머지를 \
                             모두 공유합니다",
                        )
                    }
                },
            )
        })?;
        for (kind, guess) in guesses {
            let (of_parent, of_child) = (link(parent.pid, &kind), link(child, &kind));
            let truth = if of_parent == of_child { Guess::Same } else { Guess::Different };
            ensure(guess == truth, || {
                wrong(
                    text!("you predicted {guess:?} for {kind}", "{kind}에 대한 예측은 {guess:?}"),
                    text!(
                        "{truth:?}: {of_parent} in the parent, {of_child} in the child",
                        "{truth:?}: 부모는 {of_parent}, 자식은 {of_child}",
                    ),
                    text!(
                        "a child gets a new namespace for each flag and shares all others",
                        "자식은 플래그마다 새 namespace를 하나씩 받고 나머지는 모두 공유합니다",
                    ),
                )
            })?;
        }
        Ok(text!("six links, all as you predicted", "링크 여섯 개가 모두 예측한 대로입니다"))
    })
}
