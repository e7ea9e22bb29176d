//! The kernel shows the namespaces of a process as symbolic links: /proc/PID/ns/uts
//! and one more for each other kind. Such a link does not name a file. Its target
//! is a text: the kind and a number.
//!
//! Return that text for the UTS namespace of process `pid`.
//!
//! Manual: namespaces(7), readlink(2)

use std::fs;
use std::io;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    // TODO: Read the link instead of a file.
    fs::read_to_string(format!("/proc/{pid}/comm"))
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
