//! A mount namespace is a copy of the mount table. Yet on most machines a mount
//! made in the copy shows up outside: / is "shared", and passes mounts on.
//!
//! Mount a tmpfs on `dir` that the caller sees, and nobody else.
//!
//! Manual: mount_namespaces(7), mount(2)

use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn scratch(dir: &Path) -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    // TODO: What is mounted now still shows up outside.
    mount(Some("tmpfs"), dir, Some("tmpfs"), MsFlags::empty(), None::<&str>)
}

fn main() {
    judge::unshare2(scratch)
}
