//! The container's keys (keyrings(7)).

use anyhow::{Context, Result};
use nix::errno::Errno;
use step_support::{Hint, refusal};

use crate::options::Options;
use crate::protection::Protection;

/// Joins a new, empty session keyring. The old one, with the keys of the user who has started
/// the container, would be inherited: no namespace separates keys.
pub fn join_new(options: &Options) -> Result<()> {
    if !options.has(Protection::Keyring) {
        return Ok(());
    }
    let (operation, unnamed) =
        (libc::KEYCTL_JOIN_SESSION_KEYRING, std::ptr::null::<libc::c_char>());
    // SAFETY: the kernel reads no name through NULL.
    match Errno::result(unsafe { libc::syscall(libc::SYS_keyctl, operation, unnamed) }) {
        Err(Errno::ENOSYS) => Ok(()), // a kernel without keys
        result => {
            result.map(drop).hint(refusal::any_call).context("keyctl(KEYCTL_JOIN_SESSION_KEYRING)")
        }
    }
}
