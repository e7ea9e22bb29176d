//! Predict, then run. Your function runs without capabilities, as a program of an
//! ordinary user does.
//!
//! Write down which error clone(CLONE_NEWUTS) returns to it. Then create one child
//! in a new UTS namespace all the same: besides a new user namespace, it needs no
//! other new one. The caller stays in its namespaces. The child runs `child`.
//! Return its PID.
//!
//! Manual: clone(2), user_namespaces(7)

use nix::errno::Errno;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

const GUESS: Errno = Errno::EPERM;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::clone4(GUESS, create_child)
}
