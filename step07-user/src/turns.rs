//! Ends the turns of a parent and its child.

use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use step_support::handshake::Side;

/// Lets a child that waits for its parent continue as if the parent had died. It would not
/// notice that the parent drops its side, because the child has a copy of that.
pub fn end(parent_side: Side) {
    if let Ok(stream) = parent_side.as_fd().try_clone_to_owned() {
        let _ = UnixStream::from(stream).shutdown(Shutdown::Both);
    }
}
