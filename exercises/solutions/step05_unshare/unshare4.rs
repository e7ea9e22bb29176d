//! /proc/PID/ns has two links for PID namespaces: pid is the one of the process,
//! pid_for_children the one in which its next child will be created.
//!
//! Predict which links of the caller will be the Same as before, and which
//! Different. The caller calls unshare(2) with CLONE_NEWPID and no other flag.
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
    judge::unshare4(GUESSES, unshare_pid)
}
