//! Control groups (cgroups): which hierarchies there are, where they are mounted, where
//! in them this process is, and how to read and change a cgroup through its files.
//!
//! A cgroup is a directory, and every operation is one on files: `mkdir(2)` creates it,
//! a number written to a file limits it, `rmdir(2)` removes it (cgroups(7)). On cgroup v2
//! one hierarchy has all controllers; on v1 each controller, or a few of them together,
//! has its own; on a hybrid machine both exist side by side.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::sys::statfs::statfs;

mod files;
mod parse;

pub use files::{
    TIMEOUT, children, is_delegated, kill_all, mkdir, processes, read, remove, remove_within,
    rmdir, words, write,
};
pub use parse::{Membership, Mount, contains_only, memberships, missing, mounts, value};

/// The two versions of cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// One hierarchy for each controller, or for a few of them.
    V1,
    /// One hierarchy for all controllers.
    V2,
}

/// A hierarchy that this process is in.
#[derive(Debug)]
pub struct Hierarchy {
    /// Which version's rules it follows.
    pub version: Version,
    /// On v1 its controllers, or `name=...`; empty on v2, where `cgroup.controllers`
    /// lists them.
    pub controllers: Vec<String>,
    /// The cgroup of this process, as `/proc/self/cgroup` names it.
    pub path: PathBuf,
    /// Where the file system shows it; none if it is not mounted here.
    pub mounted: Option<Mounted>,
}

/// Where the file system shows a hierarchy.
#[derive(Debug)]
pub struct Mounted {
    /// The mount point.
    pub mount_point: PathBuf,
    /// The directory of this process's cgroup.
    pub current: PathBuf,
}

/// All hierarchies that this process is in.
///
/// A mount point can be covered by a later mount, so `statfs(2)` decides whether what
/// is visible there really is a cgroup file system.
///
/// # Errors
///
/// `open(/proc/self/...)`, where `/proc` is not mounted.
pub fn all() -> Result<Vec<Hierarchy>> {
    let mounts = mounts(&fs::read("/proc/self/mountinfo").context("open(/proc/self/mountinfo)")?);
    let memberships =
        memberships(&fs::read("/proc/self/cgroup").context("open(/proc/self/cgroup)")?);
    let find = |it: &Membership| {
        let visible = mounts.iter().rev().filter(|mount| {
            it.is_shown_by(mount)
                && statfs(&mount.mount_point)
                    .is_ok_and(|found| found.filesystem_type() == mount.file_system())
        });
        let mut directories = visible.filter_map(|mount| mount.directory(&it.path));
        directories.find(|mounted| mounted.current.is_dir())
    };
    let hierarchy = |it: Membership| {
        let mounted = find(&it);
        Hierarchy { version: it.version, controllers: it.controllers, path: it.path, mounted }
    };
    Ok(memberships.into_iter().map(hierarchy).collect())
}
