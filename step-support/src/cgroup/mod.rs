//! Control groups (cgroups): which hierarchies there are, where they are mounted, where
//! in them this process is, and how to read and change a cgroup through its files.
//!
//! A cgroup is a directory, and every operation is one on files: `mkdir(2)` creates it,
//! a number written to a file limits it, `rmdir(2)` removes it (cgroups(7)). On cgroup v2
//! one hierarchy has all controllers; on v1 each controller, or a few of them together,
//! has its own; on a hybrid machine both exist side by side.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::unistd::{AccessFlags, eaccess, getpid};

use crate::mount;

mod files;
mod parse;

pub use files::{
    TIMEOUT, children, is_delegated, kill_all, mkdir, processes, read, remove, remove_within,
    rmdir, words, write,
};
pub use parse::{Location, Membership, Mount, contains_only, memberships, missing, mounts, value};

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
    /// Where the hierarchy is mounted, even if only cgroups of others are visible there.
    pub mount_point: Option<PathBuf>,
    /// Where the file system shows the cgroup of this process; none if it does not.
    pub mounted: Option<Mounted>,
}

/// Where the file system shows the cgroup of this process.
#[derive(Debug)]
pub struct Mounted {
    /// The mount point.
    pub mount_point: PathBuf,
    /// The directory of the topmost cgroup that this process should work in: the mount point,
    /// or below it the root of our cgroup namespace, beyond which nothing is delegated to us.
    pub top: PathBuf,
    /// The directory of this process's cgroup.
    pub current: PathBuf,
}

/// All hierarchies that this process is in.
///
/// # Errors
///
/// `open(/proc/self/...)`, where `/proc` is not mounted.
pub fn all() -> Result<Vec<Hierarchy>> {
    let mounts = mounts(&fs::read("/proc/self/mountinfo").context("open(/proc/self/mountinfo)")?);
    let memberships =
        memberships(&fs::read("/proc/self/cgroup").context("open(/proc/self/cgroup)")?);
    Ok(memberships.into_iter().map(|it| hierarchy(it, &mounts)).collect())
}

fn hierarchy(it: Membership, mounts: &[Mount]) -> Hierarchy {
    let is_visible =
        |mount: &&Mount| mount::at(&mount.mount_point).is_some_and(|it| it.id == mount.id);
    let mounts = mounts.iter().rev().filter(|mount| it.is_shown_by(mount)).filter(is_visible);
    let mounts: Vec<_> = mounts.collect();
    let is_read_only = |it: &Mounted| eaccess(&it.current, AccessFlags::W_OK) == Err(Errno::EROFS);
    let mounted = mounts.iter().filter_map(|mount| find(&it, mount)).min_by_key(is_read_only);
    let mount_point = match &mounted {
        Some(mounted) => Some(mounted.mount_point.clone()),
        None => mounts.first().map(|mount| mount.mount_point.clone()),
    };
    let Membership { version, controllers, path } = it;
    Hierarchy { version, controllers, path, mount_point, mounted }
}

/// A cgroup in which this user may create others.
#[derive(Debug)]
pub struct Parent {
    /// Which version's rules it follows.
    pub version: Version,
    /// Its directory.
    pub dir: PathBuf,
    /// The controllers that those others will have.
    pub controllers: Vec<String>,
}

/// Controllers that limit threads, too. A cgroup of v2 with processes may enable these: it
/// becomes "domain threaded" (cgroups(7)).
const OF_THREADS: [&str; 4] = ["cpu", "cpuset", "perf_event", "pids"];

impl Parent {
    /// A controller of v2 that a cgroup with processes cannot enable.
    pub fn domain_controller(&self) -> Option<&str> {
        let all = self.controllers.iter().filter(|_| self.version == Version::V2);
        all.map(String::as_str).find(|it| !OF_THREADS.contains(it))
    }
}

/// The cgroups that are delegated to this user as they are, the nearest first: on v1 the
/// current one of each hierarchy, on v2 those above it, too.
///
/// # Errors
///
/// Reading `cgroup.subtree_control`.
pub fn parents(hierarchies: &[Hierarchy]) -> Result<Vec<Parent>> {
    let mut parents = Vec::new();
    for Hierarchy { version, controllers, mounted, .. } in hierarchies {
        let Some(Mounted { current, top, .. }) = mounted else { continue };
        let version = *version;
        let levels = if version == Version::V1 { 1 } else { usize::MAX };
        let above = current.ancestors().take_while(|dir| dir.starts_with(top)).take(levels);
        for dir in above.filter(|dir| is_delegated(dir)) {
            let controllers = match version {
                Version::V1 => controllers.clone(),
                Version::V2 => words(&dir.join("cgroup.subtree_control"))?,
            };
            parents.push(Parent { version, dir: dir.to_owned(), controllers });
        }
    }
    Ok(parents)
}

/// The directory in which a mount shows the cgroup of this process.
fn find(it: &Membership, mount: &Mount) -> Option<Mounted> {
    let Location { unnamed, path } = mount.location(&it.path)?;
    // join("") would add a slash.
    let below = |top: &Path| top.join(&path).components().collect::<PathBuf>();
    let is_current = |top: &Path| {
        let dir = below(top);
        mount::at(&dir).is_some_and(|it| it.id == mount.id)
            && (unnamed == 0 || contains_this_process(&dir, it.version))
    };
    let top = descendant(&mount.mount_point, unnamed, &is_current)?;
    Some(Mounted { mount_point: mount.mount_point.clone(), current: below(&top), top })
}

/// The directory so many levels below `dir` for which `condition` holds.
fn descendant(dir: &Path, levels: usize, condition: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    match levels {
        0 => condition(dir).then(|| dir.to_owned()),
        _ => children(dir).ok()?.iter().find_map(|it| descendant(it, levels - 1, condition)),
    }
}

/// Whether this process is in the cgroup. `cgroup.procs` of a threaded cgroup would not say.
fn contains_this_process(dir: &Path, version: Version) -> bool {
    let threads = match version {
        Version::V1 => "tasks",
        Version::V2 => "cgroup.threads",
    };
    words(&dir.join(threads)).is_ok_and(|it| it.contains(&getpid().to_string()))
}
