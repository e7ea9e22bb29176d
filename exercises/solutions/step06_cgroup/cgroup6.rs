//! A process that is moved into a cgroup has used memory and time before, outside of
//! the limits. Since Linux 5.7 clone3(2) can create a child in a cgroup of version 2:
//! it is inside from its first instruction. (On v1 there is no such way.)
//!
//! Create a child process in the cgroup `dir` that is born there: nobody writes to
//! cgroup.procs. It stays alive. Return its PID.
//!
//! Manual: clone(2): The clone3() system call

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

use judge::CloneArgs;
use nix::unistd::{ForkResult, Pid, pause};

/// As in `<linux/sched.h>`; libc has it as an int, which is too small for it.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

fn born_in(dir: &Path) -> io::Result<Pid> {
    let dir = File::open(dir)?;
    let args = CloneArgs {
        flags: CLONE_INTO_CGROUP,
        exit_signal: libc::SIGCHLD as u64,
        cgroup: dir.as_raw_fd() as u64,
        ..CloneArgs::default()
    };
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
