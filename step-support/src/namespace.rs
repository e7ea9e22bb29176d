//! The kinds of namespace, their flags, and the links in `/proc/PID/ns`.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, readlink, readlinkat};
use nix::sched::CloneFlags;
use nix::sys::stat::Mode;
use nix::unistd::getpid;

use crate::error::{Hint, failure};
use crate::output::{note, printable};
use crate::refusal;

/// A kind of namespace.
pub struct Kind {
    /// Its link in `/proc/PID/ns`.
    pub name: &'static str,
    /// Its option of `unshare(1)`.
    pub option: char,
    /// The flag for it in `clone(2)`, `unshare(2)` and `setns(2)`.
    pub flag: CloneFlags,
}

/// All kinds, in the order of their names.
pub const KINDS: [Kind; 8] = [
    Kind { name: "cgroup", option: 'C', flag: CloneFlags::CLONE_NEWCGROUP },
    Kind { name: "ipc", option: 'i', flag: CloneFlags::CLONE_NEWIPC },
    // "A new namespace": in 2002 there was no other kind.
    Kind { name: "mnt", option: 'm', flag: CloneFlags::CLONE_NEWNS },
    Kind { name: "net", option: 'n', flag: CloneFlags::CLONE_NEWNET },
    Kind { name: "pid", option: 'p', flag: CloneFlags::CLONE_NEWPID },
    // nix has no name for it.
    Kind { name: "time", option: 'T', flag: CloneFlags::from_bits_retain(libc::CLONE_NEWTIME) },
    Kind { name: "user", option: 'U', flag: CloneFlags::CLONE_NEWUSER },
    Kind { name: "uts", option: 'u', flag: CloneFlags::CLONE_NEWUTS },
];

/// What a step prints when it adds CLONE_NEWUSER for an unprivileged user.
pub const USER_NAMESPACE_NOTE: &str = "note: not root: clone() also gets CLONE_NEWUSER; the \
    child has all capabilities, but only in that new user namespace";

/// The flags as the manual writes them: `CLONE_NEWUSER | CLONE_NEWUTS`.
pub fn flag_names(flags: CloneFlags) -> String {
    let mut names: Vec<_> = flags.iter_names().map(|(name, _)| name).collect();
    if flags.bits() & libc::CLONE_NEWTIME != 0 {
        names.push("CLONE_NEWTIME");
    }
    names.join(" | ")
}

/// What is shown for a PID namespace for children that has no first process yet.
pub const NONE_YET: &str = "(none yet)";

/// The namespaces of a process (a PID or `self`): the names of the links in
/// `/proc/PID/ns`, sorted, and where they lead, as in `uts:[4026531838]`.
pub fn links(pid: impl Display) -> Result<Vec<(String, String)>> {
    let dir = format!("/proc/{pid}/ns");
    let mut links = Vec::new();
    let entries = fs::read_dir(&dir).hint(refusal::own_proc_files);
    for entry in entries.with_context(|| format!("open({dir})"))? {
        let name = printable(entry.with_context(|| format!("getdents({dir})"))?.file_name());
        let target = match link(&pid, &name) {
            // After unshare(CLONE_NEWPID), most kernels have no target until a child is born.
            Err(_) if name == "pid_for_children" => NONE_YET.to_owned(),
            target => target.with_context(|| format!("readlink({dir}/{name})"))?,
        };
        links.push((name, target));
    }
    links.sort();
    Ok(links)
}

/// The links of this process, readable even from a mount namespace with another `/proc`.
pub struct OwnLinks {
    dir: OwnedFd,
    before: Vec<(&'static str, OsString)>,
}

impl OwnLinks {
    /// Opens `/proc/self/ns` and reads the links as they are now.
    pub fn open() -> Result<OwnLinks> {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let dir = open("/proc/self/ns", flags, Mode::empty()).context("open(/proc/self/ns)")?;
        let before = OwnLinks::read(&dir);
        Ok(OwnLinks { dir, before })
    }

    fn read(dir: &OwnedFd) -> Vec<(&'static str, OsString)> {
        let mut names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        names.extend(["pid_for_children", "time_for_children"]);
        names.sort();
        let links = names.into_iter().filter_map(|name| match readlinkat(dir, name) {
            Ok(target) => Some((name, target)),
            Err(_) if name == "pid_for_children" => Some((name, NONE_YET.into())),
            Err(_) => None,
        });
        links.collect()
    }

    /// Prints to stderr which links differ from those that were read first, and returns
    /// their names.
    pub fn report_changes(&self) -> Vec<&'static str> {
        let after = OwnLinks::read(&self.dir);
        let mut changed = Vec::new();
        for (name, after) in after {
            // `setns(2)` moves the caller and its children into a time namespace: one line.
            let told = name == "time_for_children" && changed.contains(&"time");
            let before = self.before.iter().find(|(it, _)| *it == name);
            if let Some((_, before)) = before.filter(|(_, before)| *before != after && !told) {
                note(&format!("{name}: {} -> {}", printable(before), printable(after)));
                changed.push(name);
            }
        }
        changed
    }
}

/// Where one link of `/proc/PID/ns` leads (`readlink(2)`).
pub fn link(pid: impl Display, name: &str) -> io::Result<String> {
    fs::read_link(format!("/proc/{pid}/ns/{name}")).and_then(not_empty).map(printable)
}

/// Whether the next child of this process will be in another PID namespace: after
/// `unshare(CLONE_NEWPID)`, or `setns(2)` into one.
pub fn children_change_pid_namespace() -> bool {
    link("self", "pid").ok() != link("self", "pid_for_children").ok()
}

/// The inode number in a link such as `uts:[4026531838]`.
pub fn inode(target: &OsStr) -> Option<u64> {
    target.to_str()?.split_once(":[")?.1.strip_suffix(']')?.parse().ok()
}

/// Some kernels (seen on 5.10) return an empty text, without an error, for a link that we may
/// not read.
pub fn not_empty(target: PathBuf) -> io::Result<PathBuf> {
    match target.as_os_str().is_empty() {
        true => Err(Errno::EACCES.into()),
        false => Ok(target),
    }
}

/// Makes sure that `/proc` belongs to our PID namespace. If it does not, its numbers
/// are those of other processes.
pub fn check_proc() -> Result<()> {
    let there = match readlink("/proc/self") {
        // The link is there, but it leads nowhere.
        Err(Errno::ENOENT) if fs::symlink_metadata("/proc/self").is_ok() => "nothing".to_owned(),
        there => printable(there.context("readlink(/proc/self)")?),
    };
    let here = getpid().to_string();
    match there == here {
        true => Ok(()),
        false => Err(failure(
            format!("/proc belongs to another PID namespace: PID {here} is {there} there"),
            "unshare --mount-proc mounts the right one",
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn flags_are_written_as_in_the_manual() {
        let flags = KINDS.iter().filter(|it| ["user", "time", "uts"].contains(&it.name));
        let flags = flags.fold(CloneFlags::empty(), |flags, it| flags | it.flag);
        assert_eq!(flag_names(flags), "CLONE_NEWUTS | CLONE_NEWUSER | CLONE_NEWTIME");
        assert_eq!(flag_names(CloneFlags::empty()), "");
    }

    #[test]
    fn the_links_of_this_process_are_those_that_the_kernel_lists() {
        let links = links("self").unwrap();
        assert!(links.is_sorted());
        for (name, target) in links.iter().filter(|(name, _)| !name.ends_with("_for_children")) {
            assert!(target.starts_with(&format!("{name}:[")), "{target}");
        }
        assert!(check_proc().is_ok());
    }
}
