//! A new user namespace maps no IDs, so every user appears in it as 65534, "nobody".
//! /proc/self/uid_map maps them, with a line "inside outside count". The caller is
//! an ordinary user without capabilities: such a user may map only its own uid.
//!
//! Move the caller into a new user namespace and make it uid 0 there. All other
//! namespaces of the caller stay the same.
//!
//! Manual: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::geteuid;

fn become_root() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    // TODO: Which ID does geteuid() return at this point?
    fs::write("/proc/self/uid_map", format!("0 {} 1", geteuid()))
}

fn main() -> ! {
    judge::unshare1(become_root)
}
