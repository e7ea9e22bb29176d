//! Groups can deny: with mode 0604, members of the file's group are kept from what
//! all others may read. Whoever can call setgroups(2) can leave the group. So an
//! ordinary user may write gid_map only after "deny" was written to setgroups, also
//! in /proc/self. (The judge's own sandbox has denied it, so here the kernel does
//! not insist. The judge does.)
//!
//! Move the caller, an ordinary user, into a new user namespace and make it uid 0
//! and gid 0 there. Deny setgroups(2) there before you write gid_map. All other
//! namespaces of the caller stay the same.
//!
//! Manual: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    // TODO: What has to come before this?
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare2(become_root)
}
