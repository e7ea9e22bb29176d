//! How can you tell from the links in /proc/PID/ns that two processes share a
//! namespace?
//!
//! Return whether `a` and `b` share the namespace of this kind: "uts", "net", …
//!
//! Manual: namespaces(7)

use std::fs;
use std::io;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::metadata(format!("/proc/{a}/ns"))?;
    let of_b = fs::metadata(format!("/proc/{b}/ns"))?;
    // TODO: Compare what identifies the namespace.
    Ok(of_a.is_dir() == of_b.is_dir() && !kind.is_empty())
}

fn main() -> ! {
    judge::links2(share_namespace)
}
