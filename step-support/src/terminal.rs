//! Sharing the terminal with a command: Ctrl-C is the command's, and only the foreground
//! job reads.

use std::fs;
use std::fs::File;
use std::io::Read;
use std::os::fd::BorrowedFd;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp, tcgetpgrp};

use crate::output::note;
use crate::process::end_by_signal;

/// Whether reading from this descriptor would not stop us with SIGTTIN: it is not our
/// controlling terminal, or we are its foreground process group.
pub fn may_read(fd: BorrowedFd) -> bool {
    tcgetpgrp(fd).is_err_and(|errno| errno == Errno::ENOTTY) || tcgetpgrp(fd) == Ok(getpgrp())
}

/// What waiting for a command needs. Opened before the command may change what `/proc` is.
pub struct Terminal {
    proc: Option<File>,
}

impl Terminal {
    /// Opens `/proc`, if there is one.
    pub fn open() -> Terminal {
        Terminal { proc: File::open("/proc").ok() }
    }

    /// Waits for a command that shares our terminal, as a shell does, and returns its exit
    /// status, or 128+N if signal N killed it.
    ///
    /// Ctrl-C and Ctrl-\ are for the command. If it is PID 1 of a PID namespace and has no
    /// handler, the kernel drops them: the first one is explained, the second kills.
    pub fn wait_for_command(&self, child: Pid) -> Result<u8> {
        let mut signals = keys_not_ignored();
        signals.add(Signal::SIGCHLD);
        // Blocked before the first look at the child, so that no signal is missed.
        signals.thread_block().context("sigprocmask()")?;
        let mut explained = false;
        loop {
            let status = waitpid(child, Some(WaitPidFlag::WNOHANG));
            match status.with_context(|| format!("waitpid({child})"))? {
                WaitStatus::StillAlive => {}
                WaitStatus::Exited(_, status) => return Ok(u8::try_from(status)?),
                WaitStatus::Signaled(_, key @ (Signal::SIGINT | Signal::SIGQUIT), _) => {
                    return Ok(end_by_signal(key));
                }
                WaitStatus::Signaled(_, signal, _) => return Ok(128 + signal as u8),
                other => bail!("waitpid({child}): {other:?}"),
            }
            let key = signals.wait().context("sigwait()")?;
            if key == Signal::SIGCHLD || !self.drops(child, key) {
                continue;
            }
            if explained {
                let _ = kill(child, Signal::SIGKILL);
            } else {
                note(&format!(
                    "note: the command is PID 1 of its PID namespace and has no handler for {key}, \
                     so the kernel drops the signal; press the key again to kill the command"
                ));
                explained = true;
            }
        }
    }

    /// Whether the kernel drops this signal for the child: it is PID 1 of a PID namespace, and
    /// neither handles, blocks nor ignores the signal.
    fn drops(&self, child: Pid, signal: Signal) -> bool {
        let mut status = String::new();
        let path = format!("{child}/status");
        let file = self.proc.as_ref().and_then(|proc| {
            openat(proc, path.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).ok()
        });
        let Some(file) = file else { return false };
        let _ = File::from(file).read_to_string(&mut status);
        let field = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim()
        };
        let has = |name: &str| {
            let set = u64::from_str_radix(field(name), 16).unwrap_or_default();
            set & (1 << (signal as i32 - 1)) != 0
        };
        let mut pids = field("NSpid:").split_whitespace();
        let first = pids.next() != Some("1") && pids.next_back() == Some("1");
        first && !["SigCgt:", "SigIgn:", "SigBlk:"].into_iter().any(has)
    }
}

/// The keys of the terminal that would end this process.
fn keys_not_ignored() -> SigSet {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0);
    let keys = [Signal::SIGINT, Signal::SIGQUIT].into_iter();
    keys.filter(|key| ignored & (1 << (*key as i32 - 1)) == 0).collect()
}
