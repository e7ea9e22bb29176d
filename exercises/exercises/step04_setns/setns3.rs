//! A namespace lives as long as somebody uses it: a process in it, an open
//! descriptor, or a bind mount.
//!
//! Keep the UTS namespace of the process with this PID alive, behind `file`. The
//! process will end before anybody looks.
//!
//! Manual: namespaces(7), mount(2)

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::unistd::Pid;

fn keep(pid: Pid, file: &Path) -> io::Result<()> {
    let door = format!("/proc/{pid}/ns/uts");
    // TODO: This copies the text of the link. What keeps the namespace?
    fs::write(file, fs::read_link(door)?.to_string_lossy().as_bytes())?;
    mount(None::<&str>, file, None::<&str>, MsFlags::empty(), None::<&str>)?;
    Ok(())
}

fn main() {
    judge::setns3(keep)
}
