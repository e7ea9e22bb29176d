//! PID 1 of a PID namespace.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, pause};

use crate::exercise::{Exercise, Wrong};
use crate::observe::child::{end, state};
use crate::observe::leftovers::processes;
use crate::observe::tasks::{Call, until_all_wait, until_waits};
use crate::process::{Task, helper_process, link, processes_in, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, Verdict, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
The first child in a new PID namespace becomes PID 1, its init. When PID 1 ends,
the kernel shuts the namespace down: every later fork(2) fails with ENOMEM.
`first` returns, `second` does not.",
    task: "
In one new PID namespace, run `first` and, after it has ended, `second`, each
once and in its own process. Return the PID of the second as the caller sees it.
Do not wait for the second: the judge looks at it while it runs.",
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
        "What must be true of PID 1 when you call fork(2) for the second time?",
        "It must be alive. Make the first child a process that stays alive (the init), and run both tasks in two more children.",
        "judge::fork_child(|| {
    loop {
        pause();
    }
})?;",
    ],
    errors: &[
        (
            "ENOMEM",
            "fork(2) fails with this in a PID namespace whose PID 1 has died: which process was \
             PID 1, and could another one be it?",
        ),
        (
            "EINVAL",
            "the caller has a new PID namespace for its children already: how many PID namespaces \
             does your function create?",
        ),
        (
            "ECHILD",
            "only the parent can wait for a child: which process created the one that you wait for?",
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
                "each task in its own process",
                "your function ran both tasks in the same process",
                "how often do you fork?",
            )
        })?;
        ensure(second.note == ENDED, || {
            wrong(
                "the second task begins after the first has ended",
                format!("the first, PID {} in their namespace, {}", first.pid, second.note),
                "which call returns when a child has ended?",
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
            "the second task runs after the first has ended",
            format!(
                "the {name} has not run; as for the PID that was returned, {}",
                state(returned)
            ),
            match end(returned) {
                Some(Err(Signal::SIGKILL)) => {
                    "when PID 1 ends, the kernel kills all others in its PID namespace: which \
                     process was PID 1?"
                }
                _ => "what does the child do that you fork for it?",
            },
        )),
        Err(calls) => Err(wrong(
            "each task runs once",
            format!("the {name} has run {} times", calls.len()),
            "how often do you fork?",
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
                    format!("the caller itself ran it, in {outside}"),
                    "is the namespace for the caller or for its children?",
                ),
                false => (
                    format!("it ran in {outside}, like all processes outside"),
                    "which call creates a PID namespace, and does that come before the fork?",
                ),
            };
            wrong(format!("the {name} task in a new PID namespace"), found, reason)
        })?;
    }
    ensure(second.namespace == first.namespace, || {
        wrong(
            format!("the second task in {}, like the first", first.namespace),
            format!("it ran in {}", second.namespace),
            "how many PID namespaces does your function create?",
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
            true => "does your function return the PID that fork(2) gave to the caller?",
            false => "the second has ended: what has your function done to it after the fork?",
        };
        wrong(
            format!("the PID, outside, of PID {} in {}", second.pid, second.namespace),
            format!("your function returned {returned}, a process in state {state}"),
            reason,
        )
    })?;
    let inside = status(returned, "NSpid");
    Ok(format!("the PIDs of the second task, outside and inside, are {inside}"))
}

/// What the second task notes if the first has ended, and was waited for, when it begins.
const ENDED: &str = "has ended";

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
        None => "has not begun",
        Some(Err(Errno::ESRCH)) => ENDED,
        Some(_) => "still exists",
    };
    Call::record(SECOND, note);
    loop {
        pause();
    }
}
