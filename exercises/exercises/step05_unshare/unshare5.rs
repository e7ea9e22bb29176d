//! A process has a PID in its own PID namespace and in each one around it: NSpid in
//! /proc/PID/status lists them, from the outside in. `child` never returns.
//!
//! Run `child` in two processes of one new PID namespace. Return their PIDs as the
//! caller sees them, the older process first. Predict which PIDs they see
//! themselves.
//!
//! Manual: pid_namespaces(7), getpid(2), fork(2)

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

/// What getpid(2) returns in the two processes.
const GUESSES: [i32; 2] = [0, 0]; // TODO: Predict them.

fn run_two(child: fn()) -> nix::Result<[Pid; 2]> {
    // TODO: In which PID namespace are they created?
    unshare(CloneFlags::empty())?;
    let first = judge::fork_task(child)?;
    let second = judge::fork_task(child)?;
    Ok([first, second])
}

fn main() -> ! {
    judge::unshare5(GUESSES, run_two)
}
