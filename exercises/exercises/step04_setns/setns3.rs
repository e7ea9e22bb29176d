//! A namespace disappears with its last process, unless something else refers to
//! it. An open file is enough, and needs no privilege.
//!
//! Return an open file that keeps the UTS namespace of the process with this PID
//! alive. When the judge looks, that process will have ended. Leave nothing else
//! behind: no process, no mount, no other descriptor of the namespace.
//!
//! Manual: namespaces(7): Namespace lifetime

use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    // TODO: This directory disappears with the process. What does not?
    File::open(format!("/proc/{pid}/ns"))
}

fn main() -> ! {
    judge::setns3(keep_alive)
}
