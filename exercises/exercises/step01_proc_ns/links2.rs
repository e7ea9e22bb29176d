//! The links in /proc/PID/ns tell whether two processes share a namespace.
//!
//! Return whether processes `a` and `b` share the namespace of this kind: "uts",
//! "net", or another name of a link.
//!
//! Manual: namespaces(7)

use std::fs;
use std::io;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::symlink_metadata(format!("/proc/{a}/ns/{kind}"))?;
    let of_b = fs::symlink_metadata(format!("/proc/{b}/ns/{kind}"))?;
    // TODO: Both are links. Compare what they lead to.
    Ok(of_a.is_symlink() == of_b.is_symlink())
}

fn main() -> ! {
    judge::links2(share_namespace)
}
