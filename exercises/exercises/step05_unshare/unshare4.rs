//! /proc/PID/ns has two links for PID namespaces: pid is the one of the process,
//! pid_for_children the one in which its next child will be created.
//!
//! Predict which links of the caller will be the Same as before, and which
//! Different. The caller calls unshare(2) with CLONE_NEWPID and no other flag.
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
    judge::unshare4(GUESSES, unshare_pid)
}
