//! The caller is user 1000 of a new user namespace. It has all capabilities there,
//! but none of its programs will: when an ordinary user starts a program whose file
//! adds nothing, execve(2) keeps only the ambient set. prctl(PR_CAP_AMBIENT,
//! PR_CAP_AMBIENT_RAISE, …) adds a capability to it.
//!
//! Let the programs that the caller starts afterwards have CAP_NET_BIND_SERVICE and
//! no other capability.
//!
//! Manual: capabilities(7), capset(2), prctl(2)

use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    let one = 1 << CAP_NET_BIND_SERVICE;
    // TODO: Which set does execve(2) keep when an ordinary user starts a program?
    capset(one, one, 0)
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
    judge::privilege2(keep_one)
}
