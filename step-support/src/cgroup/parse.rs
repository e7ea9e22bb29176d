//! Parsers of what the kernel writes about cgroups. They accept any bytes, never panic,
//! and leave out what they do not understand.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use nix::sys::statfs::{CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, FsType};
use nix::unistd::Pid;

use super::{Mounted, Version};

/// A line of `/proc/PID/cgroup`.
#[derive(Debug, PartialEq, Eq)]
pub struct Membership {
    /// An ID of 0 means v2.
    pub version: Version,
    /// Empty on v2.
    pub controllers: Vec<String>,
    /// Relative to the root of the hierarchy, or of the reader's cgroup namespace.
    pub path: PathBuf,
}

/// A line of `/proc/PID/mountinfo` about a cgroup file system.
#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    /// From the type of the file system, `cgroup` or `cgroup2`.
    pub version: Version,
    /// The cgroup that is visible at the mount point.
    pub root: PathBuf,
    /// The mount point.
    pub mount_point: PathBuf,
    /// The mount options; on v1 the controllers are among them.
    pub options: Vec<String>,
}

impl Membership {
    /// Whether this mount is of the same hierarchy.
    pub fn is_shown_by(&self, mount: &Mount) -> bool {
        self.version == mount.version
            && self.controllers.iter().all(|it| mount.options.contains(it))
    }
}

impl Mount {
    /// What `statfs(2)` reports for a file system of this type.
    pub(super) fn file_system(&self) -> FsType {
        match self.version {
            Version::V1 => CGROUP_SUPER_MAGIC,
            Version::V2 => CGROUP2_SUPER_MAGIC,
        }
    }

    /// The directory in which this mount shows the cgroup `path`; none if it does not.
    /// In a container a mount may begin at `root`, deep in the hierarchy. What lies outside
    /// of it, or of our cgroup namespace (`/..`), is not visible.
    pub fn directory(&self, path: &Path) -> Option<Mounted> {
        let outside = |path: &Path| path.components().any(|it| it == Component::ParentDir);
        if outside(&self.root) || outside(path) {
            return None;
        }
        let below = path.strip_prefix(&self.root).ok()?;
        // join("") would add a slash.
        let current = self.mount_point.join(below).components().collect();
        Some(Mounted { mount_point: self.mount_point.clone(), current })
    }
}

/// Parses `/proc/PID/cgroup`: `hierarchy-ID:controllers:path` in each line.
pub fn memberships(text: &[u8]) -> Vec<Membership> {
    text.split(|&byte| byte == b'\n').filter_map(membership).collect()
}

fn membership(line: &[u8]) -> Option<Membership> {
    let mut fields = line.splitn(3, |&byte| byte == b':');
    let id = fields.next()?;
    let controllers = list(fields.next()?);
    let path = fields.next().filter(|path| path.starts_with(b"/"))?;
    let version = if id == b"0" { Version::V2 } else { Version::V1 };
    // A v1 hierarchy without controllers has at least a name.
    (version == Version::V2 || !controllers.is_empty()).then(|| Membership {
        version,
        controllers,
        path: OsString::from_vec(path.to_vec()).into(),
    })
}

/// Parses `/proc/PID/mountinfo` and keeps the cgroup file systems.
pub fn mounts(text: &[u8]) -> Vec<Mount> {
    text.split(|&byte| byte == b'\n').filter_map(mount).collect()
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let root = unescape(fields.nth(3)?);
    let mount_point = unescape(fields.next()?);
    // A lone dash ends the optional fields.
    fields.find(|&field| field == b"-")?;
    let version = match fields.next()? {
        b"cgroup" => Version::V1,
        b"cgroup2" => Version::V2,
        _ => return None,
    };
    let options = list(fields.nth(1)?);
    let absolute = root.is_absolute() && mount_point.is_absolute();
    absolute.then_some(Mount { version, root, mount_point, options })
}

/// The parts of a list that commas separate.
fn list(text: &[u8]) -> Vec<String> {
    let parts = text.split(|&byte| byte == b',').filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// Turns each `\040` of `/proc/PID/mountinfo` back into the byte that it stands for.
fn unescape(field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let byte;
        (byte, rest) = match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), after)
            }
            _ => (first, after),
        };
        bytes.push(byte);
    }
    OsString::from_vec(bytes).into()
}

/// The number after `key` in a "flat keyed" file such as `memory.events`, which has one
/// key in each line. With an empty key: the only number of the file.
pub fn value(text: &str, key: &str) -> Option<u64> {
    let value = match key {
        "" => Some(text.trim_end()),
        key => text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')),
    };
    value?.parse().ok()
}

