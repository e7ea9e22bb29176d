//! A namespace exists as long as something refers to it: a process in it, an open
//! descriptor, or a bind mount.
//!
//! Keep the UTS namespace of the process with this PID alive with a bind mount at
//! `file`, which does not exist yet. The process will have ended when the judge
//! looks.
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
    judge::setns3(keep_alive)
}
