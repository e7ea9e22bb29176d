//! `range`: more users than one, as a container has them.
//!
//! To map a uid that is not the caller's takes CAP_SETUID in the user namespace above.
//! `newuidmap(1)` is installed with that privilege, and maps what `/etc/subuid` lends to the
//! caller; `newgidmap(1)` does the same for groups. Root maps any range by itself.

use std::fs;

use anyhow::{Context, Result};
use nix::sched::CloneFlags;
use nix::unistd::{Gid, Pid, Uid};
use nix::unistd::{getegid, geteuid, getpid, setgroups, setresgid, setresuid};
use step_support::error::errno;
use step_support::handshake::Side;
use step_support::subid;

use crate::Experiment;
use crate::facts::{print_ids, print_map, print_outcome};

/// A child in a new user namespace.
pub const EXPERIMENT: Experiment =
    Experiment { flags: CloneFlags::CLONE_NEWUSER, parent: run_parent, child: run_child };

/// Maps a range of users and of groups while the child waits.
fn run_parent(child: Pid, side: &Side) -> Result<()> {
    map_range(child, "uid", geteuid().as_raw())?;
    map_range(child, "gid", getegid().as_raw())?;
    side.notify();
    if side.wait() {
        print_ids("the child, outside", child)?;
    }
    Ok(())
}

/// Becomes user 1 of its user namespace, who is not the caller outside.
fn run_child(side: &Side) -> Result<u8> {
    side.die_with_parent()?;
    if side.wait() {
        let (uid, gid) = (Uid::from_raw(1), Gid::from_raw(1));
        print_outcome("setgroups(1)", setgroups(&[gid]))?; // nobody had to deny it
        setresgid(gid, gid, gid).context("setresgid(1, 1, 1)")?;
        setresuid(uid, uid, uid).context("setresuid(1, 1, 1)")?;
        side.die_with_parent()?; // again: for a new uid the kernel has forgotten it
        print_ids("the child, inside", getpid())?;
        side.notify();
        side.wait();
    }
    Ok(0)
}

// ANCHOR: map_range
/// Maps the caller's ID to 0, and a range of others to 1, 2, and so on.
fn map_range(child: Pid, kind: &str, own: u32) -> Result<()> {
    let (first, count) = subid::lent_range(kind).unwrap_or(subid::USUAL_RANGE);
    let map = format!("0 {own} 1\n1 {first} {count}\n");
    let file = format!("/proc/{child}/{kind}_map");
    let written = fs::write(&file, &map).map_err(|error| errno(&error));
    print_outcome(&format!("write({file})"), written)?;
    if written.is_err() {
        subid::run_newidmap(kind, child, &map)?;
        print_outcome(&format!("new{kind}map"), Ok(()))?;
    }
    print_map(&file)
}
// ANCHOR_END: map_range
