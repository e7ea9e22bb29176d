//! What runs leave behind that were killed together with their supervisor, and how the
//! next run tells it from what other people made.
//!
//! As long as a run lives it holds a lock on its cgroup's directory (`flock(2)`); the
//! kernel releases it however the run ends. An extended attribute says that the directory
//! is a run's: no directory that somebody makes by hand has one. Processes are killed
//! only where the attribute is set and the lock is free.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::{geteuid, getpid};
use step_support::output::program_name;
use step_support::{cgroup, printable};

use crate::report::note_error;

/// The attribute: v2 lets the owner of a cgroup set the first name, v1 only root the second.
const ATTRIBUTES: [&CStr; 2] = [c"user.step06-cgroup", c"trusted.step06-cgroup"];

/// The name of a new run's cgroup. The PID is for people; the time makes it unique in all PID
/// namespaces.
pub fn new_name() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let program = program_name();
    // A copy of a step can have any name, but its cgroups must be known as those of a step.
    let step = if begins_as_step(&program) { program.as_str() } else { "step06-cgroup" };
    format!("{step}-run-{}-{time:x}", getpid())
}

/// Whether a directory has such a name.
pub fn is_named_as_run(dir: &Path) -> bool {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    begins_as_step(&name) && name.contains("-run-")
}

/// Whether a name begins as those of the steps do: `step06`.
fn begins_as_step(name: &str) -> bool {
    let number = name.strip_prefix("step").and_then(|rest| rest.get(..2));
    number.is_some_and(|it| it.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Creates a run's cgroup, marks it, and locks it as long as the result lives. It stays
/// without lock and mark if another run keeps it locked; then others remove it only while it
/// is empty.
pub fn create_owned(dir: &Path) -> Result<Option<Flock<File>>> {
    cgroup::mkdir(dir)?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(1) {
        if let Some(lock) = try_lock(dir, FlockArg::LockSharedNonblock)? {
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

/// How long to wait for processes of dead runs to end: the next run waits meanwhile, and
/// may hold a lock. What has not ended by then is left to a later run.
const PATIENCE: Duration = Duration::from_secs(1);

/// Removes the cgroups in these `parents` whose runs have died. One note says what could not
/// be removed.
pub fn remove_stale(parents: impl IntoIterator<Item: AsRef<Path>>) {
    if let Err(error) = try_remove_stale(parents) {
        note_error("an earlier run has left a cgroup", &error);
    }
}

/// The same without a note.
///
/// # Errors
///
/// Why the first of those that are left could not be removed.
pub fn try_remove_stale(parents: impl IntoIterator<Item: AsRef<Path>>) -> Result<()> {
    let start = Instant::now();
    let mut result = Ok(());
    for parent in parents {
        for dir in cgroup::children(parent.as_ref())?.iter().filter(|dir| is_own_run(dir)) {
            result = result.and(remove_if_stale(dir, PATIENCE.saturating_sub(start.elapsed())));
        }
    }
    result
}

/// Whether a cgroup may be a run's. Another user's are left to that user, even by root.
fn is_own_run(dir: &Path) -> bool {
    let is_owner = || fs::metadata(dir).is_ok_and(|it| it.uid() == geteuid().as_raw());
    is_named_as_run(dir) && is_owner()
}

/// Without a mark only an empty one is removed: its run was killed before it could set the
/// mark, or somebody made it by hand.
fn remove_if_stale(dir: &Path, timeout: Duration) -> Result<()> {
    let Some(_lock) = try_lock(dir, FlockArg::LockExclusiveNonblock)? else { return Ok(()) };
    if mark(dir).is_some() {
        return cgroup::remove_within(dir, timeout);
    }
    let _ = fs::remove_dir(dir); // EBUSY: it is in use
    Ok(())
}

/// Locks a directory without waiting. None if it is locked, or does not exist any more.
pub fn try_lock(dir: &Path, how: FlockArg) -> Result<Option<Flock<File>>> {
    let call = |name: &str| format!("{name}({})", printable(dir));
    let file = match File::open(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.with_context(|| call("open"))?,
    };
    let inode = file.metadata().with_context(|| call("fstat"))?.ino();
    let lock = match Flock::lock(file, how) {
        Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
        lock => lock.map_err(|(_, errno)| errno).with_context(|| call("flock"))?,
    };
    // It may have been removed, and another one created, before we had the lock.
    Ok(fs::metadata(dir).is_ok_and(|it| it.ino() == inode).then_some(lock))
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
