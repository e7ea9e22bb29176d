//! Capabilities of a process.

use nix::errno::Errno;
use std::fs;

/// Drops all capabilities of the caller (`capset(2)`): an ordinary user has none.
pub fn drop_capabilities() -> nix::Result<()> {
    let mut header = [0x2008_0522_u32, 0]; // _LINUX_CAPABILITY_VERSION_3, pid 0: the caller
    let sets = [0_u32; 6];
    // SAFETY: header and sets have the layout and size of version 3, and outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), sets.as_ptr()) };
    Errno::result(result).map(drop)?;
    let caps = fs::read_to_string("/proc/self/status").unwrap_or_default();
    if caps.contains("CapEff:\t0000000000000000") { Ok(()) } else { Err(Errno::EPERM) }
}
