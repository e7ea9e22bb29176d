//! The search for what refers to namespaces: links, descriptors and mounts of each process.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::statfs::{NSFS_MAGIC, fstatfs};
use step_support::error::errno;
use step_support::mountinfo::{Line, lines};
use step_support::namespace::{KINDS, inode, link};

use crate::{Id, Map, Namespace};

/// What the search came across besides namespaces.
#[derive(Default)]
pub struct Searched {
    /// The processes that may not be looked into, by the error of each.
    pub forbidden: Vec<Errno>,
    /// The processes with a PID namespace for children that has no process yet.
    pub without_first_child: BTreeSet<u32>,
    /// The mount namespaces whose mounts were read, as seen from these root directories.
    pub mounts: BTreeSet<(Id, u64, u64)>,
}

/// Looks at every process that `/proc` shows.
pub fn search(map: &mut Map) -> Result<Searched> {
    let mut searched = Searched::default();
    let names = fs::read_dir("/proc").context("open(/proc)")?.flatten();
    for pid in names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
        let looked = look_into(pid, map, &mut searched);
        match looked.as_ref().map_err(errno) {
            // EPERM: /proc is mounted with hidepid=1.
            Err(errno @ (Errno::EACCES | Errno::EPERM)) => searched.forbidden.push(errno),
            // It has ended meanwhile. (EINVAL is what mountinfo gives then.)
            Err(Errno::ENOENT | Errno::ESRCH | Errno::EINVAL) => {}
            _ => looked.with_context(|| format!("open(/proc/{pid}/*)"))?,
        }
    }
    Ok(searched)
}

fn look_into(pid: u32, map: &mut Map, searched: &mut Searched) -> io::Result<()> {
    let mut alive = None;
    for entry in fs::read_dir(format!("/proc/{pid}/task"))? {
        let thread = format!("{pid}/task/{}", entry?.file_name().to_string_lossy());
        if read_links(pid, &thread, map, searched)? {
            alive = Some(thread);
        }
    }
    // A thread that has ended has no files any more, even if it is the first.
    let Some(thread) = alive else { return Ok(()) };
    if pid != process::id() {
        read_descriptors(pid, &thread, map)?;
    }
    read_mounts(&thread, map, searched)
}

/// Adds the namespaces that a thread is in, and those that its children will be in. Returns
/// whether the thread is alive: a zombie has left most of its namespaces.
fn read_links(pid: u32, thread: &str, map: &mut Map, searched: &mut Searched) -> io::Result<bool> {
    let is_alive = linked(thread, "uts")?.is_some();
    for name in KINDS.map(|kind| kind.name) {
        let Some(id) = linked(thread, name)? else { continue };
        // Otherwise the process has ended since.
        if let Some(namespace) = map.at(id, format!("/proc/{thread}/ns/{name}"))? {
            namespace.processes.insert(pid);
        }
        if !matches!(name, "pid" | "time") {
            continue;
        }
        let for_children = format!("{name}_for_children");
        match linked(thread, &for_children)? {
            Some(theirs) if theirs != id => {
                let path = format!("/proc/{thread}/ns/{for_children}");
                if let Some(namespace) = map.at(theirs, path)? {
                    namespace.for_children.insert(pid);
                }
            }
            // It has one, but this link leads nowhere before a first process is in it.
            None if name == "pid" && linked(thread, "uts")?.is_some() => {
                searched.without_first_child.insert(pid);
            }
            _ => {}
        }
    }
    Ok(is_alive)
}

/// The namespace that a link in `/proc/PID/ns` leads to (`readlink(2)`). None if there is no
/// such link, or if it leads nowhere.
fn linked(thread: &str, name: &str) -> io::Result<Option<Id>> {
    match link(thread, name) {
        Ok(target) => Ok(Id::parse(&target)),
        Err(error) if matches!(errno(&error), Errno::ENOENT | Errno::ESRCH) => Ok(None),
        Err(error) => Err(error),
    }
}