/// Those of the `wanted` controllers that a file such as `cgroup.controllers` does not list.
pub fn missing<'a>(text: &[u8], wanted: &[&'a str]) -> Vec<&'a str> {
    let listed = text.split(u8::is_ascii_whitespace);
    let is_missing = |it: &&&str| !listed.clone().any(|name| name == it.as_bytes());
    wanted.iter().filter(is_missing).copied().collect()
}

/// Whether a `cgroup.procs` file lists no other processes than these. A process outside of
/// our PID namespace is listed as 0, and is another one.
pub fn contains_only(text: &[u8], pids: &[Pid]) -> bool {
    let is_one = |pid: &[u8]| pids.iter().any(|it| it.to_string().as_bytes() == pid);
    text.split(u8::is_ascii_whitespace).filter(|pid| !pid.is_empty()).all(is_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current(mount_line: &str, path: &str) -> Option<PathBuf> {
        mount(mount_line.as_bytes())?.directory(Path::new(path)).map(|it| it.current)
    }

    #[test]
    fn a_membership_has_an_id_controllers_and_a_path() {
        let text =
            b"9:name=systemd:/\n4:cpu,cpuacct:/a:b \xff\n0::/user.slice\n\nx\n7::/\n1:pids:none\n";
        let found = memberships(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].controllers, ["name=systemd"]);
        assert_eq!(found[1].controllers, ["cpu", "cpuacct"]);
        assert_eq!(found[1].path.as_os_str().as_encoded_bytes(), b"/a:b \xff");
        assert_eq!((found[2].version, &*found[2].path), (Version::V2, Path::new("/user.slice")));
    }

    #[test]
    fn mounts_of_other_file_systems_and_broken_lines_are_left_out() {
        let text = b"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
            36 31 0:35 / /cg\\040roup rw,relatime shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct\n\
            41 31 0:38 /a /unified rw - cgroup2 cgroup2 rw\n\
            41 31 0:38 /a /unified rw cgroup2\n41\n";
        let found = mounts(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].mount_point, Path::new("/cg roup"));
        assert_eq!(found[0].options, ["rw", "cpu", "cpuacct"]);
        assert_eq!((found[1].version, &*found[1].root), (Version::V2, Path::new("/a")));
    }

    #[test]
    fn a_mount_shows_what_is_below_its_root() {
        let whole = "41 31 0:38 / /cg rw - cgroup2 none rw";
        assert_eq!(current(whole, "/"), Some("/cg".into()));
        assert_eq!(current(whole, "/a/b"), Some("/cg/a/b".into()));
        assert_eq!(current(whole, "/../b"), None);
        let part = "41 31 0:38 /docker/1 /cg rw - cgroup2 none rw";
        assert_eq!(current(part, "/docker/1"), Some("/cg".into()));
        assert_eq!(current(part, "/docker/1/a"), Some("/cg/a".into()));
        assert_eq!(current(part, "/docker/12"), None);
        assert_eq!(current("41 31 0:38 /.. /cg rw - cgroup2 none rw", "/.."), None);
    }

    #[test]
    fn three_octal_digits_after_a_backslash_are_a_byte_and_anything_else_is_itself() {
        for (field, path) in [
            ("a\\040b", "a b"),
            ("\\134", "\\"),
            ("\\04", "\\04"),
            ("\\+12", "\\+12"),
            ("\\", "\\"),
        ] {
            assert_eq!(unescape(field.as_bytes()), Path::new(path));
        }
        assert_eq!(unescape(b"\\777"), Path::new("\\777"));
    }

    #[test]
    fn a_value_is_the_number_after_its_whole_key() {
        let text = "oom 1\noom_kill 2\nmax max\n";
        assert_eq!(value(text, "oom"), Some(1));
        assert_eq!(value(text, "oom_kill"), Some(2));
        assert_eq!(value(text, "max"), None);
        assert_eq!(value(text, "kill"), None);
        assert_eq!((value("7\n", ""), value("7 8\n", ""), value("", "")), (Some(7), None, None));
    }

    #[test]
    fn controllers_and_processes_are_whole_words() {
        assert_eq!(missing(b"cpuset memory\n", &["cpu", "memory"]), ["cpu"]);
        let pids = [Pid::from_raw(1), Pid::from_raw(23)];
        assert!(contains_only(b"23\n1\n", &pids) && contains_only(b"", &[]));
        assert!(!contains_only(b"1\n2\n", &pids) && !contains_only(b"0\n", &pids));
    }
}
