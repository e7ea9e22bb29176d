//! A namespace disappears with its last process, unless something else refers to
//! it. A bind mount is one way. An open file is another, and needs no privilege.
//!
//! Return an open file that keeps the UTS namespace of this process alive. The
//! process will have ended when the judge looks. Leave nothing else behind: no
//! mount, no process.
//!
//! Manual: namespaces(7), under "Namespace lifetime"

use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep_alive(pid: Pid) -> io::Result<File> {
    // TODO: This directory disappears with the process. What does not?
    File::open(format!("/proc/{pid}/ns"))
}

fn main() -> ! {
    judge::setns5(keep_alive)
}
