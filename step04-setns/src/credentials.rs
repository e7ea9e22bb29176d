//! Who the command is after joining a user namespace: its root, completely, or else what
//! the caller was. nsenter(1) does the same.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::unistd::{Gid, Uid, geteuid, setgid, setgroups, setuid};
use step_support::Hint;

use crate::cli::Target;

/// The caller's supplementary groups and user ID, before it joins a user namespace.
pub struct Credentials {
    was_root: bool,
    groups_dropped: bool,
}

impl Credentials {
    /// If a user namespace is going to be joined, drops the supplementary groups
    /// (`setgroups(2)`): with them the command could read files that the root of that
    /// user namespace may not. Some user namespaces deny this to their root, so it has to be
    /// tried before joining.
    pub fn before_joining(target: &Target) -> Credentials {
        let groups_dropped = target.includes("user", libc::CLONE_NEWUSER) && setgroups(&[]).is_ok();
        Credentials { was_root: geteuid().is_root(), groups_dropped }
    }

    /// Becomes root of the user namespace that was joined (`setgid(2)`, `setuid(2)`).
    ///
    /// An unprivileged caller who created it may find that user 0 is not mapped there, or
    /// that its groups cannot be dropped. It keeps what it had: nothing is gained by that.
    ///
    /// # Errors
    ///
    /// A privileged caller cannot give up its own identity.
    pub fn become_root(&self) -> Result<()> {
        let groups = if self.groups_dropped { Ok(()) } else { setgroups(&[]) };
        if self.was_root {
            groups.hint(not_dropped).context("setgroups(0)")?;
        }
        if self.is_mapped(setgid(Gid::from_raw(0)), "setgid(0)")? {
            self.is_mapped(setuid(Uid::from_raw(0)), "setuid(0)")?;
        }
        Ok(())
    }

    /// Whether the ID that a call asked for is mapped in the user namespace.
    fn is_mapped(&self, result: nix::Result<()>, call: &'static str) -> Result<bool> {
        match result {
            Err(Errno::EINVAL) if !self.was_root => Ok(false),
            result => result.hint(not_mapped).context(call).map(|()| true),
        }
    }
}

fn not_mapped(errno: Errno) -> Option<&'static str> {
    (errno == Errno::EINVAL).then_some(
        "root is not mapped into that user namespace, so the command would run there as the \
         host's root, and processes of that namespace could control it",
    )
}

fn not_dropped(errno: Errno) -> Option<&'static str> {
    (errno == Errno::EPERM).then_some(
        "that user namespace forbids setgroups(2), so the groups have to be dropped before, which \
         requires CAP_SETGID; check: grep CapEff /proc/self/status",
    )
}
