//! Predict, then run. The caller calls unshare(CLONE_NEWPID). Which of its links in
//! /proc/PID/ns will be the Same as before, and which Different?
//!
//! Manual: pid_namespaces(7), unshare(2)

use judge::Guess;
use nix::sched::{CloneFlags, unshare};

const GUESSES: [(&str, Guess); 3] =
    [("pid", Guess::Same), ("pid_for_children", Guess::Different), ("uts", Guess::Same)];

fn unshare_pid() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWPID)
}

fn main() -> ! {
    judge::unshare3(GUESSES, unshare_pid)
}
