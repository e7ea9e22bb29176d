//! What runs leave behind that were killed together with their supervisor, and how the
//! next run tells it from what other people made.
//!
//! As long as a run lives it holds a lock on its cgroup's directory (`flock(2)`); the
//! kernel releases it however the run ends. An extended attribute says that the directory
//! is a run's: no directory that somebody makes by hand has one. Processes are killed
//! only where the attribute is set and the lock is free.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::geteuid;
use step_support::cgroup;

/// How the name of each run's cgroup begins.
pub const NAME_PREFIX: &str = "step06-cgroup-run-";

/// The attribute: v2 lets the owner of a cgroup set the first name, v1 only root the second.
const ATTRIBUTES: [&CStr; 2] = [c"user.step06-cgroup", c"trusted.step06-cgroup"];

/// Creates a run's cgroup, marks it, and locks it as long as the result lives. It stays
/// without lock and mark if that is impossible; then other runs remove it only while it is empty.
pub fn create_owned(dir: &Path) -> Result<Option<Flock<File>>> {
    cgroup::mkdir(dir)?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        if let Some(lock) = try_lock(dir, FlockArg::LockSharedNonblock) {
            let _ = set_mark(dir, "run");
            return Ok(Some(lock));
        }
        if !dir.exists() {
            // Without mark and lock, another run took it for a leftover.
            cgroup::mkdir(dir)?;
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(None)
}

/// Removes the cgroups in `parent` whose runs have died. Without a mark only an empty one
/// is removed: its run was killed before it could set the mark.
pub fn remove_stale(parent: &Path) {
    // Another user's are left to that user, even by root.
    let is_owner = |dir: &Path| fs::metadata(dir).is_ok_and(|it| it.uid() == geteuid().as_raw());
    let ours = |dir: &&PathBuf| is_named_as_run(dir) && is_owner(dir);
    for dir in cgroup::children(parent).iter().filter(ours) {
        let Some(_lock) = try_lock(dir, FlockArg::LockExclusiveNonblock) else { continue };
        // What cannot be removed now is left to a later run.
        let _ = match mark(dir) {
            Some(_) => cgroup::remove(dir),
            None => fs::remove_dir(dir).map_err(Into::into),
        };
    }
}

/// Whether a directory has the name of a run's cgroup.
pub fn is_named_as_run(dir: &Path) -> bool {
    dir.file_name().is_some_and(|name| name.as_bytes().starts_with(NAME_PREFIX.as_bytes()))
}

/// Locks a directory without waiting. None if it is locked, or does not exist any more.
pub fn try_lock(dir: &Path, how: FlockArg) -> Option<Flock<File>> {
    let file = File::open(dir).ok()?;
    let inode = file.metadata().ok()?.ino();
    let lock = Flock::lock(file, how).ok()?;
    // It may have been removed, and another one created, before we had the lock.
    fs::metadata(dir).is_ok_and(|it| it.ino() == inode).then_some(lock)
}

/// Marks a directory as ours (`setxattr(2)`).
pub fn set_mark(dir: &Path, value: &str) -> nix::Result<()> {
    let path = CString::new(dir.as_os_str().as_bytes()).map_err(|_| Errno::EINVAL)?;
    let mut result = Err(Errno::ENOTSUP);
    for name in ATTRIBUTES {
        let (bytes, size) = (value.as_ptr().cast(), value.len());
        // SAFETY: both strings end with a NUL, and the kernel reads `size` bytes of `value`.
        let set = unsafe { libc::setxattr(path.as_ptr(), name.as_ptr(), bytes, size, 0) };
        result = Errno::result(set).map(drop);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// The mark of a directory (`getxattr(2)`), if it has one.
pub fn mark(dir: &Path) -> Option<String> {
    let path = CString::new(dir.as_os_str().as_bytes()).ok()?;
    let mut value = [0_u8; 64];
    ATTRIBUTES.iter().find_map(|name| {
        let buffer = value.as_mut_ptr().cast();
        // SAFETY: both strings end with a NUL; the kernel writes up to 64 bytes into `value`.
        let size = unsafe { libc::getxattr(path.as_ptr(), name.as_ptr(), buffer, 64) };
        let bytes = value.get(..usize::try_from(size).ok()?)?;
        String::from_utf8(bytes.to_vec()).ok()
    })
}
