//! A namespace goes with its last process, unless something else holds it. A bind
//! mount is one such thing; a file that is open is another, and needs no rights.
//!
//! Return a file that keeps the UTS namespace of this process, which will have
//! ended when the judge goes there. Leave nothing else behind: no mount, no process.
//!
//! Manual: namespaces(7), under "Namespace lifetime"

use std::fs::File;
use std::io;

use nix::unistd::Pid;

fn keep(pid: Pid) -> io::Result<File> {
    File::open(format!("/proc/{pid}/ns/uts"))
}

fn main() {
    judge::setns5(keep)
}
