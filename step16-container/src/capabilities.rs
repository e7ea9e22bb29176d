//! What root of the container may do. Step 13 explains it.

use anyhow::{Context, Result};
use nix::errno::Errno;
use step_support::{Hint, refusal};

use crate::options::Options;
use crate::protection::Protection;

/// The capabilities that are left, by their numbers: what it takes to install packages, to
/// become another user and to serve web pages. The others are for whoever looks after a machine.
pub const KEPT: [(u32, &str); 9] = [
    (0, "CAP_CHOWN"),
    (1, "CAP_DAC_OVERRIDE"),
    (3, "CAP_FOWNER"),
    (4, "CAP_FSETID"),
    (5, "CAP_KILL"),
    (6, "CAP_SETGID"),
    (7, "CAP_SETUID"),
    (10, "CAP_NET_BIND_SERVICE"),
    (18, "CAP_SYS_CHROOT"),
];

/// Drops all others from every set, from the bounding set first: that takes CAP_SETPCAP.
pub fn keep_few(options: &Options) -> Result<()> {
    if !options.has(Protection::Capabilities) {
        return Ok(());
    }
    for capability in (0..64).filter(|it| KEPT.iter().all(|(kept, _)| kept != it)) {
        match prctl(libc::PR_CAPBSET_DROP, capability) {
            Err(Errno::EINVAL) => break, // this kernel has no more
            result => result
                .hint(refusal::bounding_set)
                .with_context(|| format!("prctl(PR_CAPBSET_DROP, {capability})"))?,
        }
    }
    let kept = KEPT.iter().fold(0, |set, (capability, _)| set | 1 << capability);
    // Effective and permitted; nothing is inheritable, and so nothing ambient.
    set_all([[kept, kept, 0], [0, 0, 0]])
}

/// Sets the effective, permitted and inheritable set, first 32 capabilities and then 32 more
/// (`capset(2)`).
pub fn set_all(halves: [[u32; 3]; 2]) -> Result<()> {
    // The version with two halves, and the PID: 0 is the caller.
    let header: [u32; 2] = [0x2008_0522, 0];
    // SAFETY: the kernel reads the header and both halves.
    let set = unsafe { libc::syscall(libc::SYS_capset, &raw const header, halves.as_ptr()) };
    Errno::result(set).map(drop).hint(refusal::any_call).context("capset()")
}

/// From now on no program gives more privileges than its caller has (`PR_SET_NO_NEW_PRIVS`).
pub fn set_no_new_privs(options: &Options) -> Result<()> {
    if !options.has(Protection::NoNewPrivs) {
        return Ok(());
    }
    prctl(libc::PR_SET_NO_NEW_PRIVS, 1).context("prctl(PR_SET_NO_NEW_PRIVS, 1)")
}

fn prctl(option: i32, argument: u32) -> nix::Result<()> {
    let [argument, unused] = [argument, 0].map(libc::c_ulong::from);
    // SAFETY: the options that are used here take numbers and touch no memory of ours.
    let result = unsafe { libc::prctl(option, argument, unused, unused, unused) };
    Errno::result(result).map(drop)
}