// ANCHOR: read_descriptors
/// Adds the namespaces whose files a process has open.
fn read_descriptors(pid: u32, thread: &str, map: &mut Map) -> io::Result<()> {
    for entry in fs::read_dir(format!("/proc/{thread}/fd"))?.flatten() {
        // Other files are not touched: their server, as that of NFS, might not answer.
        let target = fs::read_link(entry.path()).unwrap_or_default();
        if target.to_str().and_then(Id::parse).is_none() {
            continue;
        }
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let (Some(number), Some(file)) = (number, open_namespace(&entry.path())?) {
            let id = map.add(&file)?;
            map.0.entry(id).or_default().descriptors.insert((pid, number));
        }
    }
    Ok(())
}
// ANCHOR_END: read_descriptors

/// Adds the namespaces whose files are mounted somewhere in the mount namespace of a thread.
fn read_mounts(thread: &str, map: &mut Map, searched: &mut Searched) -> io::Result<()> {
    let Some(place) = linked(thread, "mnt")? else { return Ok(()) };
    let root = PathBuf::from(format!("/proc/{thread}/root"));
    // Processes in a chroot see only a part of the mounts.
    let metadata = fs::metadata(&root)?;
    if searched.mounts.insert((place, metadata.dev(), metadata.ino())) {
        let mounts = fs::read(format!("/proc/{thread}/mountinfo"))?;
        for (mount_id, id, point) in lines(&mounts).filter_map(bind_mount) {
            let path = root.join(point.strip_prefix("/").unwrap_or(&point));
            // Another mount may cover it: then only its name is known.
            map.at(id, path)?;
            let namespace = map.0.entry(id).or_default();
            namespace.mounts.entry(mount_id).or_insert((place, point));
        }
    }
    Ok(())
}

/// A line of `/proc/PID/mountinfo`, if it is the mount of a namespace's file: the mount's ID,
/// the namespace, and the mount point.
fn bind_mount(line: Line) -> Option<(u64, Id, PathBuf)> {
    let id = line.root.to_str().and_then(Id::parse)?;
    (line.fs_type == b"nsfs").then_some((line.id, id, line.mount_point))
}

/// Opens the file of a namespace; None if the path leads to something else, or nowhere. It is
/// looked at by O_PATH before, since to open a device can have effects.
fn open_namespace(path: &Path) -> io::Result<Option<File>> {
    let place = match File::options().read(true).custom_flags(libc::O_PATH).open(path) {
        Err(error) if errno(&error) != Errno::EMFILE => return Ok(None),
        place => place?,
    };
    match fstatfs(&place) {
        Ok(it) if it.filesystem_type() == NSFS_MAGIC => {}
        _ => return Ok(None),
    }
    File::open(format!("/proc/self/fd/{}", place.as_raw_fd())).map(Some)
}

impl Map {
    /// The entry of a namespace whose file is at `path`. Before the first time, the kernel is
    /// asked for what is above it. None if it is not there any more.
    fn at(&mut self, id: Id, path: impl AsRef<Path>) -> io::Result<Option<&mut Namespace>> {
        if self.0.get(&id).is_none_or(|it| it.owner.is_none()) {
            let Some(file) = open_namespace(path.as_ref())? else { return Ok(None) };
            self.add(&file)?;
        }
        Ok(self.0.get_mut(&id))
    }
}

impl Id {
    /// Parses a name such as `uts:[4026531838]`.
    fn parse(name: &str) -> Option<Id> {
        let kind = KINDS.iter().find(|kind| name.split(':').next() == Some(kind.name))?;
        Some(Id { kind: kind.name, inode: inode(OsStr::new(name))? })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_mounted_namespace_is_told_from_other_mounts() {
        let line = br"97 26 0:4 net:[4026532281] /run/net\040ns/a\134b rw shared:3 - nsfs nsfs rw";
        let (mount_id, id, point) = lines(line).find_map(bind_mount).unwrap();
        assert_eq!((mount_id, id.to_string().as_str()), (97, "net:[4026532281]"));
        assert_eq!(point, Path::new(r"/run/net ns/a\b"));
        for line in [
            &br"97 26 0:4 /net:[4026532281] /mnt rw - nsfs nsfs rw"[..],
            b"97 26 0:4 net:[4026532281] /mnt rw - tmpfs nsfs rw",
            b"97 26 0:4 net:[4026532281] /mnt rw",
            b"97 26 0:4 net:[] /mnt rw - nsfs nsfs rw",
            b"97 26",
            b"",
        ] {
            assert!(
                lines(line).find_map(bind_mount).is_none(),
                "{}",
                String::from_utf8_lossy(line)
            );
        }
    }
}
