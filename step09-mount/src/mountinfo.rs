//! The list of mounts in a mount namespace, as the kernel shows it to a process
//! (`/proc/PID/mountinfo`).

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::mount::MsFlags;
use step_support::error::failure;
use step_support::mountinfo::{Line, lines};
use step_support::{Hint, mount, printable, refusal};

/// A line of `mountinfo`:
/// `71 27 0:53 / /tmp rw,relatime shared:9 - tmpfs step09 rw,mode=755`.
#[derive(Debug, PartialEq)]
pub struct Mount {
    /// 71: no other mount has this number.
    pub id: u64,
    /// `/tmp`: where it is, from the root directory of the process.
    pub point: PathBuf,
    /// `rw,relatime`: what is allowed through this mount, whatever another one allows.
    pub options: String,
    /// `shared:9`: the group of mounts that it exchanges mounts with; `-` if there is none.
    pub propagation: String,
    /// `tmpfs`.
    pub fs_type: String,
}

impl Mount {
    fn new(line: Line) -> Mount {
        let text = |field| printable(OsStr::from_bytes(field));
        let propagation: Vec<_> = line.propagation.into_iter().map(text).collect();
        Mount {
            id: line.id,
            point: line.mount_point,
            options: text(line.options),
            propagation: if propagation.is_empty() { "-".into() } else { propagation.join(" ") },
            fs_type: text(line.fs_type),
        }
    }

    /// Whether this mount allows to write: `rw` or `ro`, the first of its options.
    pub fn access(&self) -> &str {
        self.options.split(',').next().unwrap_or_default()
    }

    /// The flags that a remount has to repeat, or it would remove them.
    pub fn flags(&self) -> MsFlags {
        let flag = |option| match option {
            "nosuid" => MsFlags::MS_NOSUID,
            "nodev" => MsFlags::MS_NODEV,
            "noexec" => MsFlags::MS_NOEXEC,
            _ => MsFlags::empty(),
        };
        self.options.split(',').map(flag).collect()
    }
}

impl fmt::Display for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "on mount {}, {} at {}", self.id, self.fs_type, printable(&self.point))
    }
}

/// All mounts that a process (a PID or `self`) can reach from its root directory.
pub fn read(process: &str) -> Result<Vec<Mount>> {
    let file = format!("/proc/{process}/mountinfo");
    let text = fs::read(&file).hint(refusal::own_proc_files);
    Ok(parse(&text.with_context(|| format!("open({file})"))?))
}

/// The mounts in the text of a `mountinfo`.
pub fn parse(text: &[u8]) -> Vec<Mount> {
    lines(text).map(Mount::new).collect()
}

/// The mount that a path leads to (`statx(2)`), by the list of a process.
pub fn of(path: impl AsRef<Path>, process: &str) -> Result<Mount> {
    let path = path.as_ref();
    let id = mount::at(path).map(|it| it.id);
    let found = read(process)?.into_iter().find(|it| Some(it.id) == id);
    found.ok_or_else(|| {
        let path = printable(path);
        let hint = "it leads nowhere, or the mount is out of reach in a chroot";
        failure(format!("no mount for {path} in /proc/{process}/mountinfo"), hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_any_number_of_fields_for_its_propagation() {
        for (fields, propagation) in [
            ("", "-"),
            ("shared:9 ", "shared:9"),
            ("shared:9 master:2 propagate_from:1 ", "shared:9 master:2 propagate_from:1"),
        ] {
            let line =
                format!("71 27 0:53 / /tmp ro,nosuid,noexec {fields}- tmpfs step09 rw,mode=755");
            let [mount] = &parse(line.as_bytes())[..] else { panic!("{line}") };
            assert_eq!((mount.id, mount.point.as_path()), (71, Path::new("/tmp")));
            assert_eq!((mount.propagation.as_str(), mount.access()), (propagation, "ro"));
            assert_eq!(mount.flags(), MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC);
            assert_eq!(mount.to_string(), "on mount 71, tmpfs at /tmp");
        }
    }
}
