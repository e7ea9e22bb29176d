//! PID 1 of a PID namespace.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, pause};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::child::{end, state};
use crate::observe::leftovers::processes;
use crate::observe::tasks::{Call, until_all_wait, until_waits};
use crate::process::{Task, helper_process, link, processes_in, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, Verdict, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
The first child in a new PID namespace becomes PID 1, its init. When PID 1 ends,
the kernel shuts the namespace down: every later fork(2) fails with ENOMEM.
`first` returns, `second` does not.",
        "
새 PID namespace의 첫 자식은 PID 1, 곧 그 안의 init이 됩니다. PID 1이 끝나면
커널은 그 namespace를 닫습니다. 그 뒤의 fork(2)는 모두 ENOMEM으로
실패합니다. `first`는 반환하고, `second`는 반환하지 않습니다.",
    ),
    task: Both(
        "
In one new PID namespace, run `first` and, after it has ended, `second`, each
once and in its own process. Return the PID of the second as the caller sees it.
Do not wait for the second: the judge looks at it while it runs.",
        "
하나의 새 PID namespace에서 `first`를 실행하고, 그것이 끝난 다음 `second`를
실행하세요. 저마다 한 번씩, 따로 자기 프로세스에서 실행합니다. 호출한
프로세스에게 보이는 두 번째의 PID를 반환하세요. 두 번째를 기다리지 마세요.
채점 프로그램은 실행 중인 그 프로세스를 봅니다.",
    ),
    manual: "pid_namespaces(7)",
    starter: "
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    // TODO: Which process is PID 1, and for how long?
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)
}

fn main() -> ! {
    judge::unshare7(run_both)
}
",
    solutions: &[
        (
            "an init that only stays",
            "
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, pause};

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)
}

fn main() -> ! {
    judge::unshare7(run_both)
}
",
        ),
        (
            "PID 1 runs the first in a child, and then the second itself",
            "
use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    judge::fork_child(|| {
        let first = judge::fork_task(first)?;
        waitpid(first, None)?;
        second();
        Ok(())
    })
}

fn main() -> ! {
    judge::unshare7(run_both)
}
",
        ),
        (
            "clone(2) and setns(2), waits in a loop",
            r#"
use std::fs::File;

use nix::errno::Errno;
use nix::sched::{CloneFlags, clone, setns};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pause};

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let init = Box::new(|| {
        loop {
            pause();
        }
    });
    // SAFETY: this process has one thread, and the child gets its own copy of the memory.
    let init = unsafe { clone(init, &mut stack, CloneFlags::CLONE_NEWPID, Some(libc::SIGCHLD)) }?;
    let namespace = File::open(format!("/proc/{init}/ns/pid")).map_err(|_| Errno::ENOENT)?;
    setns(namespace, CloneFlags::CLONE_NEWPID)?;
    let first = judge::fork_task(first)?;
    while waitpid(first, Some(WaitPidFlag::WNOHANG))? == WaitStatus::StillAlive {}
    judge::fork_task(second)
}

