//! What an unprivileged user needs before the first mount: a user namespace, in which this
//! user is root. (Steps 05 and 07 are about it.)

use std::fs;

use anyhow::{Context, Result};
use nix::unistd::{Gid, Uid};
use step_support::{Hint, refusal};

/// What is printed when CLONE_NEWUSER is added.
pub const NOTE: &str = "note: not root: unshare() also gets CLONE_NEWUSER; the process is root, \
    but only in that new user namespace";

/// Makes this user and group root in the caller's new user namespace. Without a mapping
/// nobody could create a file in the new file systems (EOVERFLOW).
pub fn map_to_root(uid: Uid, gid: Gid) -> Result<()> {
    let write = |file: &str, content: &str| {
        fs::write(file, content)
            .hint(|errno| refusal::map(errno, uid))
            .with_context(|| format!("write({file})"))
    };
    write("/proc/self/setgroups", "deny")?;
    write("/proc/self/uid_map", &format!("0 {uid} 1"))?;
    write("/proc/self/gid_map", &format!("0 {gid} 1"))
}
