//! Predict, then run. A child is to have a UTS and an IPC namespace of its own.
//! Compared with its parent, which of its links in /proc/PID/ns will be the Same,
//! and which Different? Write it down before the kernel tells you.
//!
//! Then ask clone(2) for that child.
//!
//! Manual: clone(2), namespaces(7)

use judge::Guess;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESSES: [(&str, Guess); 6] = [
    // TODO: Guess::Same or Guess::Different?
    ("ipc", Guess::Unknown),
    ("mnt", Guess::Unknown),
    ("net", Guess::Unknown),
    ("pid", Guess::Unknown),
    ("user", Guess::Unknown),
    ("uts", Guess::Unknown),
];

fn born(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Ask for the two new namespaces.
    let flags = CloneFlags::empty();
    // SAFETY: the child has a copy of this memory, and there is one thread.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() {
    judge::clone2(GUESSES, born)
}
