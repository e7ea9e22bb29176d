//! An answer that is PID 1 of a PID namespace, and the children that it has there.

use std::fmt::Display;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::exercise::Exercise;
use crate::language::{CHECK_MACHINE, text};
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
            text!("unshare(CLONE_NEWPID) in the judge", "채점 프로그램의 unshare(CLONE_NEWPID)"),
            errno,
            CHECK_MACHINE,
        )
    })?;
    run_answer(exercise, answer)
}

/// Checks that the service ran once, and not in PID 1 itself.
pub fn check_one_call(name: &str, calls: &[Call]) -> Result<(), Finding> {
    let name = name.rsplit('/').next().unwrap_or_default();
    ensure(calls.iter().all(|call| call.pid != "1"), || {
        wrong(
            text!("the {name} in a child of PID 1", "PID 1의 자식에서 {name}를 실행"),
            text!("PID 1 itself has run the {name}", "PID 1 자신이 {name}를 실행했습니다"),
            text!(
                "parentheses call a function at once: in which process?",
                "괄호를 붙이면 함수를 그 자리에서 호출합니다. 어느 프로세스에서 호출하나요?",
            ),
        )
    })?;
    ensure(calls.len() == 1, || {
        let found = match calls.len() {
            0 => text!("the {name} has not run", "{name}가 실행되지 않았습니다"),
            times => {
                text!("the {name} has run {times} times", "{name}가 {times}번 실행되었습니다")
            }
        };
        wrong(
            text!("the {name} runs once", "{name}를 한 번 실행"),
            found,
            text!(
                "what does the child do that you have forked for it?",
                "그것을 실행하려고 fork한 자식이 무엇을 하나요?",
            ),
        )
    })
}

/// Checks that PID 1 has reaped all its children.
pub fn check_no_child(init: Pid) -> Result<(), Finding> {
    let children: Vec<_> = children_of(init).into_iter().map(Pid::from_raw).collect();
    let Some(&child) = children.first() else { return Ok(()) };
    let zombies = children.iter().filter(|&&child| end(child).is_some()).count();
    Err(wrong(
        text!("no child of PID 1 is left", "PID 1의 자식이 남지 않음"),
        text!(
            "{} left, of which {zombies} are zombies; PIDs of the first are {}: {}",
            "{}개 남았고, 그 가운데 좀비가 {zombies}개입니다. 첫 번째의 PID들은 {}. {}",
            children.len(),
            status(child, "NSpid"),
            state(child),
        ),
        text!(
            "which children does waitpid(2) wait for, and how do you learn that none is left?",
            "waitpid(2)는 어느 자식을 기다리고, 하나도 남지 않은 것은 어떻게 아나요?",
        ),
    ))
}

/// Whether a signal is in a set of signals of a process (`/proc/PID/status`).
pub fn has_signal(pid: Pid, set: &str, signal: Signal) -> bool {
    let set = u64::from_str_radix(&status(pid, set), 16).unwrap_or_default();
    set & (1 << (signal as i32 - 1)) != 0
}
