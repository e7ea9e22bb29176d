//! Sharing the terminal with a command: Ctrl-C is the command's, and only the foreground
//! job reads.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitStatus;

use anyhow::{Context, Result};
use nix::fcntl::{OFlag, openat};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::WaitPidFlag;
use nix::unistd::{Pid, getpgrp, tcgetpgrp};

use crate::output::note;
use crate::status::wait;

/// Whether reading from this descriptor would not stop us with SIGTTIN: it is not our
/// controlling terminal, or we are its foreground process group.
pub fn may_read(fd: BorrowedFd) -> bool {
    tcgetpgrp(fd).map_or(true, |foreground| foreground == getpgrp())
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

    /// Blocks Ctrl-C and Ctrl-\\, which are for the command, and SIGCHLD. Keys that were
    /// ignored already stay so. The command is forked before, so it is not affected.
    pub fn block_keys(&self) -> Result<SigSet> {
        let ignored = self.signals("self", "SigIgn:");
        let keys = [Signal::SIGINT, Signal::SIGQUIT].into_iter();
        let mut signals: SigSet = keys.filter(|key| ignored & bit(*key) == 0).collect();
        signals.add(Signal::SIGCHLD);
        signals.thread_block().context("sigprocmask()")?;
        Ok(signals)
    }

    /// Waits for a command that shares our terminal, as a shell does. `keys` is what
    /// [`block_keys`](Terminal::block_keys) returned.
    ///
    /// If the command is PID 1 of a PID namespace and has no handler, the kernel drops the
    /// keys: the first one is explained, the second kills.
    pub fn wait_for_command(&self, child: Pid, keys: SigSet) -> Result<ExitStatus> {
        let mut explained = false;
        loop {
            if let Some(status) = wait(child, WaitPidFlag::WNOHANG)? {
                return Ok(status);
            }
            let key = keys.wait().context("sigwait()")?;
            if key == Signal::SIGCHLD || !self.drops(child, key) {
                continue;
            }
            if explained {
                let _ = kill(child, Signal::SIGKILL);
            } else {
                note_if_read(&format!(
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
        let process = child.to_string();
        let pids = self.status(&process, "NSpid:");
        let mut pids = pids.split_whitespace();
        let first = pids.next() != Some("1") && pids.next_back() == Some("1");
        let has = |field: &str| self.signals(&process, field) & bit(signal) != 0;
        first && !["SigCgt:", "SigIgn:", "SigBlk:"].into_iter().any(has)
    }

    /// A set of signals of a process, as bits.
    fn signals(&self, process: &str, field: &str) -> u64 {
        u64::from_str_radix(&self.status(process, field), 16).unwrap_or_default()
    }

    /// A field of `/proc/PID/status`; empty if it cannot be read. The name of the process in
    /// that file need not be UTF-8.
    fn status(&self, process: &str, field: &str) -> String {
        let mut text = Vec::new();
        let path = format!("{process}/status");
        let file = self.proc.as_ref().and_then(|proc| {
            openat(proc, path.as_str(), OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).ok()
        });
        if let Some(file) = file {
            let _ = File::from(file).read_to_end(&mut text);
        }
        let text = String::from_utf8_lossy(&text);
        let value = text.lines().find_map(|line| line.strip_prefix(field));
        value.unwrap_or_default().trim().to_owned()
    }
}

/// Prints to stderr unless that would wait for its reader, while the keys are blocked.
fn note_if_read(text: &str) {
    let stderr = io::stderr();
    let mut ends = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut ends, PollTimeout::ZERO) != Ok(0) {
        note(text);
    }
}

/// The bit of a signal in the sets of `/proc/PID/status`.
fn bit(signal: Signal) -> u64 {
    1 << (signal as i32 - 1)
}
