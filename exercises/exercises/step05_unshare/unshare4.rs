//! The first child in a new PID namespace is its PID 1, its init. When it ends,
//! the kernel ends the namespace: every later fork(2) fails with ENOMEM.
//!
//! In one new PID namespace, run `first` and, after it is over, `second`, each in
//! a process of its own. Return the PID of the second, as the caller sees it.
//!
//! Manual: pid_namespaces(7)

use std::process::exit;

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause};

fn both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    // TODO: Who is PID 1, and for how long?
    let first = child(first)?;
    waitpid(first, None)?;
    child(second)
}

fn child(task: fn()) -> nix::Result<Pid> {
    // SAFETY: there is one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            task();
            exit(0)
        }
    }
}

#[expect(dead_code, reason = "an idea")]
fn stay() {
    loop {
        pause();
    }
}

fn main() {
    judge::unshare4(both)
}
