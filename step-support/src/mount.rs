//! Which mount a path leads to (`statx(2)`).

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The mount that a path leads to.
#[derive(Clone, Copy, Debug)]
pub struct Mount {
    /// Its ID, as in `/proc/self/mountinfo`. If a later mount covers the path, it is that of
    /// the later one.
    pub id: u64,
    /// Whether the path is the root of the mount. None on a kernel that does not tell.
    pub is_root: Option<bool>,
}

/// Asks for the mount that a path leads to. None if it leads nowhere.
pub fn at(path: &Path) -> Option<Mount> {
    let path = CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut statx = MaybeUninit::<libc::statx>::zeroed();
    let mask = libc::STATX_MNT_ID;
    // SAFETY: the path ends with a NUL, and the buffer is as large as the kernel expects.
    let result = unsafe { libc::statx(libc::AT_FDCWD, path.as_ptr(), 0, mask, statx.as_mut_ptr()) };
    // SAFETY: all bytes are initialized, and every value is valid in this structure.
    let statx = unsafe { statx.assume_init() };
    let root = libc::STATX_ATTR_MOUNT_ROOT as u64;
    let is_root = statx.stx_attributes & root != 0;
    (result == 0).then_some(Mount {
        id: statx.stx_mnt_id,
        is_root: (statx.stx_attributes_mask & root != 0).then_some(is_root),
    })
}
