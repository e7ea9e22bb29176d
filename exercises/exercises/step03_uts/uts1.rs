//! The hostname belongs to a UTS namespace, not to the machine: sethostname(2)
//! changes that of its caller. In the judge's sandbox you are root in its user
//! namespace and have all capabilities, so you do not need CLONE_NEWUSER.
//!
//! Create one child in a new UTS namespace, and in no other new one. Its hostname
//! is `name` when it begins to run `child`, and stays so. The hostname of all other
//! processes stays the same. Return the child's PID.
//!
//! Manual: uts_namespaces(7), clone(2), sethostname(2)

use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn create_child(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Whose hostname does this set?
    let main = || match sethostname(name) {
        Ok(()) => child(),
        Err(_) => 1,
    };
    let flags = CloneFlags::empty();
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(main), &mut stack, flags, Some(Signal::SIGCHLD as i32)) }
}

fn main() -> ! {
    judge::uts1(create_child)
}
