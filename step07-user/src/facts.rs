//! Prints facts, a line each: what it is about, and what the kernel says.

use std::fmt::Display;
use std::fs;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::sys::stat::stat;
use nix::unistd::{Pid, geteuid, getpid};
use step_support::namespace::link;
use step_support::print;

/// Prints what the kernel says about something.
pub fn print_fact(about: &str, fact: impl Display) -> Result<()> {
    print(&format!("{:<38}{fact}", format!("{about}:")))
}

/// Prints how a call ended.
pub fn print_outcome<T>(call: &str, result: nix::Result<T>) -> Result<()> {
    match result {
        Ok(_) => print_fact(call, "done".green()),
        Err(errno) => print_fact(call, errno.to_string().yellow()),
    }
}

/// Prints who the caller is in its user namespace, and what it may do there.
pub fn print_credentials(who: &str) -> Result<()> {
    let user = link("self", "user").context("readlink(/proc/self/ns/user)")?;
    let capabilities = status(getpid(), "CapEff")?;
    let (who, uid) = (format!("{who}:"), geteuid().to_string());
    print(&format!("{who:<21}uid {:<6}in {user:<18} CapEff {capabilities}", uid.green()))
}

/// Prints who owns a file (`stat(2)`): a uid of the caller's user namespace.
pub fn print_file_owner(about: &str, file: &str) -> Result<()> {
    let owner = match stat(file) {
        Ok(stat) => format!("uid {}", stat.st_uid),
        Err(errno) => errno.to_string(),
    };
    print_fact(&format!("owner of {about}"), owner)
}

/// Prints the user and groups of a process: IDs of the caller's user namespace.
pub fn print_ids(about: &str, pid: Pid) -> Result<()> {
    let first = |ids: String| ids.split(' ').next().unwrap_or_default().to_owned();
    let (uid, gid) = (first(status(pid, "Uid")?), first(status(pid, "Gid")?));
    print_fact(about, format!("uid {uid}, gid {gid}, groups {}", status(pid, "Groups")?))
}

/// Prints a `uid_map` or `gid_map`: outside, IDs of the caller's user namespace.
pub fn print_map(file: &str) -> Result<()> {
    let map = fs::read_to_string(file).with_context(|| format!("open({file})"))?;
    let lines = map.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    print_fact(file, lines.collect::<Vec<_>>().join(", "))
}

/// A field of `/proc/PID/status`, with single spaces.
pub fn status(pid: Pid, field: &str) -> Result<String> {
    let file = format!("/proc/{pid}/status");
    let text = fs::read(&file).with_context(|| format!("open({file})"))?;
    // The name of the process in it need not be UTF-8.
    let text = String::from_utf8_lossy(&text);
    let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    Ok(value.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "))
}
