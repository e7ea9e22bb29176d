//! Mount tables, as `/proc/PID/mountinfo` shows them.

use std::fs;
use std::os::linux::fs::MetadataExt;
use std::path::Path;

use nix::unistd::Pid;

use crate::verdict::{Finding, ensure, wrong};

/// A line of `/proc/PID/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The device number, as `stat(2)` shows it.
    pub device: u64,
    /// The part of the file system that is mounted.
    pub root: String,
    /// Where it is mounted.
    pub target: String,
    /// How mounts and unmounts below it propagate: `shared:1`, `master:1`, or nothing if it
    /// is private.
    pub propagation: String,
    /// The type of the file system.
    pub kind: String,
}

/// The mount table that a process sees.
pub fn mounts_of(pid: Pid) -> Vec<Mount> {
    let text = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
    text.lines().filter_map(parse).collect()
}

/// Checks that the mount table of the processes outside is what it was.
pub fn check_unchanged(before: &[Mount], after: &[Mount]) -> Result<(), Finding> {
    ensure(before == after, || {
        let mounted = "in which mount namespace do you mount, and what makes a mount propagate?";
        let (found, reason) = match (before.len(), after.len()) {
            (_, 0) => ("their /proc has been covered: it no longer lists them".to_owned(), mounted),
            (a, b) if a == b => (
                "the mounts propagate differently".to_owned(),
                "in which mount namespace is the caller when it changes the propagation?",
            ),
            (a, b) => (format!("{a} mounts before, {b} after"), mounted),
        };
        wrong("the same mount table as before in the processes outside", found, reason)
    })
}

fn parse(line: &str) -> Option<Mount> {
    let (mount, file_system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(2);
    let (major, minor) = fields.next()?.split_once(':')?;
    let device = libc::makedev(major.parse().ok()?, minor.parse().ok()?);
    let (root, target) = (fields.next()?.to_owned(), fields.next()?.to_owned());
    let _options = fields.next()?;
    let propagation = fields.collect::<Vec<_>>().join(" ");
    let kind = file_system.split(' ').next()?.to_owned();
    Some(Mount { device, root, target, propagation, kind })
}

/// The device number of the file system that a process sees at a path.
pub fn device_at(pid: Pid, path: &Path) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/root{}", path.display())).ok().map(|it| it.st_dev())
}
