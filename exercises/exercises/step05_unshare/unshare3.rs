//! Predict, then run. The caller calls unshare(CLONE_NEWPID). Which of its links in
//! /proc/PID/ns will be the Same as before, and which Different?
//!
//! Manual: pid_namespaces(7), unshare(2)

use judge::Guess;
use nix::sched::{CloneFlags, unshare};

const GUESSES: [(&str, Guess); 3] = [
    // TODO: Guess::Same or Guess::Different?
    ("pid", Guess::Unknown),
    ("pid_for_children", Guess::Unknown),
    ("uts", Guess::Unknown),
];

fn unshare_pid() -> nix::Result<()> {
    // TODO: Which flag creates a PID namespace?
    unshare(CloneFlags::empty())
}

fn main() -> ! {
    judge::unshare3(GUESSES, unshare_pid)
}
