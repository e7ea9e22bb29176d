//! `root`: how does a process lose all files but a few?
//!
//! `pivot_root(2)` makes another mount the root of the mount namespace, and moves the old root
//! to a directory, from where it is unmounted. (After `chroot(2)` it would still be there, and
//! a process with CAP_SYS_CHROOT finds the way back.)
//!
//! Simplified: there is no `/proc`, `/dev` or `/etc`. In a `/proc` of the old PID namespace,
//! `/proc/1/root` would lead root back to the old files. So does any descriptor of an old
//! directory that the caller passes on.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::fcntl::{OFlag, openat};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::Mode;
use nix::unistd::{chdir, pivot_root};
use step_support::process::exec;
use step_support::{Hint, print, printable};

use crate::read_only::make_read_only;
use crate::{DIR, cli, mount_tmpfs, mountinfo, unshare_mounts};

/// What a shell needs, as far as a system has it. (In `/nix` NixOS has all programs.)
const PARTS: [&str; 8] = ["bin", "lib", "lib32", "lib64", "libx32", "nix", "sbin", "usr"];

/// Builds a root directory in `/tmp` and enters it. Then runs the command, or lists `/`.
pub fn run(command: Option<Command>) -> Result<u8> {
    let proc = File::open("/proc/self").context("open(/proc/self)")?;
    let before = names()?;
    unshare_mounts()?;
    mount_tmpfs(DIR)?;
    for part in PARTS {
        bring(part)?;
    }
    make_read_only(Path::new(DIR))?;
    enter(Path::new(DIR))?;
    if let Some(command) = command {
        return Ok(exec(command));
    }
    print(&format!("/ before: {before}"))?;
    print(&format!("/ now:    {}", names()?.green()))?;
    for mount in mounts_from(&proc)? {
        print(&format!("{:<10}{} {}", printable(&mount.point), mount.fs_type, mount.access()))?;
    }
    Ok(0)
}

/// Gives the new root directory a bind mount of a directory of the old one, or a copy of a
/// link such as `/bin -> usr/bin`.
fn bring(name: &str) -> Result<()> {
    let (old, new) = (Path::new("/").join(name), Path::new(DIR).join(name));
    match fs::read_link(&old) {
        Ok(target) => symlink(target, new).with_context(|| format!("symlink({name})")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(_) => {
            fs::create_dir(&new).with_context(|| format!("mkdir({})", new.display()))?;
            // MS_REC: without the mounts below, files would show that these cover.
            let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
            mount(Some(&old), &new, None::<&str>, flags, None::<&str>)
                .hint(cli::mount_hints)
                .with_context(|| {
                    format!("mount({}, {}, MS_BIND | MS_REC)", old.display(), new.display())
                })
        }
    }
}

// ANCHOR: enter
/// Makes a mount the root of this mount namespace, and the old root disappear.
fn enter(new_root: &Path) -> Result<()> {
    chdir(new_root).with_context(|| format!("chdir({})", new_root.display()))?;
    // With the same directory twice, the old root is mounted on top of the new one, ...
    pivot_root(".", ".").hint(cli::pivot_root_hints).context("pivot_root(., .)")?;
    // ... and this removes it with all mounts below, even if files there are still open.
    umount2(".", MntFlags::MNT_DETACH).context("umount(., MNT_DETACH)")
}
// ANCHOR_END: enter

/// The names in the root directory of this process.
fn names() -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir("/").context("open(/)")? {
        names.push(printable(entry.context("getdents(/)")?.file_name()));
    }
    names.sort();
    Ok(names.join(" "))
}

/// The mounts from the root directory on, through an old `/proc/self` that is still open.
fn mounts_from(proc: &File) -> Result<Vec<mountinfo::Mount>> {
    let file = openat(proc, "mountinfo", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty());
    let mut text = Vec::new();
    File::from(file.context("open(mountinfo)")?)
        .read_to_end(&mut text)
        .context("read(mountinfo)")?;
    Ok(mountinfo::parse(&text))
}
