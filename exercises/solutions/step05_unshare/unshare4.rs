//! The first child in a new PID namespace becomes PID 1, its init. When PID 1 ends,
//! the kernel shuts the namespace down: every later fork(2) fails with ENOMEM.
//!
//! In one new PID namespace, run `first` and, after it has ended, `second`, each in
//! its own process. Return the PID of the second as the caller sees it. Do not wait
//! for the second: the judge looks at it while it runs.
//!
//! Manual: pid_namespaces(7)

use std::process::exit;

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause};

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;
    fork_child(second)
}

fn fork_child(task: fn()) -> nix::Result<Pid> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            task();
            exit(0)
        }
    }
}

fn init() {
    loop {
        pause();
    }
}

fn main() -> ! {
    judge::unshare4(run_both)
}
