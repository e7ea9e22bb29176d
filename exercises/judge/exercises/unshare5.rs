//! Two numbers for one process.

use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::tasks::{check_stays, inner_pid, stay};
use crate::process::{Task, link, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A process has a PID in its own PID namespace and in each one around it: NSpid in
/proc/PID/status lists them, from the outside in. `child` never returns.",
    task: "
Run `child` in two processes of one new PID namespace. Return their PIDs as the
caller sees them, the older process first. Predict which PIDs they see
themselves.",
    manual: "pid_namespaces(7), getpid(2), fork(2)",
    starter: "
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

/// What getpid(2) returns in the two processes.
const GUESSES: [i32; 2] = [0, 0]; // TODO

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
        "Which PID has the first process on a machine, and which the second?",
        "Each PID namespace counts from 1. Its first process is created by the first fork(2) after unshare(2), and fork(2) returns the number that the caller sees.",
        "const GUESSES: [i32; 2] = [1, 2];
unshare(CloneFlags::CLONE_NEWPID)?;",
    ],
    errors: &[
        (
            "ENOMEM",
            "fork(2) fails with this in a PID namespace whose PID 1 has died: which process is \
             PID 1, and is it still alive at the second fork?",
        ),
        (
            "EINVAL",
            "after unshare(CLONE_NEWPID) the caller cannot create a second one with children in \
             another: how often do you call unshare(2)?",
        ),
        ("ECHILD", "there is no child to wait for, and nothing here has to be waited for"),
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
            wrong("two PIDs, greater than 0", format!("{guesses:?}"), "first predict, then run")
        })?;
        let process = run_answer(&EXERCISE, || {
            answer(stay).map(|[first, second]| format!("{first} {second}"))
        })?;
        let numbers = process.output.split(' ').filter_map(|it| it.parse().ok());
        let pids: Vec<_> = numbers.map(Pid::from_raw).collect();
        let [first, second] = pids[..] else { unreachable!("two PIDs") };
        ensure(first != second, || {
            wrong(
                "the PIDs of two different processes",
                format!("your function returned {first} twice"),
                "how often do you fork?",
            )
        })?;
        check_stays(&pids, "child")?;
        let outside = link(Pid::this(), "pid");
        for pid in [first, second] {
            let namespace = link(pid, "pid");
            ensure(namespace != outside, || {
                wrong(
                    format!("process {pid} in a new PID namespace"),
                    format!("{namespace}, like all processes outside"),
                    "does unshare(2) get the flag, and before fork(2)?",
                )
            })?;
        }
        let (of_first, of_second) = (link(first, "pid"), link(second, "pid"));
        ensure(of_first == of_second, || {
            wrong(
                "both processes in the same new PID namespace",
                format!("process {first} is in {of_first}, process {second} in {of_second}"),
                "how many PID namespaces does your function create?",
            )
        })?;
        let seen = [first, second].map(|pid| status(pid, "NSpid"));
        let inside = [first, second].map(|pid| inner_pid(pid).parse().unwrap_or_default());
        ensure(inside[0] < inside[1], || {
            wrong(
                "the older process first",
                format!("NSpid of process {first}: {}; of process {second}: {}", seen[0], seen[1]),
                "which of the two was created first?",
            )
        })?;
        ensure(guesses == inside, || {
            wrong(
                format!("{inside:?}: NSpid shows {:?} and {:?}", seen[0], seen[1]),
                format!("you predicted {guesses:?}"),
                "from which number does a PID namespace count?",
            )
        })?;
        Ok(format!("NSpid shows {:?} and {:?}, as you predicted", seen[0], seen[1]))
    })
}
