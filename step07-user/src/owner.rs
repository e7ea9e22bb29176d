//! Who owns a namespace: a user namespace, which itself belongs to a user (`ioctl_ns(2)`).

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use anyhow::{Context, Result};
use libc::{NS_GET_OWNER_UID, NS_GET_USERNS};
use nix::errno::Errno;
use nix::unistd::Pid;
use step_support::namespace::link;
use step_support::{Hint, refusal};

use crate::facts::print_fact;

/// Prints which user namespace owns the UTS namespace of a process, and whose that is.
pub fn print_namespace_owner(pid: Pid) -> Result<()> {
    let file = format!("/proc/{pid}/ns/uts");
    let uts = File::open(&file).hint(refusal::own_proc_files);
    let uts = uts.with_context(|| format!("open({file})"))?;
    let name = link(pid, "uts").with_context(|| format!("readlink({file})"))?;
    let about = format!("owner of {name}");
    // ANCHOR: owner
    // SAFETY: the descriptor is open, and the call touches no memory of ours.
    let owner = match Errno::result(unsafe { libc::ioctl(uts.as_raw_fd(), NS_GET_USERNS) }) {
        // SAFETY: the kernel has just created this descriptor, and nobody else owns it.
        Ok(owner) => File::from(unsafe { OwnedFd::from_raw_fd(owner) }),
        Err(Errno::EPERM) => return print_fact(&about, "a user namespace outside of the caller's"),
        Err(errno) => return Err(errno).hint(refusal::any_call).context("ioctl(NS_GET_USERNS)"),
    };
    let inode = owner.metadata().context("fstat(user namespace)")?.ino();
    let mut uid: libc::uid_t = 0;
    // SAFETY: the descriptor is open, and the kernel writes one number to `uid`.
    let result = unsafe { libc::ioctl(owner.as_raw_fd(), NS_GET_OWNER_UID, &raw mut uid) };
    Errno::result(result).context("ioctl(NS_GET_OWNER_UID)")?;
    // ANCHOR_END: owner
    print_fact(&about, format!("user:[{inode}], owner uid {uid}"))
}
