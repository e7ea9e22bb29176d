//! A server that is root only for port 80 needs one capability. For the programs
//! that root starts, execve(2) computes the permitted and the effective set: they
//! are the bounding set and what is inheritable. (In the judge's sandbox,
//! no_new_privs is set, and it adds a condition. The judge looks at the sets.)
//!
//! Leave the caller, who is root, CAP_NET_BIND_SERVICE and no other capability,
//! whatever program it starts later.
//!
//! Manual: capabilities(7), capset(2), prctl(2)

use std::io;

const CAP_NET_BIND_SERVICE: libc::c_ulong = 10;

fn keep_one() -> io::Result<()> {
    // TODO: From which set does execve(2) give everything back to root?
    capset(1 << CAP_NET_BIND_SERVICE)
}

/// Changes the effective and the permitted set, and empties the inheritable one (capset(2)).
fn capset(set: u64) -> io::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // version 3, the caller
    let (low, high) = (set as u32, (set >> 32) as u32);
    let sets = [low, low, 0, high, high, 0];
    // SAFETY: header and sets have the size of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn main() -> ! {
    judge::privilege1(keep_one)
}
