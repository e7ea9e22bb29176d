//! A copy of a mount of the host and of all mounts below it, which is not shown anywhere yet.
//!
//! It is made before the new root directory covers a directory of the host. Otherwise, whoever
//! shows that directory in the container, or one above it, would show the container itself.

use std::ffi::CString;
use std::fs;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use step_support::{Hint, printable, refusal};

use crate::target::{Target, What};

/// The copy.
pub struct Tree(OwnedFd);

impl Tree {
    /// Makes it, of a file or directory (`open_tree(2)`).
    pub fn copy(path: &Path) -> Result<Tree> {
        let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | libc::AT_RECURSIVE as u32;
        let (call, at) = (libc::SYS_open_tree, libc::AT_FDCWD);
        let name = CString::new(path.as_os_str().as_bytes()).context("--bind")?;
        // SAFETY: the path ends with a NUL.
        let opened = unsafe { libc::syscall(call, at, name.as_ptr(), flags) };
        let opened = Errno::result(opened)
            .hint(refusal::in_new_namespace)
            .with_context(|| format!("open_tree({}, OPEN_TREE_CLONE)", printable(path)))?;
        // SAFETY: the descriptor is new, and nothing else owns it.
        Ok(Tree(unsafe { OwnedFd::from_raw_fd(opened as i32) }))
    }

    /// What it has to be shown in the place of.
    pub fn what(&self) -> Result<What> {
        match fs::metadata(format!("/proc/self/fd/{}", self.0.as_raw_fd())).context("stat()")? {
            it if it.is_dir() => Ok(What::Directory),
            _ => Ok(What::File),
        }
    }

    /// Shows it at a place (`move_mount(2)`).
    pub fn show(&self, place: &Target) -> nix::Result<()> {
        let (from, to, here) = (self.0.as_raw_fd(), place.as_raw_fd(), c"".as_ptr());
        let flags = libc::MOVE_MOUNT_F_EMPTY_PATH | libc::MOVE_MOUNT_T_EMPTY_PATH;
        // SAFETY: both paths end with a NUL.
        let moved = unsafe { libc::syscall(libc::SYS_move_mount, from, here, to, here, flags) };
        Errno::result(moved).map(drop)
    }
}
