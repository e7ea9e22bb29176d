//! The sets of capabilities that a process changes itself, by hand: nix has no functions for them
//! (in C, libcap has).

use anyhow::{Context, Result};
use nix::errno::Errno;
use step_support::Hint;

use crate::cli;

/// Three sets of a process: 32 capabilities of each.
#[repr(C)]
#[derive(Default)]
pub struct CapSets {
    /// CapEff: what the kernel checks.
    pub effective: u32,
    /// CapPrm: what may be made effective.
    pub permitted: u32,
    /// CapInh: what may be made ambient.
    pub inheritable: u32,
}

/// Reads the sets of this process (`capget(2)`), changes them, and writes them (`capset(2)`).
pub fn change(change: impl FnOnce(&mut CapSets)) -> Result<()> {
    // The version in which the capabilities are 64, in two halves, and the PID: 0 is the caller.
    let mut header: [u32; 2] = [0x2008_0522, 0];
    let mut halves = [CapSets::default(), CapSets::default()];
    // SAFETY: the kernel reads and writes the header, and writes both halves.
    let read = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, halves.as_mut_ptr()) };
    Errno::result(read).context("capget()")?;
    change(&mut halves[0]);
    // SAFETY: the kernel reads and writes the header, and reads both halves.
    let written = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, halves.as_ptr()) };
    Errno::result(written).map(drop).hint(cli::capset_hints).context("capset()")
}
