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
    let of_a = fs::metadata(format!("/proc/{a}/ns"))?;
    let of_b = fs::metadata(format!("/proc/{b}/ns"))?;
    // TODO: Compare what identifies the namespace of this kind.
    Ok(of_a.is_dir() == of_b.is_dir() && !kind.is_empty())
}

fn main() {
    judge::links2(share)
}
