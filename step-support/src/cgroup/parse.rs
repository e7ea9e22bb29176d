//! Parsers of what the kernel writes about cgroups. They accept any bytes, never panic,
//! and leave out what they do not understand.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use nix::unistd::Pid;

use super::Version;
use crate::mountinfo::{Line, lines};

/// A line of `/proc/PID/cgroup`.
#[derive(Debug, PartialEq, Eq)]
pub struct Membership {
    /// An ID of 0 means v2.
    pub version: Version,
    /// Empty on v2.
    pub controllers: Vec<String>,
    /// Relative to the root of the hierarchy, or of the reader's cgroup namespace: `/../a`
    /// is outside of that (cgroup_namespaces(7)).
    pub path: PathBuf,
}

/// A line of `/proc/PID/mountinfo` about a cgroup file system.
#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    /// The ID of the mount, which `/proc/PID/fdinfo` has for each open file, too.
    pub id: u64,
    /// From the type of the file system, `cgroup` or `cgroup2`.
    pub version: Version,
    /// The cgroup that is visible at the mount point. Like [`Membership::path`] it begins
    /// with `/..` if it is not below the root of the reader's cgroup namespace.
    pub root: PathBuf,
    /// The mount point.
    pub mount_point: PathBuf,
    /// The mount options; on v1 the controllers are among them.
    pub options: Vec<String>,
}

/// Where a mount shows a cgroup.
#[derive(Debug, PartialEq, Eq)]
pub struct Location {
    /// So many directories below the mount point. Their names are those of the cgroups
    /// between the root of the mount and that of our cgroup namespace, or of one on the way
    /// there, and the kernel does not tell us.
    pub unnamed: usize,
    /// The path below that.
    pub path: PathBuf,
}

impl Membership {
    /// Whether this mount is of the same hierarchy.
    pub fn is_shown_by(&self, mount: &Mount) -> bool {
        self.version == mount.version
            && self.controllers.iter().all(|it| mount.options.contains(it))
    }
}

impl Mount {
    /// Where this mount shows the cgroup `path`; none if it does not. In a container a mount
    /// may begin at `root`, deep in the hierarchy; what lies outside of it is not visible.
    pub fn location(&self, path: &Path) -> Option<Location> {
        let (root_levels, root) = split(&self.root)?;
        let (levels, path) = split(path)?;
        let path = if levels == root_levels {
            path.strip_prefix(root).ok()?
        } else if levels < root_levels && root == Path::new("") {
            path
        } else {
            return None;
        };
        Some(Location { unnamed: root_levels - levels, path: path.to_owned() })
    }
}

/// Splits a path into the number of its `..`, which are levels above the root of our cgroup
/// namespace, and what is below that.
fn split(path: &Path) -> Option<(usize, &Path)> {
    let mut below = path.strip_prefix("/").ok()?;
    let mut levels = 0;
    while let Ok(rest) = below.strip_prefix("..") {
        (below, levels) = (rest, levels + 1);
    }
    let is_plain = below.components().all(|it| matches!(it, Component::Normal(_)));
    is_plain.then_some((levels, below))
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
    lines(text).filter_map(mount).collect()
}

fn mount(line: Line) -> Option<Mount> {
    let Line { id, root, mount_point, super_options, .. } = line;
    let version = match line.fs_type {
        b"cgroup" => Version::V1,
        b"cgroup2" => Version::V2,
        _ => return None,
    };
    let absolute = root.is_absolute() && mount_point.is_absolute();
    let options = list(super_options);
    absolute.then_some(Mount { id, version, root, mount_point, options })
}

