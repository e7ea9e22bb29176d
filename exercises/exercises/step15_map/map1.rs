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
use std::os::unix::fs::MetadataExt;

fn owner_of(file: File) -> io::Result<u64> {
    // TODO: This is the number of which namespace? Which request opens its owner?
    Ok(file.metadata()?.ino())
}

fn main() -> ! {
    judge::map1(owner_of)
}