fn main() -> ! {
    judge::unshare7(run_both)
}
"#,
        ),
    ],
    hints: [
        Both(
            "What must be true of PID 1 when you call fork(2) for the second time?",
            "두 번째로 fork(2)를 호출할 때 PID 1은 어떠해야 하나요?",
        ),
        Both(
            "It must be alive. Make the first child a process that stays alive (the init), and run \
             both tasks in two more children.",
            "살아 있어야 합니다. 첫 자식은 계속 살아 있는 프로세스(init)로 만들고, 두 일은 자식 \
             둘을 더 만들어 실행합니다.",
        ),
        Both::same(
            "judge::fork_child(|| {
    loop {
        pause();
    }
})?;",
        ),
    ],
    errors: &[
        (
            "ENOMEM",
            Both(
                "fork(2) fails with this in a PID namespace whose PID 1 has died: which process \
                 was PID 1, and could another one be it?",
                "PID 1이 끝난 PID namespace에서는 fork(2)가 이렇게 실패합니다. 어느 프로세스가 PID \
                 1이었고, 다른 프로세스가 PID 1일 수는 없나요?",
            ),
        ),
        (
            "EINVAL",
            Both(
                "the caller has a new PID namespace for its children already: how many PID \
                 namespaces does your function create?",
                "호출한 프로세스에는 자식을 위한 새 PID namespace가 이미 있습니다. 함수가 PID \
                 namespace를 몇 개 만드나요?",
            ),
        ),
        (
            "ECHILD",
            Both(
                "only the parent can wait for a child: which process created the one that you wait \
                 for?",
                "자식은 부모만 기다릴 수 있습니다. 기다리는 그 프로세스를 만든 것은 어느 \
                 프로세스인가요?",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "In one new PID namespace",
            change: "    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;",
            to: "",
            says: "which process was PID 1, and could another one be it?",
        },
        Wrong {
            clause: "In one new PID namespace",
            change: "    unshare(CloneFlags::CLONE_NEWPID)?;
",
            to: "",
            says: "which call creates a PID namespace",
        },
        Wrong {
            clause: "each once and in its own process",
            change: "    let first = judge::fork_task(first)?;
    waitpid(first, None)?;",
            to: "    first();
    let _ = waitpid::<Pid>;",
            says: "is the namespace for the caller or for its children?",
        },
        Wrong {
            clause: "each once and in its own process",
            change: "    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)",
            to: "    let _ = waitpid::<Pid>;
    judge::fork_child(|| {
        first();
        second();
        Ok(())
    })",
            says: "both tasks in the same process",
        },
        Wrong {
            clause: "after it has ended",
            change: "    waitpid(first, None)?;",
            to: "    let _ = (first, waitpid::<Pid>);",
            says: "which call returns when a child has ended?",
        },
        Wrong {
            clause: "after it has ended",
            change: "    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)",
            to: "    let second = judge::fork_task(second)?;
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    Ok(second)",
            says: "after the first has ended",
        },
        Wrong {
            clause: "Return the PID of the second",
            change: "    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)",
            to: "    let stays = judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)?;
    Ok(stays)",
            says: "does your function return the PID that",
        },
        Wrong {
            clause: "run `first` and, after it has ended, `second`",
            change: "    waitpid(first, None)?;
    judge::fork_task(second)",
            to: "    waitpid(first, None)?;
    let _ = second;
    judge::fork_child(|| loop {
        pause();
    })",
            says: "the second has not run",
        },
        Wrong {
            clause: "In one new PID namespace",
            change: "    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    judge::fork_task(second)",
            to: r#"    let _ = waitpid::<Pid>;
    let (reader, writer) = nix::unistd::pipe()?;
    judge::fork_child(|| {
        nix::unistd::read(&reader, &mut [0])?;
        first();
        Ok(())
    })?;
    let second = judge::fork_child(|| {
        // Waits for the end of PID 1, and gets the signal instead.
        while nix::sys::signal::kill(Pid::from_raw(1), None).is_ok() {
            pause();
        }
        second();
        Ok(())
    })?;
    nix::unistd::write(&writer, b".")?;
    Ok(second)"#,
            says: "when PID 1 ends, the kernel kills all others",
        },
        Wrong {
            clause: "run `first`",
            change: "    let first = judge::fork_task(first)?;
    waitpid(first, None)?;",
            to: "    let _ = (first, waitpid::<Pid>);",
            says: "the first has not run",
        },
        Wrong {
            clause: "In one new PID namespace",
            change: "    unshare(CloneFlags::CLONE_NEWPID)?;
    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;
    let first = judge::fork_task(first)?;
    waitpid(first, None)?;",
            to: "    let first = judge::fork_task(first)?;
    waitpid(first, None)?;
    unshare(CloneFlags::CLONE_NEWPID)?;
    judge::fork_child(|| {
        loop {
            pause();
        }
    })?;",
            says: "does that come before the fork?",
        },
        Wrong {
            clause: "In one new PID namespace",
            change: "    waitpid(first, None)?;
    judge::fork_task(second)",
            to: "    waitpid(first, None)?;
    let mut stack = [0; 65536];
    let run = Box::new(|| {
        second();
        0
    });
    unsafe { nix::sched::clone(run, &mut stack, CloneFlags::CLONE_NEWPID, Some(libc::SIGCHLD)) }",
            says: "how many PID namespaces does your function create?",
        },
        Wrong {
            clause: "each once",
            change: "    let first = judge::fork_task(first)?;
    waitpid(first, None)?;",
            to: "    waitpid(judge::fork_task(first)?, None)?;
    waitpid(judge::fork_task(first)?, None)?;",
            says: "the first has run 2 times",
        },
        Wrong {
            clause: "each once",
            change: "    judge::fork_task(second)",
            to: "    judge::fork_task(second)?;
    judge::fork_task(second)",
            says: "the second has run 2 times",
        },
        Wrong {
            clause: "as the caller sees it",
            change: "    judge::fork_task(second)",
            to: "    judge::fork_task(second)?;
    Ok(Pid::from_raw(3))",
            says: "does your function return the PID that",
        },
        Wrong {
            clause: "the judge looks at it while it runs",
            change: "    judge::fork_task(second)",
            to: r#"    let second = judge::fork_task(second)?;
    while !std::fs::exists("/tmp/second").unwrap() {}
    nix::sys::signal::kill(second, nix::sys::signal::Signal::SIGKILL)?;
    waitpid(second, None)?;
    Ok(second)"#,
            says: "the second has ended",
        },
    ],
    ..Exercise::NEW
};

