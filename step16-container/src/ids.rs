//! Which users and groups the container has. Step 07 explains it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl::set_dumpable;
use nix::unistd::{Gid, Pid, Uid, getegid, geteuid, setgroups, setresgid, setresuid};
use step_support::error::message;
use step_support::{Hint, note, refusal, subid};

use crate::options::{Options, Root};
use crate::protection::Protection;

/// Makes the caller root in the user namespace of `init`. With a range in `/etc/subuid` and
/// `/etc/subgid` there are other users, too; otherwise none.
pub fn map(init: Pid, options: &Options) -> Result<()> {
    if !options.has(Protection::User) {
        return Ok(());
    }
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    match ranges(uid, gid, options) {
        Some([uids, gids]) => match write_maps(init, &uids, &gids) {
            Err(error) => note(&format!("note: only root is mapped: {}", message(&error))),
            Ok(()) => return Ok(()),
        },
        None => {
            note("note: only root is mapped: /etc/subuid and /etc/subgid lend this user no IDs")
        }
    }
    // Otherwise a user could leave a group that a file excludes (CVE-2014-8989).
    write(init, "setgroups", "deny")?;
    write(init, "uid_map", &format!("0 {uid} 1"))?;
    write(init, "gid_map", &format!("0 {gid} 1"))
}

/// The maps of users and of groups. The caller becomes root of the container, and the range the
/// other users. But where the caller is the host's root, what belongs to that must not belong
/// to the container's; and where the root directory belongs to the first of the range, it was
/// made for a root that is this one, as by `mmdebstrap --mode=unshare`. Then the range has root.
fn ranges(uid: u32, gid: u32, options: &Options) -> Option<[String; 2]> {
    if !refusal::in_initial_user_namespace() {
        return None; // the IDs of these files are those of the host
    }
    let (uids, gids) = (subid::lent_range("uid")?, subid::lent_range("gid")?);
    Some(match uid == 0 || owner(&options.root) == Some(uids.0) {
        true => [format!("0 {} {}\n", uids.0, uids.1), format!("0 {} {}\n", gids.0, gids.1)],
        false => [
            format!("0 {uid} 1\n1 {} {}\n", uids.0, uids.1),
            format!("0 {gid} 1\n1 {} {}\n", gids.0, gids.1),
        ],
    })
}

/// The user outside to whom a root directory belongs.
fn owner(root: &Root) -> Option<u32> {
    let dir = match root {
        Root::Host => return None,
        Root::Directory(dir) => dir,
        Root::Layers(layers) => layers.first()?,
    };
    fs::metadata(dir).ok().map(|it| it.uid())
}

/// Writes both maps. Root may do that itself, others need `newuidmap(1)`.
fn write_maps(init: Pid, uids: &str, gids: &str) -> Result<()> {
    for (kind, map) in [("uid", uids), ("gid", gids)] {
        match geteuid().is_root() {
            true => write(init, &format!("{kind}_map"), map)?,
            false => subid::run_newidmap(kind, init, map)?,
        }
    }
    Ok(())
}

fn write(init: Pid, file: &str, content: &str) -> Result<()> {
    let file = format!("/proc/{init}/{file}");
    fs::write(&file, content)
        .hint(|errno| refusal::map(errno, geteuid()))
        .with_context(|| format!("write({file})"))
}

/// Becomes root of the container, without the groups that the caller was in.
pub fn become_root(options: &Options) -> Result<()> {
    if !options.has(Protection::User) {
        return Ok(());
    }
    match setgroups(&[]) {
        // With one ID only, the groups stay: the map is allowed only because they do.
        Err(Errno::EPERM) => {}
        result => result.context("setgroups(0, NULL)")?,
    }
    let (uid, gid) = (Uid::from_raw(0), Gid::from_raw(0));
    setresgid(gid, gid, gid).context("setresgid(0, 0, 0)")?;
    setresuid(uid, uid, uid).context("setresuid(0, 0, 0)")?;
    // If that is another user outside, the kernel has made this process's files in /proc root's.
    set_dumpable(true).context("prctl(PR_SET_DUMPABLE, 1)")
}
