//! Two numbers for one process.

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, shown, text};
use crate::observe::tasks::{check_stays, inner_pid, stay};
use crate::process::{Task, link, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A process has a PID in its own PID namespace and in each one around it: NSpid in
/proc/PID/status lists them, from the outside in. `child` never returns.",
        "
프로세스에게는 자기 PID namespace의 PID가 있고, 그것을 둘러싼 namespace마다
PID가 하나씩 더 있습니다. /proc/PID/status의 NSpid가 바깥쪽부터 차례로 보여
줍니다. `child`는 반환하지 않습니다.",
    ),
    task: Both(
        "
Run `child` in two processes of one new PID namespace. Return their PIDs as the
caller sees them, the older process first. Predict which PIDs they see
themselves.",
        "
하나의 새 PID namespace에 있는 두 프로세스에서 `child`를 실행하세요. 호출한
프로세스에게 보이는 두 PID를, 먼저 생긴 프로세스부터 반환하세요. 두 프로세스
자신에게 보이는 PID를 예측하세요.",
    ),
    manual: "pid_namespaces(7), getpid(2), fork(2)",
    starter: "
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

/// What getpid(2) returns in the two processes.
const GUESSES: [i32; 2] = [0, 0]; // TODO: Predict them.

fn run_two(child: fn()) -> nix::Result<[Pid; 2]> {
    // TODO: In which PID namespace are they created?
    unshare(CloneFlags::empty())?;
    let first = judge::fork_task(child)?;
    let second = judge::fork_task(child)?;
    Ok([first, second])
}

fn main() -> ! {
    judge::unshare5(GUESSES, run_two)
}
",
    solutions: &[
        (
            "nix",
            "
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

/// What getpid(2) returns in the two processes.
const GUESSES: [i32; 2] = [1, 2];

fn run_two(child: fn()) -> nix::Result<[Pid; 2]> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    let first = judge::fork_task(child)?;
    let second = judge::fork_task(child)?;
    Ok([first, second])
}

fn main() -> ! {
    judge::unshare5(GUESSES, run_two)
}
",
        ),
        (
            "clone(2), and setns(2) into the namespace of its child",
            r#"
use std::fs::File;

use nix::errno::Errno;
use nix::sched::{CloneFlags, clone, setns};
use nix::unistd::Pid;

/// What getpid(2) returns in the two processes.
const GUESSES: [i32; 2] = [1, 2];

fn run_two(child: fn()) -> nix::Result<[Pid; 2]> {
    let mut stack = vec![0; 64 * 1024];
    let run = Box::new(|| {
        child();
        0
    });
    // SAFETY: this process has one thread, and the child gets its own copy of the memory.
    let first = unsafe { clone(run, &mut stack, CloneFlags::CLONE_NEWPID, Some(libc::SIGCHLD)) }?;
    let namespace = File::open(format!("/proc/{first}/ns/pid")).map_err(|_| Errno::ENOENT)?;
    setns(namespace, CloneFlags::CLONE_NEWPID)?;
    let second = judge::fork_task(child)?;
    Ok([first, second])
}

fn main() -> ! {
    judge::unshare5(GUESSES, run_two)
}
"#,
        ),
        (
            "an init before them",
            "
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Pid, pause};

/// What getpid(2) returns in the two processes.
const GUESSES: [i32; 2] = [2, 3];

fn run_two(child: fn()) -> nix::Result<[Pid; 2]> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    let first = judge::fork_task(child)?;
    let second = judge::fork_task(child)?;
    Ok([first, second])
}

fn main() -> ! {
    judge::unshare5(GUESSES, run_two)
}
",
        ),
    ],
    hints: [
        Both(
            "Which PID has the first process on a machine, and which the second?",
            "컴퓨터의 첫 프로세스의 PID는 무엇이고, 두 번째는 무엇인가요?",
        ),
        Both(
            "Each PID namespace counts from 1. Its first process is created by the first fork(2) \
             after unshare(2), and fork(2) returns the number that the caller sees.",
            "PID namespace마다 1부터 셉니다. 첫 프로세스는 unshare(2) 다음의 첫 fork(2)가 만들고, \
             fork(2)는 호출한 프로세스에게 보이는 번호를 반환합니다.",
        ),
        Both::same(
            "const GUESSES: [i32; 2] = [1, 2];
unshare(CloneFlags::CLONE_NEWPID)?;",
        ),
    ],
    errors: &[
        (
            "ENOMEM",
            Both(
                "fork(2) fails with this in a PID namespace whose PID 1 has died: which process is \
                 PID 1, and is it still alive at the second fork?",
                "PID 1이 끝난 PID namespace에서는 fork(2)가 이렇게 실패합니다. 어느 프로세스가 PID \
                 1이고, 두 번째 fork 때 아직 살아 있나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "after unshare(CLONE_NEWPID) the caller cannot create a second one with children \
                 in another: how often do you call unshare(2)?",
                "unshare(CLONE_NEWPID) 다음에는 자식이 들어갈 PID namespace를 또 만들 수 없습니다. \
                 unshare(2)를 몇 번 호출하나요?",
            ),
        ),
        (
            "ECHILD",
            Both(
                "there is no child to wait for, and nothing here has to be waited for",
                "기다릴 자식이 없습니다. 여기서는 기다릴 것도 없습니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Run `child` in two processes",
            change: "    let second = judge::fork_task(child)?;",
            to: "    let second = first;",
            says: "two different processes",
        },
        Wrong {
            clause: "Run `child`",
            change: "    let second = judge::fork_task(child)?;",
            to: "    let second = judge::fork_child(|| loop {
        nix::unistd::pause();
    })?;",
            says: "what does the child do first?",
        },
        Wrong {
            clause: "in two processes",
            change: "    Ok([first, second])",
            to: "    judge::fork_task(child)?;
    Ok([first, second])",
            says: "how often do you fork?",
        },
        Wrong {
            clause: "of one new PID namespace",
            change: "CloneFlags::CLONE_NEWPID",
            to: "CloneFlags::empty()",
            says: "does unshare(2) get the flag, and before fork(2)?",
        },
        Wrong {
            clause: "of one new PID namespace",
            change: "    unshare(CloneFlags::CLONE_NEWPID)?;
    let first = judge::fork_task(child)?;
    let second = judge::fork_task(child)?;
    Ok([first, second])",
            to: "    let mut stacks = [[0; 65536]; 2];
    let mut run = |stack| {
        let task = Box::new(|| {
            child();
            0
        });
        unsafe { nix::sched::clone(task, stack, CloneFlags::CLONE_NEWPID, Some(libc::SIGCHLD)) }
    };
    let [one, two] = &mut stacks;
    Ok([run(one)?, run(two)?])",
            says: "how many PID namespaces does your function create?",
        },
        Wrong {
            clause: "Return their PIDs as the caller sees them",
            change: "    Ok([first, second])",
            to: "    let _ = (first, second);
    Ok([Pid::from_raw(1), Pid::from_raw(2)])",
            says: "that does not run it",
        },
        Wrong {
            clause: "the older process first",
            change: "    Ok([first, second])",
            to: "    Ok([second, first])",
            says: "the older process first",
        },
        Wrong {
            clause: "Predict which PIDs they see themselves.",
            change: "[1, 2]",
            to: "[2, 3]",
            says: "from which number does a PID namespace count?",
        },
        Wrong {
            clause: "Predict",
            change: "[1, 2]",
            to: "[0, 0]",
            says: "first predict, then run",
        },
    ],
    ..Exercise::NEW
};