/// Where the two tasks record that they run.
const FIRST: &str = "/tmp/first";
const SECOND: &str = "/tmp/second";

/// Checks that the answer runs two tasks, one after the other, in one new PID namespace.
pub fn unshare7(answer: fn(Task, Task) -> nix::Result<Pid>) -> ! {
    judge(|| {
        JUDGE.store(Pid::this().as_raw(), Ordering::Relaxed);
        let outside = helper_process(CloneFlags::empty(), || Ok(()))?;
        let process = run_answer(&EXERCISE, || answer(first_task, second_task))?;
        let returned = Pid::from_raw(process.output.parse().unwrap_or_default());
        until_all_wait();
        let first = called_once(FIRST, "first", returned)?;
        let second = called_once(SECOND, "second", returned)?;
        check_namespaces(&first, &second, process.pid, &link(outside.pid, "pid"))?;
        ensure(first.pid != second.pid, || {
            wrong(
                text!("each task in its own process", "두 일을 저마다 자기 프로세스에서 실행"),
                text!(
                    "your function ran both tasks in the same process",
                    "함수가 두 일을 같은 프로세스에서 실행했습니다",
                ),
                text!("how often do you fork?", "fork를 몇 번 하나요?"),
            )
        })?;
        ensure(second.note == ENDED, || {
            let first = match second.note.as_str() {
                NOT_BEGUN => text!("the first has not begun", "first가 아직 시작하지 않았습니다"),
                _ => text!(
                    "the first, PID {} in their namespace, still exists",
                    "그 namespace에서 PID가 {}인 first가 아직 있습니다",
                    first.pid,
                ),
            };
            wrong(
                text!(
                    "the second task begins after the first has ended",
                    "first가 끝난 다음 second가 시작",
                ),
                first,
                text!(
                    "which call returns when a child has ended?",
                    "자식이 끝났을 때 반환하는 시스템 콜은 무엇인가요?",
                ),
            )
        })?;
        check_returned(&second, returned)
    })
}

/// The only call of a task, by an answer that returned this PID.
fn called_once(file: &str, name: &str, returned: Pid) -> Result<Call, Finding> {
    let calls = Call::all(file);
    match <[Call; 1]>::try_from(calls) {
        Ok([call]) => Ok(call),
        Err(calls) if calls.is_empty() => Err(wrong(
            text!(
                "the second task runs after the first has ended",
                "first가 끝난 다음 second를 실행",
            ),
            text!(
                "the {name} has not run; as for the PID that was returned, {}",
                "{name}가 실행되지 않았습니다. 반환된 PID의 프로세스: {}",
                state(returned),
            ),
            match end(returned) {
                Some(Err(Signal::SIGKILL)) => {
                    text!(
                        "when PID 1 ends, the kernel kills all others in its PID namespace: which \
                         process was PID 1?",
                        "PID 1이 끝나면 커널은 그 PID namespace의 나머지를 모두 강제 종료합니다. \
                         PID 1은 어느 프로세스였나요?",
                    )
                }
                _ => text!(
                    "what does the child do that you have forked for it?",
                    "그것을 실행하려고 fork한 자식이 무엇을 하나요?",
                ),
            },
        )),
        Err(calls) => Err(wrong(
            text!("each task runs once", "두 일을 한 번씩 실행"),
            text!("the {name} has run {} times", "{name}가 {}번 실행되었습니다", calls.len()),
            text!("how often do you fork?", "fork를 몇 번 하나요?"),
        )),
    }
}

