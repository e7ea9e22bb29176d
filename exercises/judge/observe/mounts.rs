//! Mount tables, as `/proc/PID/mountinfo` shows them.

use std::fs;
use std::os::linux::fs::MetadataExt;
use std::path::Path;

use nix::unistd::Pid;

use crate::language::text;
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
        let mounted = text!(
            "in which mount namespace do you mount, and what makes a mount propagate?",
            "어느 마운트 namespace에서 마운트했고, 마운트는 왜 전파되나요?",
        );
        let (found, reason) = match (before.len(), after.len()) {
            (_, 0) => (
                text!(
                    "their /proc has been covered: it no longer lists them",
                    "바깥 프로세스들의 /proc이 가려져서 마운트를 볼 수 없습니다",
                ),
                mounted,
            ),
            (a, b) if a == b => (
                text!("the mounts propagate differently", "마운트의 전파 방식이 달라졌습니다"),
                text!(
                    "in which mount namespace is the caller when it changes the propagation?",
                    "전파 방식을 바꿀 때 호출한 프로세스는 어느 마운트 namespace에 있나요?",
                ),
            ),
            (a, b) => (
                text!("{a} mounts before, {b} after", "마운트가 전에는 {a}개, 뒤에는 {b}개"),
                mounted,
            ),
        };
        wrong(
            text!(
                "the same mount table as before in the processes outside",
                "바깥 프로세스들의 마운트 표는 전과 같음",
            ),
            found,
            reason,
        )
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
