//! Every namespace belongs to a user namespace, its owner. Here all processes of
//! both have ended, so no link in /proc/PID/ns leads to them. The kernel can still
//! be asked, because `file` is open.
//!
//! Return the inode number of the user namespace that owns the namespace behind
//! `file`.
//!
//! Manual: ioctl_ns(2)

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::MetadataExt;

fn owner_of(file: File) -> io::Result<u64> {
    // SAFETY: the request takes no argument.
    let fd = unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_USERNS) };
    if fd == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, and nothing else owns it.
    let owner = unsafe { File::from_raw_fd(fd) };
    Ok(owner.metadata()?.ino())
}

fn main() -> ! {
    judge::map1(owner_of)
}
