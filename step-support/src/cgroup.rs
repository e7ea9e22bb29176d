//! Which cgroup hierarchies there are, where they are mounted, and where in
//! each of them this process stands.
//!
//! `/proc/self/cgroup` names the cgroups, `/proc/self/mountinfo` the mounts;
//! a directory is found by putting both together (cgroups(7), proc(5)).

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use nix::sys::statfs::{CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, FsType, statfs};

/// The two versions of cgroups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A hierarchy for each controller, or for a few of them.
    V1,
    /// One hierarchy for all controllers.
    V2,
}

/// One hierarchy, as this process sees it.
pub struct Hierarchy {
    /// Which rules it follows.
    pub version: Version,
    /// On v1 its controllers, or `name=…`; on v2 nothing, they are in `cgroup.controllers`.
    pub controllers: Vec<String>,
    /// The cgroup of this process, as `/proc/self/cgroup` names it.
    pub path: PathBuf,
    /// Where it is mounted, and the directory of `path` there.
    pub mounted: Option<Mounted>,
}

/// The place of a mounted hierarchy in the file system.
pub struct Mounted {
    /// The mount point.
    pub point: PathBuf,
    /// The directory of this process's cgroup.
    pub own: PathBuf,
}

/// A line of `/proc/self/cgroup`.
#[derive(Debug, PartialEq, Eq)]
pub struct Membership {
    /// 0 as the ID means v2.
    pub version: Version,
    /// None on v2.
    pub controllers: Vec<String>,
    /// From the root of the hierarchy, or of our cgroup namespace.
    pub path: PathBuf,
}

/// A line of `/proc/self/mountinfo` that is about cgroups.
#[derive(Debug, PartialEq, Eq)]
pub struct Mount {
    /// `cgroup` or `cgroup2`, the type of the file system.
    pub version: Version,
    /// The cgroup that is seen at the mount point.
    pub root: PathBuf,
    /// The mount point.
    pub point: PathBuf,
    /// Among them, on v1, the controllers.
    pub options: Vec<String>,
}

/// All hierarchies that this process is in.
pub fn all() -> Result<Vec<Hierarchy>> {
    let mounts = mounts(&fs::read("/proc/self/mountinfo").context("open(/proc/self/mountinfo)")?);
    let memberships =
        memberships(&fs::read("/proc/self/cgroup").context("open(/proc/self/cgroup)")?);
    Ok(memberships.into_iter().map(|it| it.mounted_at(&mounts)).collect())
}

impl Membership {
    /// Looks for the directory of this cgroup. What covers a mount point comes
    /// later in the table, and `statfs(2)` has the last word about what it is.
    fn mounted_at(self, mounts: &[Mount]) -> Hierarchy {
        let shown = mounts.iter().rev().filter(|mount| self.is_of(mount));
        let mounted = shown
            .filter(|mount| {
                statfs(&mount.point).is_ok_and(|it| it.filesystem_type() == mount.magic())
            })
            .find_map(|mount| mount.directory(&self.path))
            .filter(|mounted| mounted.own.is_dir());
        let Membership { version, controllers, path } = self;
        Hierarchy { version, controllers, path, mounted }
    }

    fn is_of(&self, mount: &Mount) -> bool {
        self.version == mount.version
            && self.controllers.iter().all(|it| mount.options.contains(it))
    }
}

impl Mount {
    /// What `statfs(2)` calls a file system of this kind.
    fn magic(&self) -> FsType {
        match self.version {
            Version::V1 => CGROUP_SUPER_MAGIC,
            Version::V2 => CGROUP2_SUPER_MAGIC,
        }
    }

    /// The directory in which this mount shows the cgroup `path`. In a container
    /// the mount may begin at `root`, deep in the hierarchy; what lies outside of
    /// it, or of our cgroup namespace (`/..`), is not shown.
    pub fn directory(&self, path: &Path) -> Option<Mounted> {
        let hidden = |path: &Path| path.components().any(|it| it == Component::ParentDir);
        if hidden(&self.root) || hidden(path) {
            return None;
        }
        let below = path.strip_prefix(&self.root).ok()?;
        // join("") would add a slash.
        let own = self.point.join(below).components().collect();
        Some(Mounted { point: self.point.clone(), own })
    }
}

/// Parses `/proc/PID/cgroup`: `hierarchy-ID:controllers:path` in each line.
pub fn memberships(text: &[u8]) -> Vec<Membership> {
    text.split(|&byte| byte == b'\n').filter_map(membership).collect()
}

fn membership(line: &[u8]) -> Option<Membership> {
    let mut fields = line.splitn(3, |&byte| byte == b':');
    let id = fields.next()?;
    let controllers = words(fields.next()?, b',');
    let path = fields.next().filter(|path| path.starts_with(b"/"))?;
    let version = if id == b"0" { Version::V2 } else { Version::V1 };
    // A v1 hierarchy without controllers has at least a name.
    (version == Version::V2 || !controllers.is_empty()).then(|| Membership {
        version,
        controllers,
        path: OsString::from_vec(path.to_vec()).into(),
    })
}

/// Parses `/proc/PID/mountinfo` and keeps what is about cgroups.
pub fn mounts(text: &[u8]) -> Vec<Mount> {
    text.split(|&byte| byte == b'\n').filter_map(mount).collect()
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let root = unescaped(fields.nth(3)?);
    let point = unescaped(fields.next()?);
    // A lone dash ends the optional fields.
    fields.find(|&field| field == b"-")?;
    let version = match fields.next()? {
        b"cgroup" => Version::V1,
        b"cgroup2" => Version::V2,
        _ => return None,
    };
    let options = words(fields.nth(1)?, b',');
    let whole = root.is_absolute() && point.is_absolute();
    whole.then_some(Mount { version, root, point, options })
}

fn words(list: &[u8], separator: u8) -> Vec<String> {
    let words = list.split(|&byte| byte == separator).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Turns the `\040` of `/proc/PID/mountinfo` back into the byte it stands for.
fn unescaped(field: &[u8]) -> PathBuf {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn own(mount_line: &str, path: &str) -> Option<PathBuf> {
        mount(mount_line.as_bytes())?.directory(Path::new(path)).map(|it| it.own)
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
        assert_eq!(found[0].point, Path::new("/cg roup"));
        assert_eq!(found[0].options, ["rw", "cpu", "cpuacct"]);
        assert_eq!((found[1].version, &*found[1].root), (Version::V2, Path::new("/a")));
    }

    #[test]
    fn a_mount_shows_what_is_below_its_root() {
        let whole = "41 31 0:38 / /cg rw - cgroup2 none rw";
        assert_eq!(own(whole, "/"), Some("/cg".into()));
        assert_eq!(own(whole, "/a/b"), Some("/cg/a/b".into()));
        assert_eq!(own(whole, "/../b"), None);
        let part = "41 31 0:38 /docker/1 /cg rw - cgroup2 none rw";
        assert_eq!(own(part, "/docker/1"), Some("/cg".into()));
        assert_eq!(own(part, "/docker/1/a"), Some("/cg/a".into()));
        assert_eq!(own(part, "/docker/12"), None);
        assert_eq!(own("41 31 0:38 /.. /cg rw - cgroup2 none rw", "/.."), None);
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
            assert_eq!(unescaped(field.as_bytes()), Path::new(path));
        }
        assert_eq!(unescaped(b"\\777"), Path::new("\\777"));
    }
}
