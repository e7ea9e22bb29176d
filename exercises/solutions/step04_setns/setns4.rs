//! An open file keeps a namespace alive as long as a process has it open. A bind
//! mount needs no process at all: `ip netns add` keeps network namespaces so. Here
//! you have CAP_SYS_ADMIN, and `file` does not exist yet.
//!
//! Keep the UTS namespace of the process with this PID alive with a bind mount at
//! `file`. When the judge looks, that process and the caller have ended. Leave no
//! other process behind.
//!
//! Manual: namespaces(7), mount(2)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep_alive(pid: Pid, file: &Path) -> io::Result<()> {
    let namespace = format!("/proc/{pid}/ns/uts");
    fs::write(file, "")?;
    mount(Some(namespace.as_str()), file, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    Ok(())
}

fn main() -> ! {
    judge::setns4(keep_alive)
}
