//! Delegation: another user works in a group, with groups of its own below it, but cannot
//! change the group itself. Which files that user gets decides it (cgroups(7)).

use std::fs;
use std::path::Path;

use anyhow::{Context, Error, Result};
use colored::Colorize;
use nix::errno::Errno;
use nix::unistd::{Gid, Uid, chown, geteuid, getpid, setgid, setgroups, setuid};
use step_support::cgroup::write;
use step_support::error::errno_of;
use step_support::status::wait_for_child;
use step_support::{Hint, note, print, printable};

use crate::group::{Group, mkdir, start_member};

/// The kernel's list of the files that the owner gives away together with the directory.
const LIST: &str = "/sys/kernel/cgroup/delegate";

/// To whom root gives the group: `nobody`.
const NOBODY: u32 = 65534;

/// Gives the group to another user and tries, as that user, what it may do. Who is not root
/// tries it with the group that it has been given itself: the one above.
pub fn give_away(group: &Group) -> Result<u8> {
    let (mut given, mut dir) = (group.parent.clone(), group.dir.clone());
    if geteuid().is_root() {
        // Its own cgroup remains root's, so that a later run may remove it.
        dir.push("given");
        mkdir(&dir)?;
        given = dir.clone();
        for file in fs::read_to_string(LIST).with_context(|| format!("open({LIST})"))?.lines() {
            give(&given.join(file))?;
        }
        give(&given)?; // a directory in which nobody may create others
    }
    let member = start_member(&dir, |parent| {
        if geteuid().is_root() {
            become_nobody()?;
            parent.die_with_parent()?; // setuid(2) has cleared that
        }
        try_all(&given, &dir.join("below"))
    })?;
    wait_for_child(member)
}

/// Changes the owner of a file of the group (`chown(2)`), unless the group has no such file.
fn give(path: &Path) -> Result<()> {
    if path.exists() {
        let shown = printable(path);
        chown(path, Some(Uid::from_raw(NOBODY)), None)
            .hint(lacks_capability)
            .with_context(|| format!("chown({shown}, {NOBODY})"))?;
        note(&format!("chown {NOBODY} {shown}"));
    }
    Ok(())
}

fn become_nobody() -> Result<()> {
    setgroups(&[]).hint(lacks_capability).context("setgroups()")?;
    let setgid = setgid(Gid::from_raw(NOBODY)).hint(lacks_capability);
    setgid.with_context(|| format!("setgid({NOBODY})"))?;
    let setuid = setuid(Uid::from_raw(NOBODY)).hint(lacks_capability);
    setuid.with_context(|| format!("setuid({NOBODY})"))
}

/// The hint for root in a container that has taken away what giving a group away needs.
fn lacks_capability(errno: Errno) -> Option<&'static str> {
    let hint = "you are root but lack CAP_CHOWN, CAP_SETGID or CAP_SETUID; check: grep CapEff \
                /proc/self/status";
    (errno == Errno::EPERM).then_some(hint)
}

/// In the child: works in the group, and then on it. Each line is the kernel's answer.
fn try_all(given: &Path, below: &Path) -> Result<u8> {
    print(&format!("uid {} has been given {}", geteuid(), printable(given)))?;
    let made = fs::create_dir(below);
    answer("mkdir(below)", made.map_err(Error::from))?;
    let joined = write(&below.join("cgroup.procs"), &getpid().to_string());
    answer("write(below/cgroup.procs)", joined)?;
    answer("write(below/cgroup.freeze)", write(&below.join("cgroup.freeze"), "0"))?;
    answer("write(cgroup.freeze)", write(&given.join("cgroup.freeze"), "0"))?;
    let memberships = fs::read_to_string("/proc/self/cgroup").context("open(/proc/self/cgroup)")?;
    let own = memberships.lines().find(|line| line.starts_with("0::")).unwrap_or("-");
    print(&format!("/proc/self/cgroup: {}", printable(own).green()))?;
    Ok(0)
}

fn answer(call: &str, result: Result<()>) -> Result<()> {
    let errno =
        result.err().map(|error| errno_of(&error).map_or(error.to_string(), |it| it.to_string()));
    print(&format!("  {call:28}{}", errno.as_deref().unwrap_or("ok").green()))
}
