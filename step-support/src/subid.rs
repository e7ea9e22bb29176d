//! The IDs that `/etc/subuid` and `/etc/subgid` lend to users, and the programs that map them.
//!
//! Simplified: these files are read, though the list may come from elsewhere
//! (`nsswitch.conf(5)`), and of several lines for a user only the first counts.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::unistd::{Pid, User, geteuid};

use crate::error::{Hint, failure};
use crate::output::printable;
use crate::refusal;
use crate::status::describe;

/// The first of some IDs, and how many they are.
pub type Range = (u32, u32);

/// What a distribution lends to its first user.
pub const USUAL_RANGE: Range = (100_000, 65_536);

/// The IDs of a kind, `uid` or `gid`, that the caller may map.
pub fn lent_range(kind: &str) -> Option<Range> {
    let text = fs::read(file(kind)).ok()?;
    let text = String::from_utf8_lossy(&text);
    let users = [user_name(), geteuid().to_string()];
    text.lines().find_map(|line| {
        let (user, range) = line.split_once(':')?;
        users.iter().any(|it| it == user).then(|| parse_range(range))?
    })
}

/// Parses `FIRST:COUNT`.
fn parse_range(text: &str) -> Option<Range> {
    let (first, count) = text.split_once(':')?;
    Some((first.parse().ok()?, count.parse().ok().filter(|&count| count > 0)?))
}

/// Runs `newuidmap(1)` or `newgidmap(1)` with the map of a process.
///
/// # Errors
///
/// The caller may map no range, or the program is missing or has failed.
pub fn run_newidmap(kind: &str, pid: Pid, map: &str) -> Result<()> {
    if lent_range(kind).is_none() {
        return Err(failure(
            format!("{}: no range for {}", file(kind), user_name()),
            lending_hint(kind),
        ));
    }
    let program = format!("new{kind}map");
    let status = Command::new(&program).arg(pid.to_string()).args(map.split_whitespace()).status();
    let status = status.hint(missing_hints).with_context(|| format!("execve({program})"))?;
    match status.success() {
        true => Ok(()),
        false => Err(failure(
            format!("{program} {}", describe(status)),
            format!(
                "it must be set-user-ID root or have file capabilities, and no_new_privs must \
                 not be set; check: ls -l $(command -v {program})"
            ),
        )),
    }
}

/// How the caller comes to a range.
fn lending_hint(kind: &str) -> String {
    if !refusal::in_initial_user_namespace() {
        return "a user namespace may have no IDs to lend; check: cat /proc/self/uid_map"
            .to_owned();
    }
    let (first, count) = USUAL_RANGE;
    let line = format!("{}:{first}:{count}", user_name());
    let command = refusal::as_root(&format!("sh -c 'echo {line} >> {}'", file(kind)));
    format!("lend it IDs that no other user has: {command}")
}

/// Why such a program could not be run. A directory in PATH that the caller may not search
/// makes EACCES out of ENOENT.
fn missing_hints(errno: Errno) -> Vec<String> {
    match errno {
        Errno::ENOENT | Errno::EACCES => vec![
            "it is not installed, or not for you to run; the package is called uidmap (Debian, \
             Ubuntu), shadow-utils (Fedora), shadow (Arch) or shadow-subids (Alpine)"
                .to_owned(),
        ],
        _ => refusal::any_call(errno),
    }
}

/// The caller's name, or its uid if it has none.
fn user_name() -> String {
    let user = User::from_uid(geteuid()).ok().flatten();
    user.map_or_else(|| geteuid().to_string(), |user| printable(user.name))
}

fn file(kind: &str) -> String {
    format!("/etc/sub{kind}")
}
