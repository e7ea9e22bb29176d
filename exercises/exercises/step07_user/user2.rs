//! ioctl(2) with NS_GET_USERNS takes the descriptor of a namespace file and returns
//! a new one: that of the user namespace which owns the namespace. The process in
//! it may have moved to another user namespace since.
//!
//! Return the inode number of the user namespace that owns the UTS namespace of the
//! process with this PID.
//!
//! Manual: ioctl_ns(2), user_namespaces(7)

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Pid;

// TODO: `_IO(NSIO, 1)` in <linux/nsfs.h>. Which call takes it, and what does it return?
#[allow(dead_code)]
const NS_GET_USERNS: libc::Ioctl = libc::_IO(0xb7, 1);

fn owner(pid: Pid) -> io::Result<u64> {
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    Ok(uts.metadata()?.ino())
}

fn main() -> ! {
    judge::user2(owner)
}
