//! `clone3(2)`, for which neither libc nor nix has a function.

use nix::errno::Errno;
use nix::unistd::{ForkResult, Pid};

/// The arguments of `clone3(2)`, as in `<linux/sched.h>`; libc has them for 64-bit processors
/// only. What is 0 is not used.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(8))]
#[allow(missing_docs, reason = "the manual explains them")]
pub struct CloneArgs {
    pub flags: u64,
    pub pidfd: u64,
    pub child_tid: u64,
    pub parent_tid: u64,
    pub exit_signal: u64,
    pub stack: u64,
    pub stack_size: u64,
    pub tls: u64,
    pub set_tid: u64,
    pub set_tid_size: u64,
    pub cgroup: u64,
}

impl CloneArgs {
    /// Creates a child process (`clone3(2)`). Like `fork(2)` it returns twice.
    ///
    /// # Safety
    ///
    /// The caller has one thread, and the flags do not make the child share its memory.
    ///
    /// # Errors
    ///
    /// The errno of the call.
    pub unsafe fn clone3(&self) -> nix::Result<ForkResult> {
        // SAFETY: the pointer and the size are those of `self`; the caller promises the rest.
        let pid = unsafe { libc::syscall(libc::SYS_clone3, self, size_of_val(self)) };
        match Errno::result(pid)? {
            0 => Ok(ForkResult::Child),
            pid => Ok(ForkResult::Parent { child: Pid::from_raw(pid as i32) }),
        }
    }
}

/// Whether the kernel, or a filter before it, knows the call: a size of 0 creates nothing.
pub fn is_known() -> nix::Result<()> {
    // SAFETY: the kernel refuses the size before it reads anything.
    match Errno::result(unsafe { libc::syscall(libc::SYS_clone3, std::ptr::null::<u8>(), 0) }) {
        Err(Errno::EINVAL) => Ok(()),
        other => other.map(drop),
    }
}
