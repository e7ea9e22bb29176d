//! A process that is moved into a cgroup has used memory and time before, outside of
//! the limits. Since Linux 5.7 clone3(2) can create a child in a cgroup of version 2:
//! it is inside from its first instruction. (On v1 there is no such way.)
//!
//! Create a child process in the cgroup `dir` that is born there: nobody writes to
//! cgroup.procs. It stays alive. Return its PID.
//!
//! Manual: clone(2): The clone3() system call

use std::io;
use std::path::Path;

use judge::CloneArgs;
use nix::unistd::{ForkResult, Pid, pause};

fn born_in(dir: &Path) -> io::Result<Pid> {
    // TODO: Which flag, and a descriptor of what?
    let args = CloneArgs { exit_signal: libc::SIGCHLD as u64, ..CloneArgs::default() };
    let _ = dir;
    // SAFETY: one thread; without CLONE_VM the child has a copy of this memory.
    match unsafe { args.clone3() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => loop {
            pause();
        },
    }
}

fn main() -> ! {
    judge::cgroup6(born_in)
}
