//! Predict, then run. In the judge's sandbox you are root in its user namespace and
//! have all capabilities, so you do not need CLONE_NEWUSER.
//!
//! Create one child in a new UTS and a new IPC namespace, and in no other new one.
//! It runs `child`. Return its PID. Before you run it, write into GUESSES for each
//! kind whether the link in /proc/PID/ns will be the Same for the child as for its
//! parent, or Different.
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

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Which flags create the two namespaces?
    let flags = CloneFlags::empty();
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone2(GUESSES, create_child)
}
