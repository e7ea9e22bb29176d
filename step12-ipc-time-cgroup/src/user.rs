//! The user namespace that an unprivileged user gets. It is the lesson of step 05.

use std::fs;

use anyhow::{Context, Result};
use nix::unistd::{Gid, Uid};
use step_support::{Hint, refusal};

/// Makes this user and group root in the caller's new user namespace. Without a mapping the
/// kernel would create no file for them in it, and a POSIX queue is a file (EOVERFLOW).
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
