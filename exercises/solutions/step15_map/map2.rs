//! A namespace keeps the one that owns it alive, and a user namespace is owned by
//! its parent. The caller is an ordinary user without capabilities. In
//! a user namespace without a map for its IDs it could not create another one, so
//! the program below already writes the maps.
//!
//! Move the caller into a new user namespace whose parent is a new one, too. No
//! process is in the parent, and no descriptor refers to it. All other namespaces
//! of the caller stay the same.
//!
//! Manual: user_namespaces(7)

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

fn nobody_home() -> io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("0 {gid} 1"))?;
    Ok(unshare(CloneFlags::CLONE_NEWUSER)?)
}

fn main() -> ! {
    judge::map2(nobody_home)
}
