//! `/dev`: six devices of the host that are harmless, and a terminal of the container's own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use step_support::{Hint, refusal};

use crate::options::Options;
use crate::protection::Protection;
use crate::root::{NewRoot, mount_tmpfs};
use crate::target::{self, Target, What};

/// They read and write nothing that belongs to anybody.
const DEVICES: [&str; 6] = ["full", "null", "random", "tty", "urandom", "zero"];

/// Names that programs expect, and where they lead.
const LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("ptmx", "pts/ptmx"),
    ("stderr", "/proc/self/fd/2"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
];

/// Mounts it in the new root directory.
pub fn mount_new(root: &NewRoot, options: &Options) -> Result<()> {
    let place = target::own(&root.dir, "dev", What::Directory)?;
    mount_tmpfs(&place.file(), "mode=0755,size=64k")?;
    let dev = target::own(&root.dir, "dev", What::Directory)?; // the new one
    for name in DEVICES {
        show(name, &dev)?;
    }
    for (name, leads_to) in LINKS {
        symlink(leads_to, dev.path(name)).with_context(|| format!("symlink(/dev/{name})"))?;
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    // Terminals are root's, also if the process that opens one is another user outside.
    let data = "newinstance,ptmxmode=0666,mode=0620,uid=0";
    // Group 5 is that of terminals everywhere, if it is mapped.
    mount_kind(&dev, "pts", "devpts", flags, &format!("{data},gid=5"))
        .or_else(|_| mount_kind(&dev, "pts", "devpts", flags, data))?;
    mount_kind(&dev, "shm", "tmpfs", flags | MsFlags::MS_NODEV, "mode=1777,size=64m")?;
    match options.has(Protection::Ipc) {
        true => mount_queues(&dev),
        false => Ok(()), // those of the host are not ours to mount
    }
}

/// Shows a device of the host: root of a user namespace cannot create one (`mknod(2)`).
fn show(name: &str, dev: &Target) -> Result<()> {
    let (old, new) = (Path::new("/dev").join(name), dev.path(name));
    fs::write(&new, "").with_context(|| format!("write(/dev/{name})"))?;
    mount(Some(&old), &new, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("mount({}, MS_BIND)", old.display()))
}

fn mount_kind(dev: &Target, name: &str, kind: &str, flags: MsFlags, data: &str) -> Result<()> {
    let place = dev.path(name);
    fs::create_dir_all(&place).with_context(|| format!("mkdir(/dev/{name})"))?;
    mount(Some(kind), &place, Some(kind), flags, Some(data))
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("mount({kind}, /dev/{name}, {data})"))
}

/// The POSIX queues of the container's IPC namespace, where the kernel has any.
fn mount_queues(dev: &Target) -> Result<()> {
    let filesystems = fs::read_to_string("/proc/filesystems").unwrap_or_default();
    match filesystems.contains("mqueue") {
        true => mount_kind(
            dev,
            "mqueue",
            "mqueue",
            MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC | MsFlags::MS_NODEV,
            "",
        ),
        false => Ok(()),
    }
}