/// Checks that both tasks ran in the same PID namespace, and that it is a new one.
fn check_namespaces(
    first: &Call,
    second: &Call,
    caller: Pid,
    outside: &str,
) -> Result<(), Finding> {
    for (call, name) in [(first, "first"), (second, "second")] {
        ensure(call.namespace != outside, || {
            let (found, reason) = match call.was_by(caller) {
                true => (
                    text!(
                        "the caller itself ran it, in {outside}",
                        "호출한 프로세스 자신이 {outside}에서 실행했습니다",
                    ),
                    text!(
                        "is the namespace for the caller or for its children?",
                        "새 namespace는 호출한 프로세스의 것인가요, 그 자식들의 것인가요?",
                    ),
                ),
                false => (
                    text!(
                        "it ran in {outside}, like all processes outside",
                        "바깥의 모든 프로세스처럼 {outside}에서 실행되었습니다",
                    ),
                    text!(
                        "which call creates a PID namespace, and does that come before the fork?",
                        "PID namespace를 만드는 호출은 무엇이고, fork보다 먼저인가요?",
                    ),
                ),
            };
            wrong(
                text!(
                    "the {name} task in a new PID namespace",
                    "{name}를 새 PID namespace에서 실행",
                ),
                found,
                reason,
            )
        })?;
    }
    ensure(second.namespace == first.namespace, || {
        wrong(
            text!(
                "the second task in {}, like the first",
                "second도 first처럼 {}에서 실행",
                first.namespace,
            ),
            text!("it ran in {}", "{}에서 실행되었습니다", second.namespace),
            text!(
                "how many PID namespaces does your function create?",
                "함수가 PID namespace를 몇 개 만드나요?",
            ),
        )
    })
}

/// Checks that the answer returned the PID of the second task, which still runs.
fn check_returned(second: &Call, returned: Pid) -> Verdict {
    let state = status(returned, "State");
    let ended = state.starts_with(['Z', 'X', '(']);
    ensure(second.was_by(returned) && !ended, || {
        let alive = processes_in("pid", &second.namespace);
        let reason = match alive.iter().any(|&pid| second.was_by(pid)) {
            true => text!(
                "does your function return the PID that fork(2) gave to the caller?",
                "함수가 반환한 것이, 호출한 프로세스에서 fork(2)가 반환한 PID인가요?",
            ),
            false => text!(
                "the second has ended: what has your function done to it after the fork?",
                "second는 끝났습니다. fork한 다음 함수가 무엇을 했나요?",
            ),
        };
        wrong(
            text!(
                "the PID, outside, of PID {} in {}",
                "{1}에서 PID가 {0}인 프로세스의 바깥쪽 PID",
                second.pid,
                second.namespace,
            ),
            text!(
                "your function returned {returned}, a process in state {state}",
                "함수가 반환한 값은 {returned}, 그 프로세스의 상태는 {state}",
            ),
            reason,
        )
    })?;
    let inside = status(returned, "NSpid");
    Ok(text!(
        "the PIDs of the second task, outside and inside, are {inside}",
        "second의 PID는 바깥쪽과 안쪽에서 {inside}입니다",
    ))
}

/// What the second task notes if the first has ended, and was waited for, when it begins.
const ENDED: &str = "ended";

/// What it notes if the first has not begun.
const NOT_BEGUN: &str = "not begun";

/// The process that judges: it looks on without a pause, and so never waits.
static JUDGE: AtomicI32 = AtomicI32::new(0);

/// A slow task: it ends once its parent waits, and so does each process that is there by then.
/// One that was created for the second task has begun it, however busy the machine is.
fn first_task() {
    Call::record(FIRST, "");
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fourth field, the second after the name in parentheses (proc(5)).
    let parent = stat.rsplit(')').next().and_then(|it| it.split_whitespace().nth(1));
    if let Some(Ok(parent @ 1..)) = parent.map(str::parse) {
        until_waits(Pid::from_raw(parent));
    }
    // As /proc shows it, which is not the PID in a new namespace.
    let own = fs::read_link("/proc/self").unwrap_or_default();
    let judge = Pid::from_raw(JUDGE.load(Ordering::Relaxed));
    let others = processes().into_iter().filter(|&pid| pid != judge);
    others.filter(|pid| Path::new(&pid.to_string()) != own).for_each(until_waits);
}

/// A task that stays to be looked at.
fn second_task() {
    let first = Call::all(FIRST).first().and_then(|call| call.pid.parse().ok());
    let note = match first.map(|pid| kill(Pid::from_raw(pid), None)) {
        None => NOT_BEGUN,
        Some(Err(Errno::ESRCH)) => ENDED,
        Some(_) => "exists",
    };
    Call::record(SECOND, note);
    loop {
        pause();
    }
}
