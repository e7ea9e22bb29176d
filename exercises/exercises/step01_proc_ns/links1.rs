//! The kernel shows the namespaces of a process as links: /proc/PID/ns/uts, and
//! one for each other kind. Such a link points to no file: what it points to is
//! a text, the kind and a number.
//!
//! Return that text for the UTS namespace of the process with this PID.
//!
//! Manual: namespaces(7), readlink(2)

use std::fs;
use std::io;

use nix::unistd::Pid;

fn uts_of(pid: Pid) -> io::Result<String> {
    // TODO: Read the link itself, and that of the right process.
    fs::read_to_string(format!("/proc/{pid}/comm"))
}

fn main() {
    judge::links1(uts_of)
}
