//! Two processes share a namespace when the kernel says that it is one and the
//! same. How does it say that?
//!
//! Return whether `a` and `b` share the namespace of the kind: "uts", "net", …
//!
//! Manual: namespaces(7)

use std::fs;
use std::io;

use nix::unistd::Pid;

fn share(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::read_link(format!("/proc/{a}/ns/{kind}"))?;
    let of_b = fs::read_link(format!("/proc/{b}/ns/{kind}"))?;
    Ok(of_a == of_b)
}

fn main() {
    judge::links2(share)
}
