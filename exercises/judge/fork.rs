//! Forking, for answers whose lesson is something else.

use std::process::exit;

use nix::unistd::{ForkResult, Pid, fork};

use crate::language::text;

/// Creates a child process (`fork(2)`) that calls `run` and then exits. Returns its PID as
/// the caller sees it.
pub fn fork_child(run: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    // SAFETY: an answer that uses this has one thread, so the child may allocate and print.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => match run() {
            Ok(()) => exit(0),
            Err(errno) => {
                eprintln!("{}", text!("in the child: {errno}", "자식에서: {errno}"));
                exit(1)
            }
        },
    }
}

/// Creates a child process that calls `task` and then exits. Returns its PID as the caller
/// sees it.
pub fn fork_task(task: impl FnOnce()) -> nix::Result<Pid> {
    fork_child(|| {
        task();
        Ok(())
    })
}
