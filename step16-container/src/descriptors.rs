//! What a container must not inherit: descriptors of the host, and a way to look into PID 1.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl::set_dumpable;
use step_support::{Hint, refusal};

use crate::options::Options;
use crate::protection::Protection;

/// Closes all descriptors but stdin, stdout and stderr (`close_range(2)`). One of a directory
/// of the host would lead out of the container (CVE-2024-21626 in runc).
pub fn close_inherited(options: &Options) -> Result<()> {
    if !options.has(Protection::Descriptors) {
        return Ok(());
    }
    let (first, last, flags) = (3, libc::c_uint::MAX, 0);
    // SAFETY: nothing in this process has opened a file yet, so nothing loses one.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    Errno::result(closed).map(drop).hint(refusal::any_call).context("close_range(3, ~0)")
}

/// Keeps the container out of this process, its PID 1: `/proc/1/exe` is a program of the host,
/// which root of the container could overwrite if it is the user's own (CVE-2019-5736), and
/// `/proc/1/fd` and `ptrace(2)` would be other ways out (`PR_SET_DUMPABLE`).
///
/// It holds because the memory of PID 1 belongs to the user namespace in which the program was
/// started, and nobody in the container has CAP_SYS_PTRACE there. A program that the container
/// starts has memory of its own.
pub fn hide_this_process(options: &Options) -> Result<()> {
    if !options.has(Protection::Dumpable) {
        return Ok(());
    }
    set_dumpable(false).context("prctl(PR_SET_DUMPABLE, 0)")
}
