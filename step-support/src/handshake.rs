//! How a parent and its child take turns: one connection (`socketpair(2)`), no sleep.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::output::note;

/// One side of the connection between a parent and its child.
pub struct Side(UnixStream);

/// Makes both sides. The parent drops the child's side after `clone(2)`, so that it
/// notices when the child dies.
///
/// # Errors
///
/// `socketpair()`, with EMFILE where no more files may be open.
pub fn pair() -> Result<(Side, Side)> {
    let (parent, child) = UnixStream::pair().context("socketpair()")?;
    Ok((Side(parent), Side(child)))
}

impl Side {
    /// Lets the other side continue. If it has died, the next [`wait`](Side::wait) tells.
    pub fn signal(&self) {
        let _ = (&self.0).write_all(b".");
    }

    /// Sleeps until the other side signals; false if it has died instead.
    pub fn wait(&self) -> bool {
        (&self.0).read_exact(&mut [0]).is_ok()
    }
}

impl AsFd for Side {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Waits until a line or the end of input arrives on stdin, or until the other side of
/// `child` closes because the child has died (`poll(2)`). Prints `message` to stderr
/// unless input is there already.
pub fn wait_for_enter(child: &Side, message: &str) -> Result<()> {
    let mut stdin = io::stdin();
    let mut ends = [
        PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
        PollFd::new(child.as_fd(), PollFlags::POLLIN),
    ];
    if poll(&mut ends, PollTimeout::ZERO).context("poll()")? == 0 {
        note(message);
        poll(&mut ends, PollTimeout::NONE).context("poll()")?;
    }
    if ends[0].any() == Some(true) {
        // Consume the line; otherwise the shell reads it after we exit.
        let _ = stdin.read(&mut [0; 1024]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_kept_until_it_is_waited_for_and_a_closed_side_ends_the_wait() {
        let (parent, child) = pair().unwrap();
        parent.signal();
        assert!(child.wait());
        drop(parent);
        assert!(!child.wait());
        child.signal();
    }
}
