//! clone(2) creates processes. The child starts in a function, on a stack that its
//! parent provides.
//!
//! Create one child, which runs `child`. It shares all namespaces with its parent.
//! When it ends, the kernel sends its parent the signal that waitpid(2) relies on.
//! Return the child's PID.
//!
//! Manual: clone(2)

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

fn create_child(child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let flags = CloneFlags::empty();
    let signal = Some(Signal::SIGCHLD as i32);
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, signal) }
}

fn main() -> ! {
    judge::clone1(create_child)
}
