//! Prints what `/proc` tells about a process.

use std::fs;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::errno::Errno;
use nix::unistd::Pid;
use step_support::error::errno;
use step_support::namespace::{KINDS, link};
use step_support::{Hint, print, refusal};

/// Prints these fields of `/proc/PID/status`.
pub fn print_status(label: &str, pid: Pid, fields: &[&str]) -> Result<()> {
    let file = format!("/proc/{pid}/status");
    let text = match fs::read(&file) {
        Err(error) if matches!(errno(&error), Errno::ENOENT | Errno::ESRCH) => {
            return print_fact(label, &format!("no /proc/{pid}"));
        }
        text => text.with_context(|| format!("open({file})"))?,
    };
    // The name of the process in it need not be UTF-8.
    let text = String::from_utf8_lossy(&text).replace('\t', " ");
    let lines = text.lines().filter(|line| fields.iter().any(|field| line.starts_with(field)));
    print_fact(label, &lines.collect::<Vec<_>>().join("  "))
}

/// Prints the namespaces that a process has, by those links in `/proc/PID/ns` that lead
/// somewhere.
pub fn print_namespaces(label: &str, pid: Pid) -> Result<()> {
    let links = KINDS.iter().filter_map(|kind| link(pid, kind.name).ok());
    let links = links.collect::<Vec<_>>().join("  ");
    match link(pid, "user") {
        Err(error) if errno(&error) == Errno::EACCES => Err(error)
            .hint(refusal::own_proc_files)
            .with_context(|| format!("readlink(/proc/{pid}/ns/user)")),
        _ => print_fact(label, &links),
    }
}

/// Prints a line.
pub fn print_fact(label: &str, value: &str) -> Result<()> {
    print(&format!("{:<32}{}", format!("{label}:"), value.green()))
}
