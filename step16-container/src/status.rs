//! How the command ended, as PID 1 saw it. Its own exit status could not tell a signal.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::unistd::pipe2;

/// One end of the pipe for it.
pub struct Status(File);

/// The end outside and the end inside.
pub fn pair() -> Result<(Status, Status)> {
    let (outside, inside) = pipe2(OFlag::O_CLOEXEC).context("pipe2(O_CLOEXEC)")?;
    Ok((Status(outside.into()), Status(inside.into())))
}

impl Status {
    /// Inside: tells it.
    pub fn write(&self, status: i32) {
        let _ = (&self.0).write_all(&status.to_ne_bytes());
    }

    /// Outside, after the end of PID 1: what it has told. None if it ended before that.
    pub fn read(&self) -> Option<ExitStatus> {
        let mut status = [0; 4];
        (&self.0).read_exact(&mut status).ok()?;
        Some(ExitStatus::from_raw(i32::from_ne_bytes(status)))
    }
}
