//! The caller is root in a user namespace, and is about to become the program of a
//! container. Whoever started it has left files open, a directory of the host among
//! them (CVE-2024-21626 in runc), and has made capabilities inheritable and
//! ambient. `keep` has the numbers of the capabilities that the container needs.
//! Some are above 31: sets have 64 bits, and capset(2) takes them in two halves.
//!
//! Leave the caller the capabilities in `keep`, and no others, in its effective,
//! its permitted and its bounding set. Its inheritable and its ambient set are
//! empty. Of its descriptors only 0, 1 and 2 are open.
//!
//! Manual: capabilities(7), capset(2), prctl(2), close_range(2)

use std::io;

fn give_up(keep: &[u32]) -> io::Result<()> {
    let kept = keep.iter().fold(0, |set, number| set | 1 << number);
    // TODO: What else gives capabilities to a program of root, and what leads out by itself?
    capset(kept, kept, 0)
}

/// Changes the effective, the permitted and the inheritable set of the caller (capset(2)).
fn capset(effective: u64, permitted: u64, inheritable: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let three = [effective, permitted, inheritable];
    let (low, high) = (three.map(|set| set as u32), three.map(|set| (set >> 32) as u32));
    let sets = [low, high];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::container7(give_up)
}
