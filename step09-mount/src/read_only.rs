//! `read-only`: why does a bind mount take two calls to be read-only?
//!
//! `mount(2)` with MS_BIND copies a mount, flags included, and ignores the flags that it is
//! given. A second call changes the copy: MS_REMOUNT for this one mount, or `mount_setattr(2)`
//! for all mounts below it as well.

use std::ffi::CStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use step_support::{Hint, print, printable, refusal};

use crate::{DIR, cli, mount_tmpfs, mountinfo, unshare_mounts};

/// The directories in the story: a mount with another one below it, and a bind mount of both.
const TREE: &str = "/tmp/tree";
const BELOW_TREE: &str = "/tmp/tree/below";
const COPY: &CStr = c"/tmp/copy";

/// Prints after each call what may be written through the bind mount.
pub fn run() -> Result<u8> {
    unshare_mounts()?;
    mount_tmpfs(DIR)?;
    fs::create_dir(TREE).context("mkdir(/tmp/tree)")?;
    mount_tmpfs(TREE)?;
    fs::create_dir(BELOW_TREE).context("mkdir(/tmp/tree/below)")?;
    mount_tmpfs(BELOW_TREE)?;
    fs::create_dir("/tmp/copy").context("mkdir(/tmp/copy)")?;

    let none = None::<&str>;
    let bind = MsFlags::MS_BIND | MsFlags::MS_REC | MsFlags::MS_RDONLY;
    mount(Some(TREE), COPY, none, bind, none)
        .hint(cli::mount_hints)
        .context("mount(/tmp/tree, /tmp/copy, MS_BIND | MS_REC | MS_RDONLY)")?;
    print_access("mount(MS_BIND | MS_REC | MS_RDONLY)")?;

    let remount = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
    mount(none, COPY, none, remount, none)
        .hint(cli::mount_hints)
        .context("mount(/tmp/copy, MS_REMOUNT | MS_BIND | MS_RDONLY)")?;
    print_access("mount(MS_REMOUNT | MS_BIND | MS_RDONLY)")?;

    match set_read_only(COPY) {
        Err(Errno::ENOSYS) => print("mount_setattr: ENOSYS: it came with Linux 5.12")?,
        result => {
            result.hint(refusal::any_call).context("mount_setattr(/tmp/copy, AT_RECURSIVE)")?;
            print_access("mount_setattr(AT_RECURSIVE, MOUNT_ATTR_RDONLY)")?;
        }
    }
    Ok(0)
}

/// Makes a mount and all mounts below it read-only (`mount_setattr(2)`, Linux 5.12).
fn set_read_only(dir: &CStr) -> nix::Result<()> {
    let attr = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    let (at, flags) = (libc::AT_FDCWD, libc::AT_RECURSIVE);
    let (dir, call, size) = (dir.as_ptr(), libc::SYS_mount_setattr, size_of_val(&attr));
    // SAFETY: the path ends with a NUL, and the size is that of the structure.
    let result = unsafe { libc::syscall(call, at, dir, flags, &raw const attr, size) };
    Errno::result(result).map(drop)
}

/// Prints a call that has been made, and what the mounts allow now (`mountinfo`).
fn print_access(call: &str) -> Result<()> {
    let mut line = format!("{call:<46}");
    for (name, dir) in [("tree", "/tmp/tree"), ("copy", "/tmp/copy"), ("below", "/tmp/copy/below")]
    {
        let mount = mountinfo::of(dir, "self")?;
        let access = mount.access();
        let access = if access == "ro" { access.green() } else { access.normal() };
        line += &format!("  {name}: {access}");
    }
    print(&line)
}

/// Makes a mount and all mounts below it read-only on kernels without `mount_setattr(2)`, too:
/// one remount for each, with the flags that it has.
pub fn make_read_only(dir: &Path) -> Result<()> {
    let top = mountinfo::of(dir, "self")?.point;
    for it in mountinfo::read("self")?.iter().filter(|it| it.point.starts_with(&top)) {
        if mountinfo::of(&it.point, "self").ok().as_ref() != Some(it) {
            continue; // another mount covers it, so no path leads to it
        }
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | it.flags();
        mount(None::<&str>, &it.point, None::<&str>, flags, None::<&str>)
            .hint(cli::mount_hints)
            .with_context(|| {
                format!("mount({}, {})", printable(&it.point), cli::flag_names(flags))
            })?;
    }
    Ok(())
}
