//! Asks a child and its parent the same questions, and prints the answers side by side.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};

use anyhow::{Context, Result};
use colored::Colorize;
use nix::sched::CloneFlags;
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe};
use step_support::error::errno;
use step_support::handshake::{self, wait_for_enter};
use step_support::status::wait_for_child;
use step_support::{Hint, print, refusal};

/// The kind of namespace that a question is about, the question, and how a process finds the
/// answer. The PID is the child's.
pub type Question = (CloneFlags, &'static str, fn(Pid) -> String);

/// What a call has returned, as an answer: its result or its errno.
pub fn answer(result: Result<impl Display, impl Into<io::Error>>) -> String {
    result.map_or_else(|it| format!("{:?}", errno(&it.into())), |it| it.to_string())
}

/// Creates a child that calls `prepare` and then answers (`fork(2)`), prints its answers
/// beside the parent's, and keeps it alive until Enter. `commands` is what the reader can
/// type until then. Returns the child's exit status.
pub fn child_with_parent(
    prepare: impl FnOnce() -> Result<()>,
    questions: &[Question],
    commands: impl FnOnce(Pid) -> String,
) -> Result<u8> {
    let (parent_side, child_side) = handshake::pair()?;
    let (answers, childs_end) = pipe().context("pipe()")?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    let child = match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Child => {
            drop(parent_side); // this copy would hide the parent's end from wait()
            child_side.die_with_parent()?;
            prepare()?;
            let found: Vec<_> = questions.iter().map(|(.., find)| find(getpid())).collect();
            let mut answers = File::from(childs_end);
            answers.write_all(found.join("\n").as_bytes()).context("write(pipe)")?;
            drop(answers); // the parent reads to the end
            child_side.wait();
            return Ok(0);
        }
        ForkResult::Parent { child } => child,
    };
    drop((child_side, childs_end)); // or the answers would have no end

    print(&format!("PID of child created by fork() is {child}"))?;
    let childs = io::read_to_string(File::from(answers)).context("read(pipe)")?;
    if !childs.is_empty() {
        print(&format!("{:<24}{:<22} in parent", "", "in child"))?;
        for ((_, question, find), childs) in questions.iter().zip(childs.lines()) {
            print(&format!("{question:<24}{:<22} {}", childs.green(), find(child)))?;
        }
        wait_for_enter(&parent_side, &commands(child))?;
    }
    drop(parent_side);
    wait_for_child(child)
}
