//! A new user namespace maps no IDs, so every user appears in it as "nobody". Each
//! line of /proc/self/uid_map and gid_map maps IDs: "inside outside count".
//!
//! Move the caller, who has no capabilities, into a new user namespace and make it
//! root there: uid 0 and gid 0.
//!
//! Manual: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};

fn become_root() -> io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}

fn main() -> ! {
    judge::unshare1(become_root)
}
