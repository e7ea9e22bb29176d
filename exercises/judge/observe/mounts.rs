//! Mount tables, as `/proc/PID/mountinfo` shows them.

use std::fs;
use std::os::linux::fs::MetadataExt;
use std::path::Path;

use nix::unistd::Pid;

/// A line of `/proc/PID/mountinfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The device number, as `stat(2)` shows it.
    pub device: u64,
    /// The part of the file system that is mounted.
    pub root: String,
    /// Where it is mounted.
    pub target: String,
    /// The type of the file system.
    pub kind: String,
}

/// The mount table that a process sees.
pub fn mounts_of(pid: Pid) -> Vec<Mount> {
    let text = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
    text.lines().filter_map(parse).collect()
}

fn parse(line: &str) -> Option<Mount> {
    let (mount, file_system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ').skip(2);
    let (major, minor) = fields.next()?.split_once(':')?;
    let device = libc::makedev(major.parse().ok()?, minor.parse().ok()?);
    let (root, target) = (fields.next()?.to_owned(), fields.next()?.to_owned());
    Some(Mount { device, root, target, kind: file_system.split(' ').next()?.to_owned() })
}

/// The device number of the file system that a process sees at a path.
pub fn device_at(pid: Pid, path: &Path) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/root{}", path.display())).ok().map(|it| it.st_dev())
}
