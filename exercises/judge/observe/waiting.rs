//! What another process waits for.

use std::fs;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::observe::tasks::until_waits;
use crate::process::status;

/// The number of the system call in which a process sleeps (`/proc/PID/syscall`).
pub fn sleeps_in(pid: Pid) -> Option<libc::c_long> {
    // A process that is running may be on its way into the call, or out of it.
    let asleep = status(pid, "State").starts_with('S');
    let text = fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?;
    let number = text.split(' ').next()?.parse().ok()?;
    (asleep && number >= 0).then_some(number)
}

/// Waits until the condition holds, but not longer than `limit`. Whether it holds.
pub fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while !condition() {
        if begin.elapsed() > limit {
            return false;
        }
        yield_now();
    }
    true
}

/// Returns when a process sleeps in a system call, and whether it does: one that has not slept
/// for half a second looks again and again.
pub fn until_sleeps(pid: Pid) -> bool {
    until_waits(pid);
    // On its way into a call and out of it, its State is already or still that of a sleeper.
    wait_until(Duration::from_millis(500), || sleeps_in(pid).is_some())
}
