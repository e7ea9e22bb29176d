//! Whether anybody writes to a file.

use std::path::Path;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

/// Files that are watched (`inotify(7)`).
pub struct Watch(Inotify);

impl Watch {
    /// Watches these files from now on.
    pub fn on(files: &[&Path]) -> nix::Result<Watch> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        for file in files {
            inotify.add_watch(*file, AddWatchFlags::IN_MODIFY)?;
        }
        Ok(Watch(inotify))
    }

    /// Whether one of them has been written to.
    pub fn was_written(&self) -> nix::Result<bool> {
        match self.0.read_events() {
            Ok(events) => Ok(!events.is_empty()),
            Err(Errno::EAGAIN) => Ok(false),
            Err(errno) => Err(errno),
        }
    }
}
