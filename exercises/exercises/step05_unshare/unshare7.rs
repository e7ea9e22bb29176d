//! The first child in a new PID namespace becomes PID 1, its init. When PID 1 ends,
//! the kernel shuts the namespace down: every later fork(2) fails with ENOMEM.
//! `first` returns, `second` does not.
//!
//! In one new PID namespace, run `first` and, after it has ended, `second`, each
//! once and in its own process. Return the PID of the second as the caller sees it.
//! Do not wait for the second: the judge looks at it while it runs.
//!
//! Manual: pid_namespaces(7)

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
