//! What mounts allow. Step 09 explains why this takes a second call.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use step_support::mountinfo::{Line, lines};
use step_support::{Hint, mount, printable, refusal};

/// Takes something from a mount and from all mounts below it: `MS_RDONLY`, `MS_NOSUID`,
/// `MS_NODEV` (`mount_setattr(2)`).
pub fn tree(dir: &Path, flags: MsFlags) -> Result<()> {
    match set_attributes(dir, flags) {
        Err(Errno::ENOSYS) => one_by_one(dir, flags), // before Linux 5.12
        result => result
            .hint(refusal::in_new_namespace)
            .with_context(|| format!("mount_setattr({}, AT_RECURSIVE)", printable(dir))),
    }
}

fn set_attributes(dir: &Path, flags: MsFlags) -> nix::Result<()> {
    let attributes = [
        (MsFlags::MS_RDONLY, libc::MOUNT_ATTR_RDONLY),
        (MsFlags::MS_NOSUID, libc::MOUNT_ATTR_NOSUID),
        (MsFlags::MS_NODEV, libc::MOUNT_ATTR_NODEV),
    ];
    let wanted = attributes.into_iter().filter(|(flag, _)| flags.contains(*flag));
    let attr_set = wanted.fold(0, |set, (_, attribute)| set | attribute);
    let attr = libc::mount_attr { attr_set, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let dir = CString::new(dir.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let (at, recursive, size) = (libc::AT_FDCWD, libc::AT_RECURSIVE, size_of_val(&attr));
    let call = libc::SYS_mount_setattr;
    // SAFETY: the path ends with a NUL, and the size is that of the structure.
    let set = unsafe { libc::syscall(call, at, dir.as_ptr(), recursive, &raw const attr, size) };
    Errno::result(set).map(drop)
}

/// The same by a remount of each, with the flags that it has: what the user namespace has
/// inherited cannot be taken away.
fn one_by_one(dir: &Path, flags: MsFlags) -> Result<()> {
    let text = fs::read("/proc/self/mountinfo").context("open(/proc/self/mountinfo)")?;
    let id = mount::at(dir).map(|it| it.id);
    let top = lines(&text).find(|line| Some(line.id) == id).map(|line| line.mount_point);
    let Some(top) = top else { return Err(Errno::EINVAL).context("mountinfo") };
    for line in lines(&text).filter(|line| line.mount_point.starts_with(&top)) {
        if mount::at(&line.mount_point).map(|it| it.id) != Some(line.id) {
            continue; // another mount covers it, so no path leads to it
        }
        remount(&line.mount_point, flags | flags_of(&line))?;
    }
    Ok(())
}

/// Takes something from one mount whose flags are known.
pub fn remount(path: &Path, flags: MsFlags) -> Result<()> {
    let none = None::<&str>;
    mount(none, path, none, MsFlags::MS_REMOUNT | MsFlags::MS_BIND | flags, none)
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("mount({}, MS_REMOUNT | MS_BIND)", printable(path)))
}

/// The flags of a mount in a list of mounts.
fn flags_of(line: &Line) -> MsFlags {
    let flag = |option: &[u8]| match option {
        b"ro" => MsFlags::MS_RDONLY,
        b"nosuid" => MsFlags::MS_NOSUID,
        b"nodev" => MsFlags::MS_NODEV,
        b"noexec" => MsFlags::MS_NOEXEC,
        b"noatime" => MsFlags::MS_NOATIME,
        b"nodiratime" => MsFlags::MS_NODIRATIME,
        b"relatime" => MsFlags::MS_RELATIME,
        _ => MsFlags::empty(),
    };
    line.options.split(|&byte| byte == b',').map(flag).collect()
}
