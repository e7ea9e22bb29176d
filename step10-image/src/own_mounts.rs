//! Mounts that no other process sees: a mount namespace, and the privilege to mount in it.
//!
//! Steps 05 and 09 teach what happens here.

use anyhow::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};
use step_support::namespace::flag_names;
use step_support::user_namespace::map_to_root;
use step_support::{Hint, note, refusal};

use crate::cli;

/// Moves this process into a new mount namespace, which ends with it (`unshare(2)`). An
/// unprivileged user also gets a user namespace that owns it, and is root there.
pub fn enter() -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    let mut flags = CloneFlags::CLONE_NEWNS;
    if !uid.is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
        note(
            "note: not root: unshare() also gets CLONE_NEWUSER; this process has all \
             capabilities, but only in that new user namespace",
        );
    }
    unshare(flags)
        .hint(|errno| cli::unshare_hints(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    if !uid.is_root() {
        map_to_root(uid, gid)?;
    }
    // On most distributions `/` is shared, so a mount would also appear in the old namespace.
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(None::<&str>, "/", None::<&str>, private, None::<&str>)
        .hint(refusal::propagation)
        .context("mount(/, MS_REC | MS_PRIVATE)")
}
