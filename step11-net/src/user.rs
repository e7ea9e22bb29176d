//! New namespaces for this process, also without privileges: step 05 explains the calls.

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getegid, geteuid};
use step_support::namespace::flag_names;
use step_support::user_namespace::map_to_root;
use step_support::{Hint, note, refusal};

const USER_NAMESPACE_NOTE: &str = "note: not root: unshare() also gets CLONE_NEWUSER; this \
    process becomes root, but only in that new user namespace";

/// Moves the caller into new namespaces (`unshare(2)`). An unprivileged caller becomes root in
/// a new user namespace, which owns the others.
pub fn enter_new(mut flags: CloneFlags) -> Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    if !uid.is_root() {
        flags |= CloneFlags::CLONE_NEWUSER;
        note(USER_NAMESPACE_NOTE);
    }
    unshare(flags)
        .hint(|errno| refusal::creation(errno, flags))
        .with_context(|| format!("unshare({})", flag_names(flags)))?;
    if uid.is_root() { Ok(()) } else { map_to_root(uid, gid) }
}
