//! How a parent and its child take turns: one connection (`socketpair(2)`), no sleep.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::output::note;
use crate::process::{DefaultSigchld, ParentPidfd};
use crate::terminal::may_read;

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
    DefaultSigchld::set(); // the parent is going to wait for its child
    let (parents, childs) = UnixStream::pair().context("socketpair()")?;
    Ok((Side { stream: parents, parent: parent.clone() }, Side { stream: childs, parent }))
}

impl Side {
    // ANCHOR: turns
    /// Lets the other side continue. If it has died, the next [`wait`](Side::wait) tells.
    pub fn notify(&self) {
        let _ = (&self.stream).write_all(b".");
    }

    /// Sleeps until the other side notifies; false if it has died instead.
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
/// unless input is there already. As a background job it leaves the terminal's input to
/// others.
pub fn wait_for_enter(child: &Side, message: &str) -> Result<()> {
    let mut stdin = io::stdin();
    let mut told = false;
    loop {
        let reading = may_read(stdin.as_fd());
        let timeout = match (told, reading) {
            (false, _) => PollTimeout::ZERO,
            (true, true) => PollTimeout::NONE,
            // Nothing tells a process that `fg` has given it the terminal: look again.
            (true, false) => BACKGROUND_CHECK_MS.into(),
        };
        let mut ends = [PollFd::new(child.as_fd(), PollFlags::POLLIN)].to_vec();
        if reading {
            ends.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
        }
        let ready = poll(&mut ends, timeout).context("poll()")?;
        if ready == 0 && !told {
            note(message);
            told = true;
        }
        if ends[0].any() == Some(true) {
            return Ok(());
        }
        if reading && ready > 0 && may_read(stdin.as_fd()) {
            // Consume the line; otherwise the shell reads it after we exit.
            let _ = stdin.read(&mut [0; 1024]);
            return Ok(());
        }
    }
}

/// How long a background job waits before it looks whether it has become the foreground job.
const BACKGROUND_CHECK_MS: u8 = 200;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_kept_until_it_is_waited_for_and_a_closed_side_ends_the_wait() {
        let (parent, child) = pair().unwrap();
        parent.notify();
        assert!(child.wait());
        drop(parent);
        assert!(!child.wait());
        child.notify();
    }
}
