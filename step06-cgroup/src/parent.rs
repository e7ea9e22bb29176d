//! Controllers that runs enable in the cgroup above theirs: a setting that they share with
//! each other and with everyone else who has a cgroup there.
//!
//! Before the first run enables any, it creates a cgroup [`SUPERVISORS`] beside the runs'.
//! Its mark names the controllers that runs have enabled, so the last run undoes that even
//! if the first one was killed. The step and its supervisor move into it if they must leave
//! the parent. Its lock lets runs enable and disable one at a time; only its owner may open
//! it, so no other user can hold the lock.

use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use step_support::cgroup::{children, missing, read, rmdir, words, write};
use step_support::error::{errno, errno_of, failure};
use step_support::{note, printable};

use crate::leftovers::{is_named_as_run, mark, set_mark, try_lock, try_remove_stale};
use crate::report::{note_error, note_in_time};

/// The cgroup in which the processes of the steps themselves are while runs last.
pub const SUPERVISORS: &str = "step06-cgroup-supervisors";

/// How long to wait for the lock. Others hold it for a few milliseconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Those of the controllers that `parent` does not enable for its children.
pub fn not_enabled(parent: &Path, controllers: &[&'static str]) -> Result<Vec<&'static str>> {
    // An unreadable file is an error: what is taken for missing is disabled in the end.
    Ok(missing(&read(&parent.join("cgroup.subtree_control"))?, controllers))
}

/// Locks the shared setting if this run, or one before it, changes it.
pub fn lock(parent: &Path, controllers: &[&'static str]) -> Result<Option<Flock<File>>> {
    let dir = parent.join(SUPERVISORS);
    if !dir.exists() && not_enabled(parent, controllers)?.is_empty() {
        return Ok(None);
    }
    loop {
        let is_new = create(&dir)?;
        match wait_for_lock(&dir) {
            Ok(None) => {} // a run that has ended has removed it again
            Err(error) if is_new && errno_of(&error).is_some() => {
                let _ = fs::remove_dir(&dir); // no run can use it
                return Err(error);
            }
            result => return result,
        }
    }
}

/// Creates [`SUPERVISORS`]; false if it exists.
fn create(dir: &Path) -> Result<bool> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        result => result.with_context(|| format!("mkdir({})", printable(dir)))?,
    }
    note(&format!("mkdir {}", printable(dir)));
    Ok(true)
}

/// Waits until nobody else holds the lock. None if the cgroup does not exist.
fn wait_for_lock(dir: &Path) -> Result<Option<Flock<File>>> {
    let start = Instant::now();
    while start.elapsed() < TIMEOUT {
        let lock = try_lock(dir, FlockArg::LockExclusiveNonblock)?;
        if lock.is_some() || !dir.exists() {
            return Ok(lock);
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err(failure(
        format!("flock({}): still locked after {} s", printable(dir), TIMEOUT.as_secs()),
        "another run is stopped while it holds the lock; find it: pgrep -fa 'step(06|14)-'",
    ))
}

/// Records which controllers are about to be enabled, besides those that earlier runs did.
pub fn record(parent: &Path, controllers: &[&str]) -> Result<()> {
    let dir = parent.join(SUPERVISORS);
    let earlier = mark(&dir).unwrap_or_default();
    set_mark(&dir, &format!("{earlier} {}", controllers.join(" ")))
        .with_context(|| format!("setxattr({})", printable(&dir)))
}

/// If this was the last run, disables what runs have enabled, and removes [`SUPERVISORS`].
/// Controllers that somebody else uses by now stay enabled. A note says so, or why it
/// failed: the command's status is more important.
pub fn undo(parent: &Path) {
    if let Err(error) = try_undo(parent) {
        note_error("what was enabled stays enabled", &error);
    }
}

fn try_undo(parent: &Path) -> Result<()> {
    let dir = parent.join(SUPERVISORS);
    let Some(_lock) = wait_for_lock(&dir)? else { return Ok(()) };
    // What cannot be removed counts as a run below. The note about it is at the start of ours.
    let _ = try_remove_stale([parent]);
    let mut others = children(parent)?;
    others.retain(|it| *it != dir);
    if others.iter().any(|it| is_named_as_run(it) && mark(it).is_some()) {
        return Ok(()); // The last of these runs does it.
    }

    let recorded = mark(&dir).unwrap_or_default();
    let enabled: Vec<_> = recorded.split_whitespace().collect();
    for user in &others {
        if has_settings(user, &dir, &enabled)? {
            still_used(parent, &recorded, user);
            return Ok(());
        }
    }
    let switches: Vec<_> = enabled.iter().map(|it| format!("-{it}")).collect();
    match write(&parent.join("cgroup.subtree_control"), &switches.join(" ")) {
        Err(error) if errno_of(&error) == Some(Errno::EBUSY) => {
            still_used(parent, &recorded, parent);
            return Ok(());
        }
        result => result?,
    }
    for pid in words(&dir.join("cgroup.procs"))? {
        // One that has ended meanwhile need not move.
        let _ = write(&parent.join("cgroup.procs"), &pid);
    }
    rmdir(&dir)
}

fn still_used(parent: &Path, controllers: &str, user: &Path) {
    note_in_time(&format!(
        "note: {} keeps{controllers} enabled: {} uses that, too",
        printable(parent.join("cgroup.subtree_control")),
        printable(user),
    ));
}

/// Whether somebody has set anything of these controllers in a cgroup. A new cgroup without
/// any settings, to compare with, is `fresh`.
fn has_settings(dir: &Path, fresh: &Path, controllers: &[&str]) -> Result<bool> {
    let files = match fs::read_dir(dir) {
        Err(error) if errno(&error) == Errno::ENOENT => return Ok(false), // removed meanwhile
        files => files.with_context(|| format!("open({})", printable(dir)))?.flatten(),
    };
    let mut writable = files.filter(|it| it.metadata().is_ok_and(|it| it.mode() & 0o200 != 0));
    Ok(writable.any(|file| {
        let name = file.file_name();
        let name = name.to_string_lossy();
        let (controller, what) = name.split_once('.').unwrap_or_default();
        // These can be written, but are no settings.
        let counts = what.ends_with("pressure") || what.ends_with("peak");
        let value = |dir: &Path| fs::read(dir.join(&*name)).ok();
        controllers.contains(&controller) && !counts && value(dir) != value(fresh)
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use step_support::error::errno_of;

    use super::*;

    #[test]
    fn waiting_for_the_lock_of_a_cgroup_that_was_removed_does_not_create_it_again() {
        let dir = Path::new("/tmp/step06-cgroup-no-such-dir");
        assert!(wait_for_lock(dir).unwrap().is_none());
        assert!(!dir.exists());
    }

    #[test]
    fn a_lock_that_cannot_be_asked_for_is_an_error_and_not_waited_for() {
        // Below a file there can be no directory.
        let error = wait_for_lock(Path::new("/proc/self/stat/dir")).unwrap_err();
        assert_eq!(errno_of(&error), Some(Errno::ENOTDIR));
        assert_eq!(error.to_string(), "open(/proc/self/stat/dir)");
    }

    #[test]
    fn a_cgroup_that_cannot_be_read_is_not_taken_for_one_without_settings() {
        let fresh = Path::new("/proc/self");
        assert!(has_settings(Path::new("/proc/self/stat"), fresh, &["pids"]).is_err());
        assert!(!has_settings(Path::new("/tmp/step06-no-such-dir"), fresh, &["pids"]).unwrap());
    }
}
