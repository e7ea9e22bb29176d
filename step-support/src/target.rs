//! A process that the reader names by its PID: which text is a PID, and why the namespaces
//! of a process cannot be read.

use std::fs;

use anyhow::Error;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};
use nix::unistd::{Pid, geteuid, getpid};

use crate::error::{errno_of, with_hint};
use crate::namespace::check_proc;
use crate::refusal;

/// Parses a PID, or says why the text cannot be one.
///
/// # Errors
///
/// A sentence for a usage error.
pub fn parse_pid(text: &str) -> Result<Pid, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{text:?} is not a PID: not a number"));
    }
    match text.parse() {
        _ if text.starts_with('-') => Err("a PID is never negative".to_owned()),
        Ok(0) => Err("0 is not a PID: the first process is 1".to_owned()),
        Ok(pid) => Ok(Pid::from_raw(pid)),
        Err(_) => Err(format!("{text} is larger than any PID")),
    }
}

/// Adds to an error of reading `/proc/PID/ns` what the state of the process explains: it
/// has ended, is hidden, or protected from this user. `again` is what to run as root.
pub fn explain(pid: Pid, error: Error, again: &str) -> Error {
    let errno = errno_of(&error);
    // Bytes, because the name of the process in it need not be UTF-8.
    let stat = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    if !is_procfs() {
        with_hint(error, "/proc is not mounted: mount -t proc proc /proc")
    } else if is_zombie(&stat) {
        with_hint(error, ended(pid))
    } else if matches!(errno, Some(Errno::EACCES | Errno::EPERM)) {
        // EPERM: /proc is mounted with hidepid=1.
        let own = refusal::own_proc_files(Errno::EACCES).pop().filter(|_| pid == getpid());
        with_hint(error, own.unwrap_or_else(|| protected(pid, again)))
    } else if !matches!(errno, Some(Errno::ENOENT | Errno::ESRCH)) {
        error
    } else if let Err(foreign) = check_proc() {
        foreign
    } else if !stat.is_empty() {
        error // the process is there, and the link is not
    } else if matches!(kill(pid, None), Ok(()) | Err(Errno::EPERM)) {
        with_hint(
            error,
            format!("process {pid} exists, but /proc hides it because it is mounted with hidepid"),
        )
    } else {
        Error::new(Errno::ESRCH).context(format!("process {pid}"))
    }
}

/// What is left of a process whose first thread has ended.
fn ended(pid: Pid) -> String {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut living = threads
        .filter(|it| fs::read(it.path().join("stat")).is_ok_and(|stat| !is_zombie(&stat)))
        .filter_map(|it| it.file_name().into_string().ok());
    match living.next() {
        Some(tid) => format!(
            "the first thread of process {pid} has ended and has left its namespaces, but others \
             run: ls -l /proc/{pid}/task/{tid}/ns"
        ),
        None => format!("process {pid} is a zombie: it has ended and has left its namespaces"),
    }
}

/// Why this user may not look into the process ("access mode checking" in `ptrace(2)`).
fn protected(pid: Pid, again: &str) -> String {
    if geteuid().is_root() {
        return refusal::root_may_not_look_into(&format!("process {pid} is"));
    }
    let command = refusal::as_root(&format!("target/debug/{again}"));
    let reasons = "it has privileges, or its program may be run but not read";
    match (is_own(pid), refusal::in_initial_user_namespace()) {
        (true, true) => {
            format!("process {pid} is yours, but the kernel protects it: {reasons}; {command}")
        }
        (true, false) => format!(
            "process {pid} is yours, but it is outside of this user namespace, or {reasons}; {command}"
        ),
        (false, true) => format!("another user's process: {command}"),
        (false, false) => {
            format!("another user's process, or one outside of this user namespace: {command}")
        }
    }
}

/// Whether a process belongs to this user. Where that is not mapped, many have its number.
fn is_own(pid: Pid) -> bool {
    real_uid(pid) == Some(geteuid().to_string()) && refusal::is_user_mapped()
}

/// The real user ID of a process, which `/proc/PID` belongs to only if it is not protected.
fn real_uid(pid: Pid) -> Option<String> {
    let status = fs::read(format!("/proc/{pid}/status")).ok()?;
    let status = String::from_utf8_lossy(&status);
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_whitespace().next().map(str::to_owned)
}

/// Whether `/proc` is a process file system, and not an empty directory.
fn is_procfs() -> bool {
    statfs("/proc").is_ok_and(|proc| proc.filesystem_type() == PROC_SUPER_MAGIC)
}

/// The state is the letter after the name, which is in parentheses and may contain some.
fn is_zombie(stat: &[u8]) -> bool {
    stat.rsplit(|&byte| byte == b')').next().is_some_and(|state| state.starts_with(b" Z"))
}
