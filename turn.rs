//! How parent and child take turns in steps 02 and 03, with pipes and no sleep.
//!
//! Both of them include this file as their module `turn`.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;

use nix::fcntl::OFlag;
use nix::unistd::{close, pipe2};

// ANCHOR: turn
/// One side of two processes that take turns: an end of each of two pipes.
pub struct Turn {
    /// The end to read from: it becomes readable when the other side passes or goes.
    pub comes: File,
    goes: File,
}

impl Turn {
    /// Makes two pipes (`pipe2(2)`), and of their ends the two sides.
    pub fn pair() -> nix::Result<(Turn, Turn)> {
        let (comes, goes_there) = pipe2(OFlag::O_CLOEXEC)?;
        let (comes_there, goes) = pipe2(OFlag::O_CLOEXEC)?;
        let here = Turn { comes: comes.into(), goes: goes.into() };
        let there = Turn { comes: comes_there.into(), goes: goes_there.into() };
        Ok((here, there))
    }

    /// Lets the other side go on. If it has died, `wait` will tell.
    pub fn pass(&self) {
        let _ = (&self.goes).write_all(b".");
    }

    /// Sleeps until the other side passes the turn; false if it has gone.
    pub fn wait(&self) -> bool {
        (&self.comes).read_exact(&mut [0]).is_ok()
    }

    /// Closes the copies of these two descriptors that `clone(2)` gave to a
    /// child: a pipe ends for its reader only when no writer has it open.
    pub fn close_copies(&self) {
        for end in [&self.comes, &self.goes] {
            let _ = close(end.as_raw_fd());
        }
    }
}
// ANCHOR_END: turn
