//! Why the links of a process could not be read.

use std::fs;

use anyhow::Error;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};
use nix::unistd::{Pid, geteuid};
use step_support::error::{errno_of, with_hint};
use step_support::refusal::{is_zombie, living_thread, unreadable};

/// Adds to an error of reading `/proc/PID/ns` what the state of the process explains: it
/// is hidden, a zombie, another user's, or does not exist.
pub fn explain(pid: Pid, error: Error) -> Error {
    let errno = errno_of(&error);
    // Bytes, because the name of the process in it need not be UTF-8.
    let stat = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    if !is_procfs() {
        with_hint(error, "/proc is not mounted: mount -t proc proc /proc")
    } else if let Some(thread) = living_thread(pid) {
        with_hint(
            error,
            format!(
                "the first thread of process {pid} has ended, but others live; ask for one of \
                 them: step01-proc-ns {thread}"
            ),
        )
    } else if is_zombie(&stat) {
        with_hint(
            error,
            format!("process {pid} is a zombie: it has ended and has left its namespaces"),
        )
    } else if errno == Some(Errno::EACCES) && geteuid().is_root() {
        with_hint(
            error,
            "you are root but may not look into this process; check: grep CapPrm /proc/PID/status",
        )
    } else if errno == Some(Errno::EACCES) {
        with_hint(error, format!("{}: sudo target/debug/step01-proc-ns PID", unreadable(pid)))
    } else if !matches!(errno, Some(Errno::ENOENT | Errno::ESRCH)) {
        error
    } else if matches!(kill(pid, None), Ok(()) | Err(Errno::EPERM)) && stat.is_empty() {
        with_hint(
            error,
            format!("process {pid} exists, but /proc hides it because it is mounted with hidepid"),
        )
    } else {
        Error::new(Errno::ESRCH).context(format!("process {pid}"))
    }
}

/// Whether `/proc` is a process file system, and not an empty directory.
fn is_procfs() -> bool {
    statfs("/proc").is_ok_and(|proc| proc.filesystem_type() == PROC_SUPER_MAGIC)
}
