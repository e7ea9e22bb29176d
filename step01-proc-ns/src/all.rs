//! `--all`: every namespace that has a process in it, as `lsns(8)` lists them.
//!
//! It reads thousands of processes with few system calls: for each process one directory
//! descriptor, for each kind one `readlinkat(2)`, no paths, and one `write(2)` at the end.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, readlinkat};
use nix::sys::stat::Mode;
use nix::unistd::geteuid;

use step_support::namespace::inode;
use step_support::{print, printable, refusal};

/// The processes that share one namespace.
struct Members {
    count: usize,
    lowest: u32,
}

/// Prints a line for each namespace: kind, inode number, the number of processes in it,
/// and the one with the lowest PID. The last lines say what is missing.
pub fn list(ours: &[(String, String)]) -> Result<()> {
    let kinds = kinds(ours);
    let mut namespaces: BTreeMap<(&str, u64), Members> = BTreeMap::new();
    let mut forbidden = Vec::new();
    for pid in pids()? {
        match inodes(pid, &kinds) {
            Ok(inodes) => {
                for namespace in inodes {
                    let members =
                        namespaces.entry(namespace).or_insert(Members { count: 0, lowest: pid });
                    members.count += 1;
                    members.lowest = members.lowest.min(pid);
                }
            }
            // EPERM: /proc is mounted with hidepid=1.
            Err(errno @ (Errno::EACCES | Errno::EPERM)) => forbidden.push(errno),
            Err(Errno::ENOENT | Errno::ESRCH) => {} // it has ended since /proc was read
            Err(errno) => return Err(errno).with_context(|| format!("open(/proc/{pid}/ns)")),
        }
    }

    let mut text = format!("{:<8}{:<12}{:>9}{:>9}  COMMAND\n", "KIND", "INODE", "PROCESSES", "PID");
    for ((kind, inode), Members { count, lowest }) in namespaces {
        let command = fs::read(format!("/proc/{lowest}/comm")).unwrap_or_default();
        let command = printable(OsStr::from_bytes(command.trim_ascii_end()));
        writeln!(text, "{kind:<8}{inode:<12}{count:>9}{lowest:>9}  {command}")?;
    }
    text.push_str(&unread(&forbidden));
    print(&text)
}

/// The last lines: what is not in the list, and why.
fn unread(forbidden: &[Errno]) -> String {
    let count = forbidden.len();
    let (processes, they_are) = match count {
        1 => ("process", "it is"),
        _ => ("processes", "they are"),
    };
    let whose = match refusal::in_initial_user_namespace() {
        true => "of another user, or privileged",
        false => "outside of this user namespace, of another user, or privileged",
    };
    let reason = match forbidden.first() {
        None => String::new(),
        Some(errno) if geteuid().is_root() => {
            format!(": {errno}; {}", refusal::root_may_not_look_into(they_are))
        }
        Some(errno) => {
            let command = refusal::as_root("target/debug/step01-proc-ns --all");
            format!(": {errno}; {they_are} {whose}: {command}")
        }
    };
    format!(
        "Not listed: namespaces without processes, which a mount or an open file keeps alive.\n\
         {count} {processes} could not be read{reason}"
    )
}

/// The kinds of namespace that this kernel has: those of `ours`. The links for future
/// children are left out: like `lsns`, this counts the namespaces that a process is in.
fn kinds(ours: &[(String, String)]) -> Vec<&str> {
    let kinds = ours.iter().map(|(kind, _)| kind.as_str());
    kinds.filter(|kind| !kind.ends_with("_for_children")).collect()
}

/// The processes that `/proc` shows (`getdents(2)`).
fn pids() -> Result<Vec<u32>> {
    let names = fs::read_dir("/proc").context("open(/proc)")?.flatten();
    Ok(names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// The namespaces of one process: kind and inode number. A zombie has left most of its
/// namespaces already.
fn inodes<'a>(pid: u32, kinds: &[&'a str]) -> nix::Result<Vec<(&'a str, u64)>> {
    let path = format!("/proc/{pid}/ns");
    let ns = open(path.as_str(), OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
    let mut inodes = Vec::with_capacity(kinds.len());
    for &kind in kinds {
        match readlinkat(&ns, kind) {
            // Some kernels (seen on 5.10) return an empty text for a link that we may not read.
            Ok(target) if target.is_empty() => return Err(Errno::EACCES),
            Ok(target) => inodes.extend(inode(&target).map(|inode| (kind, inode))),
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(inodes)
}
