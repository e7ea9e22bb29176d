//! A new UTS namespace begins with a copy of the names in that of its creator. From
//! then on the two have nothing to do with each other.
//!
//! Give the caller the hostname `name`. Create one child in a new UTS namespace,
//! and in no other new one. It runs `child`, and sees the caller's old hostname.
//! The caller stays in its namespaces. Return the child's PID.
//!
//! Manual: uts_namespaces(7), clone(2), sethostname(2)

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Which name does the child see?
    sethostname(name)?;
    let (flags, signal) = (CloneFlags::CLONE_NEWUTS, Some(Signal::SIGCHLD as i32));
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, signal) }
}

fn main() -> ! {
    judge::uts3(rename)
}
