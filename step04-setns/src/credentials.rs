//! Who the command is after joining a user namespace: its root, completely, or else what
//! the caller was. nsenter(1) does the same with user and groups.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::unistd::{Gid, Uid, geteuid, getresuid, setgid, setgroups, setuid};
use step_support::Hint;
use step_support::refusal::has_sys_admin;

use crate::cli::Target;

/// What the caller is, before it joins a user namespace.
pub struct Credentials {
    is_privileged: bool,
    groups_dropped: bool,
}

impl Credentials {
    /// If a user namespace is going to be joined, drops the supplementary groups
    /// (`setgroups(2)`): with them the command could read files that the root of that
    /// user namespace may not. Some user namespaces deny this to their root, so it has to be
    /// tried before joining.
    pub fn before_joining(target: &Target) -> Credentials {
        let groups_dropped = target.includes("user", libc::CLONE_NEWUSER) && setgroups(&[]).is_ok();
        Credentials { is_privileged: is_privileged(), groups_dropped }
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
        if self.is_privileged {
            groups.hint(not_dropped).context("setgroups(0)")?;
        }
        if self.is_mapped(setgid(Gid::from_raw(0)), "setgid(0)")? {
            self.is_mapped(setuid(Uid::from_raw(0)), "setuid(0)")?;
        }
        leave_session_keyring()
    }

    /// Whether the ID that a call asked for is mapped in the user namespace.
    fn is_mapped(&self, result: nix::Result<()>, call: &'static str) -> Result<bool> {
        match result {
            Err(Errno::EINVAL) if !self.is_privileged => Ok(false),
            result => result.hint(not_mapped).context(call).map(|()| true),
        }
    }
}

/// Whether the caller is more than one ordinary user, who can only join what it has created
/// itself: by a capability, or by another real or saved user ID.
fn is_privileged() -> bool {
    let is_one_user = getresuid().is_ok_and(|it| it.real == it.effective && it.real == it.saved);
    geteuid().is_root() || !is_one_user || has_sys_admin()
}

/// Starts an empty session keyring (`keyctl(2)`): whoever has a keyring may read the keys in it,
/// whatever its user ID is.
fn leave_session_keyring() -> Result<()> {
    let no_name = std::ptr::null::<libc::c_char>();
    // SAFETY: the call takes a number, and the kernel reads no memory of ours through NULL.
    let joined =
        unsafe { libc::syscall(libc::SYS_keyctl, libc::KEYCTL_JOIN_SESSION_KEYRING, no_name) };
    match Errno::result(joined) {
        // A kernel without keys, or a seccomp filter that the command inherits.
        Err(Errno::ENOSYS | Errno::EPERM) => Ok(()),
        result => result.map(drop).context("keyctl(KEYCTL_JOIN_SESSION_KEYRING)"),
    }
}

fn not_mapped(errno: Errno) -> Option<&'static str> {
    (errno == Errno::EINVAL).then_some(
        "root is not mapped into that user namespace, so the command would stay the user that \
         you are outside, and processes of that namespace could control it",
    )
}

fn not_dropped(errno: Errno) -> Option<&'static str> {
    (errno == Errno::EPERM).then_some(
        "that user namespace forbids setgroups(2), so the groups have to be dropped before, which \
         requires CAP_SETGID; check: grep CapEff /proc/self/status",
    )
}
