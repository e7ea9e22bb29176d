//! A new user namespace, for steps that only need the privileges in it. (It is the lesson of
//! steps 05 and 07, which write its files themselves.)

use std::fs;

use anyhow::{Context, Result};
use nix::unistd::{Gid, Uid};

use crate::error::Hint;
use crate::refusal;

/// Makes the user and group that the caller had before root in its new user namespace
/// (`uid_map`, `gid_map`). Without a mapping nobody could create a file there (EOVERFLOW).
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
