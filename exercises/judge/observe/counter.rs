//! A number that processes of the judge share.

use std::ptr::null_mut;
use std::sync::atomic::AtomicU64;

use nix::errno::Errno;

/// A counter that the caller and the processes that it will fork share (`mmap(2)`).
pub fn shared() -> nix::Result<&'static AtomicU64> {
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    // SAFETY: the kernel chooses an address that is free.
    let page = unsafe { libc::mmap(null_mut(), size_of::<AtomicU64>(), access, kind, -1, 0) };
    if page == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    // SAFETY: the page is aligned, zeroed, large enough, and is never unmapped.
    Ok(unsafe { &*page.cast() })
}
