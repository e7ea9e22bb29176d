//! You are an ordinary user without capabilities. A process was created in a new
//! user namespace, which you own, and in a new UTS namespace. Joining only the UTS
//! namespace fails with EPERM.
//!
//! Join both. Why does the order matter?
//!
//! Manual: user_namespaces(7), setns(2)

use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let user = File::open(format!("/proc/{pid}/ns/user"))?;
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(join)
}