/// The parts of a list that commas separate.
fn list(text: &[u8]) -> Vec<String> {
    let parts = text.split(|&byte| byte == b',').filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
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

    /// Where a mount with this root shows a cgroup: the number of unnamed directories, and
    /// the path below them.
    fn location(root: &str, path: &str) -> Option<(usize, String)> {
        let line = format!("41 31 0:38 {root} /cg rw - cgroup2 cgroup2 rw");
        let found = mounts(line.as_bytes()).pop()?.location(Path::new(path))?;
        Some((found.unnamed, found.path.to_str()?.to_owned()))
    }

    fn at(unnamed: usize, path: &str) -> Option<(usize, String)> {
        Some((unnamed, path.to_owned()))
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
            41 31 0:38 /a /unified rw cgroup2\n41\n\
            x 31 0:38 /a /unified rw - cgroup2 cgroup2 rw\n";
        let found = mounts(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].mount_point, Path::new("/cg roup"));
        assert_eq!(found[0].options, ["rw", "cpu", "cpuacct"]);
        assert_eq!((found[0].id, found[1].id), (36, 41));
        assert_eq!((found[1].version, &*found[1].root), (Version::V2, Path::new("/a")));
    }

    #[test]
    fn a_mount_shows_what_is_below_its_root() {
        assert_eq!(location("/", "/"), at(0, ""));
        assert_eq!(location("/", "/a/b"), at(0, "a/b"));
        assert_eq!(location("/docker/1", "/docker/1"), at(0, ""));
        assert_eq!(location("/docker/1", "/docker/1/a"), at(0, "a"));
        assert_eq!(location("/docker/1", "/docker/12"), None);
        assert_eq!(location("/docker/1", "/docker"), None);
        assert_eq!(location("/", "/a/../b"), None);
    }

    #[test]
    fn the_names_above_a_cgroup_namespace_are_unknown_and_their_number_is_known() {
        // The mount is older than the namespace, and its root is one or two levels above.
        assert_eq!(location("/..", "/"), at(1, ""));
        assert_eq!(location("/../..", "/a"), at(2, "a"));
        // The process is outside of the root of its namespace.
        assert_eq!(location("/", "/../a"), None);
        assert_eq!(location("/..", "/../a/b"), at(0, "a/b"));
        assert_eq!(location("/../..", "/../a"), at(1, "a"));
        assert_eq!(location("/..", "/../../a"), None);
        // The mount shows another branch.
        assert_eq!(location("/../a", "/../a/b"), at(0, "b"));
        assert_eq!(location("/../a", "/../b"), None);
        assert_eq!(location("/../a", "/"), None);
        assert_eq!(location("/../../a", "/../b"), None);
    }

    #[test]
    fn lines_of_machines_and_containers_are_understood() {
        for (mountinfo, cgroup, unnamed, path) in [
            // systemd, in a session
            (
                "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 \
                 cgroup2 rw,nsdelegate,memory_recursiveprot",
                "0::/user.slice/user-1000.slice/session-2.scope",
                0,
                "user.slice/user-1000.slice/session-2.scope",
            ),
            // the same after unshare(CLONE_NEWCGROUP)
            (
                "35 24 0:30 /../../.. /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - \
                 cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot",
                "0::/",
                3,
                "",
            ),
            // Docker with a cgroup namespace of its own
            (
                "602 599 0:30 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup \
                 rw,nsdelegate,memory_recursiveprot",
                "0::/",
                0,
                "",
            ),
            // Docker on v1, without
            (
                "1152 1147 0:36 /docker/5f2a /sys/fs/cgroup/cpu,cpuacct ro,nosuid,nodev,noexec,\
                 relatime master:18 - cgroup cgroup rw,cpu,cpuacct",
                "4:cpu,cpuacct:/docker/5f2a",
                0,
                "",
            ),
            // v1 after unshare(CLONE_NEWCGROUP)
            (
                "35 31 0:32 /../.. /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
                "4:memory:/",
                2,
                "",
            ),
        ] {
            let (mount, it) = (&mounts(mountinfo.as_bytes())[0], memberships(cgroup.as_bytes()));
            assert!(it[0].is_shown_by(mount), "{cgroup}");
            let location = Location { unnamed, path: path.into() };
            assert_eq!(mount.location(&it[0].path), Some(location), "{cgroup}");
        }
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
