//! How a parent and its child take turns: one connection (`socketpair(2)`), no sleep.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::output::note;
use crate::process::ParentPidfd;

/// One side of the connection between a parent and its child.
pub struct Side {
    stream: UnixStream,
    parent: Rc<ParentPidfd>,
}

/// Makes the parent's side and the child's side; the caller is the parent. It drops the
/// child's side after `clone(2)`, so that it notices when the child dies.
///
/// # Errors
///
/// `socketpair()` or `pidfd_open(self)`, with EMFILE where no more files may be open.
pub fn pair() -> Result<(Side, Side)> {
    let parent = Rc::new(ParentPidfd::of_this_process()?);
    let (parents, childs) = UnixStream::pair().context("socketpair()")?;
    Ok((Side { stream: parents, parent: parent.clone() }, Side { stream: childs, parent }))
}

impl Side {
    // ANCHOR: turns
    /// Lets the other side continue. If it has died, the next [`wait`](Side::wait) tells.
    pub fn signal(&self) {
        let _ = (&self.stream).write_all(b".");
    }

    /// Sleeps until the other side signals; false if it has died instead.
    pub fn wait(&self) -> bool {
        (&self.stream).read_exact(&mut [0]).is_ok()
    }
    // ANCHOR_END: turns

    /// In the child: see [`ParentPidfd::die_with_it`].
    pub fn die_with_parent(&self) -> Result<()> {
        self.parent.die_with_it()
    }
}

impl AsFd for Side {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
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
#[allow(clippy::unwrap_used, reason = "a test may panic")]
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
