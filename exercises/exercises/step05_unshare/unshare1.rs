//! In a new user namespace everybody is nobody until somebody says who is who:
//! /proc/self/uid_map and gid_map, a line "inside outside count" each.
//!
//! Move the caller, who has no capabilities, into a new user namespace, and make
//! it root there: uid 0 and gid 0.
//!
//! Manual: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER)?;
    // TODO: Whose IDs are these, here and now?
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {} 1", geteuid()))?;
    fs::write("/proc/self/gid_map", format!("0 {} 1", getegid()))
}

fn main() {
    judge::unshare1(become_root)
}
