//! How the step learns the number of a process that it has not created, and lets it end.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;
use step_support::process::pidfd_open;
use step_support::{Hint, refusal};

/// A process, and the connection to it.
pub struct Orphan {
    /// Its number in the namespace of the step.
    pub pid: Pid,
    pidfd: OwnedFd,
    stream: UnixStream,
}

/// In the process: sends its number, and returns when the step lets it end.
pub fn report_and_wait(mut stream: UnixStream, pid: &Path) -> Result<u8> {
    stream.write_all(pid.as_os_str().as_bytes()).context("write(socket)")?;
    let _ = stream.read(&mut [0]);
    Ok(0)
}

impl Orphan {
    /// Waits for the number. None if the process has ended before.
    pub fn receive(mut stream: UnixStream) -> Result<Option<Orphan>> {
        let mut text = [0; 16];
        let length = stream.read(&mut text).context("read(socket)")?;
        let text = std::str::from_utf8(&text[..length]).unwrap_or_default();
        let Ok(pid) = text.parse().map(Pid::from_raw) else { return Ok(None) };
        let pidfd = pidfd_open(pid).hint(refusal::any_call).context("pidfd_open()")?;
        Ok(Some(Orphan { pid, pidfd, stream }))
    }

    /// Lets the process end, and waits for that. Its parent, not the step, will reap it.
    pub fn end(&self) -> Result<()> {
        let _ = (&self.stream).write_all(b".");
        let mut ends = [PollFd::new(self.pidfd.as_fd(), PollFlags::POLLIN)];
        poll(&mut ends, PollTimeout::NONE).context("poll(pidfd)")?;
        Ok(())
    }
}
