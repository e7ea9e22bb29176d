//! A new mount namespace starts with a copy of the mount table. Yet on most
//! machines a mount in the copy also appears outside, because / is "shared" and
//! propagates mounts.
//!
//! Mount a tmpfs on `dir` that the caller sees and no process outside.
//!
//! Manual: mount_namespaces(7), mount(2)

use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn mount_private(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)
}

fn main() -> ! {
    judge::unshare3(mount_private)
}