/// Checks that two processes run in one new PID namespace, and a prediction of their PIDs.
pub fn unshare5(guesses: [i32; 2], answer: fn(Task) -> nix::Result<[Pid; 2]>) -> ! {
    judge(move || {
        ensure(!guesses.contains(&0), || {
            wrong(
                text!("two PIDs, greater than 0", "0보다 큰 PID 두 개"),
                shown!("{guesses:?}"),
                text!("first predict, then run", "먼저 예측하고 나서 실행하세요"),
            )
        })?;
        let process = run_answer(&EXERCISE, || {
            answer(stay).map(|[first, second]| format!("{first} {second}"))
        })?;
        let numbers = process.output.split(' ').filter_map(|it| it.parse().ok());
        let pids: Vec<_> = numbers.map(Pid::from_raw).collect();
        let [first, second] = pids[..] else { unreachable!("two PIDs") };
        ensure(first != second, || {
            wrong(
                text!("the PIDs of two different processes", "서로 다른 두 프로세스의 PID"),
                text!(
                    "your function returned {first} twice",
                    "함수가 {first}을(를) 두 번 반환했습니다",
                ),
                text!("how often do you fork?", "fork를 몇 번 하나요?"),
            )
        })?;
        check_stays(&pids, "child")?;
        let outside = link(Pid::this(), "pid");
        for pid in [first, second] {
            let namespace = link(pid, "pid");
            ensure(namespace != outside, || {
                wrong(
                    text!(
                        "process {pid} in a new PID namespace",
                        "{pid}번 프로세스는 새 PID namespace에 있음",
                    ),
                    text!(
                        "{namespace}, like all processes outside",
                        "바깥의 모든 프로세스처럼 {namespace}에 있습니다",
                    ),
                    text!(
                        "does unshare(2) get the flag, and before fork(2)?",
                        "unshare(2)에 그 플래그를 주었고, fork(2)보다 먼저인가요?",
                    ),
                )
            })?;
        }
        let (of_first, of_second) = (link(first, "pid"), link(second, "pid"));
        ensure(of_first == of_second, || {
            wrong(
                text!(
                    "both processes in the same new PID namespace",
                    "두 프로세스가 같은 새 PID namespace에 있음",
                ),
                text!(
                    "process {first} is in {of_first}, process {second} in {of_second}",
                    "{first}번 프로세스는 {of_first}에, {second}번 프로세스는 {of_second}에 \
                     있습니다",
                ),
                text!(
                    "how many PID namespaces does your function create?",
                    "함수가 PID namespace를 몇 개 만드나요?",
                ),
            )
        })?;
        let seen = [first, second].map(|pid| status(pid, "NSpid"));
        let inside = [first, second].map(|pid| inner_pid(pid).parse().unwrap_or_default());
        ensure(inside[0] < inside[1], || {
            wrong(
                text!("the older process first", "먼저 생긴 프로세스부터"),
                text!(
                    "NSpid of process {first}: {}; of process {second}: {}",
                    "{first}번 프로세스의 NSpid: {}, {second}번 프로세스: {}",
                    seen[0],
                    seen[1],
                ),
                text!(
                    "which of the two was created first?",
                    "둘 가운데 먼저 만들어진 것은 어느 것인가요?",
                ),
            )
        })?;
        ensure(guesses == inside, || {
            wrong(
                text!(
                    "{inside:?}: NSpid shows {:?} and {:?}",
                    "{inside:?}: NSpid는 {:?}와 {:?}",
                    seen[0],
                    seen[1],
                ),
                text!("you predicted {guesses:?}", "예측은 {guesses:?}"),
                text!(
                    "from which number does a PID namespace count?",
                    "PID namespace는 몇부터 세나요?",
                ),
            )
        })?;
        Ok(text!(
            "NSpid shows {:?} and {:?}, as you predicted",
            "NSpid가 {:?}와 {:?}로, 예측한 대로입니다",
            seen[0],
            seen[1],
        ))
    })
}
