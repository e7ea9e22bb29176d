//! An answer that is PID 1 of a PID namespace, and the children that it has there.

use std::fmt::Display;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::exercise::Exercise;
use crate::observe::child::{children_of, end, state};
use crate::observe::tasks::Call;
use crate::process::{Process, run_answer, status};
use crate::verdict::{Finding, ensure, unavailable, wrong};

/// Runs the answer in PID 1 of a new PID namespace, which then stays alive to be looked at.
/// The judge has no children afterwards that are in its own PID namespace.
pub fn run_as_pid_1<T: Display, E: Into<io::Error>>(
    exercise: &Exercise,
    answer: impl FnOnce() -> Result<T, E>,
) -> Result<Process, Finding> {
    unshare(CloneFlags::CLONE_NEWPID).map_err(|errno| {
        unavailable(
            "unshare(CLONE_NEWPID) in the judge",
            errno,
            "To check this machine, run: (cd .. && cargo run -p step00-doctor)",
        )
    })?;
    run_answer(exercise, answer)
}

/// Checks that the service ran once, and not in PID 1 itself.
pub fn check_one_call(name: &str, calls: &[Call]) -> Result<(), Finding> {
    let name = name.rsplit('/').next().unwrap_or_default();
    ensure(calls.iter().all(|call| call.pid != "1"), || {
        wrong(
            format!("the {name} in a child of PID 1"),
            format!("PID 1 itself has run the {name}"),
            "parentheses call a function at once: in which process?",
        )
    })?;
    ensure(calls.len() == 1, || {
        let found = match calls.len() {
            0 => format!("the {name} has not run"),
            times => format!("the {name} has run {times} times"),
        };
        wrong(
            format!("the {name} runs once"),
            found,
            "what does the child do that you fork for it?",
        )
    })
}

/// Checks that PID 1 has reaped all its children.
pub fn check_no_child(init: Pid) -> Result<(), Finding> {
    let children: Vec<_> = children_of(init).into_iter().map(Pid::from_raw).collect();
    let Some(&child) = children.first() else { return Ok(()) };
    let zombies = children.iter().filter(|&&child| end(child).is_some()).count();
    Err(wrong(
        "no child of PID 1 is left",
        format!(
            "{} left, of which {zombies} are zombies; PIDs of the first are {}: {}",
            children.len(),
            status(child, "NSpid"),
            state(child)
        ),
        "which children does waitpid(2) wait for, and how do you learn that none is left?",
    ))
}

/// Whether a signal is in a set of signals of a process (`/proc/PID/status`).
pub fn has_signal(pid: Pid, set: &str, signal: Signal) -> bool {
    let set = u64::from_str_radix(&status(pid, set), 16).unwrap_or_default();
    set & (1 << (signal as i32 - 1)) != 0
}
