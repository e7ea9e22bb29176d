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
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use step_support::cgroup::{children, missing, read, rmdir, words, write};
use step_support::error::{errno_of, failure};
use step_support::{note, printable};

use crate::leftovers::{is_named_as_run, mark, remove_stale, set_mark, try_lock};
use crate::report::note_in_time;

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
    wait_for_lock(&dir).map(Some)
}

fn wait_for_lock(dir: &Path) -> Result<Flock<File>> {
    let start = Instant::now();
    loop {
        // A run that ends may remove it at any moment.
        match DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => note(&format!("mkdir {}", printable(dir))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            error => error.with_context(|| format!("mkdir({})", printable(dir)))?,
        }
        if let Some(lock) = try_lock(dir, FlockArg::LockExclusiveNonblock) {
            return Ok(lock);
        }
        if start.elapsed() > TIMEOUT {
            return Err(failure(
                format!("flock({}): still locked after {} s", printable(dir), TIMEOUT.as_secs()),
                "another step06-cgroup is stopped while it holds the lock; find it: pgrep -fa step06",
            ));
        }
        thread::sleep(Duration::from_millis(5));
    }
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
        note_in_time(&format!("note: {error:#}"));
    }
}

fn try_undo(parent: &Path) -> Result<()> {
    let dir = parent.join(SUPERVISORS);
    if !dir.exists() {
        return Ok(());
    }
    let _lock = wait_for_lock(&dir)?;
    remove_stale(parent);
    let mut others = children(parent);
    others.retain(|it| *it != dir);
    if others.iter().any(|it| is_named_as_run(it) && mark(it).is_some()) {
        return Ok(()); // The last of these runs does it.
    }

    let recorded = mark(&dir).unwrap_or_default();
    let enabled: Vec<_> = recorded.split_whitespace().collect();
    if let Some(user) = others.iter().find(|it| has_settings(it, &dir, &enabled)) {
        still_used(parent, &recorded, user);
        return Ok(());
    }
    let switches: Vec<_> = enabled.iter().map(|it| format!("-{it}")).collect();
    match write(&parent.join("cgroup.subtree_control"), &switches.join(" ")) {
        Err(error) if errno_of(&error) == Some(Errno::EBUSY) => {
            still_used(parent, &recorded, parent);
            return Ok(());
        }
        result => result?,
    }
    for pid in words(&dir.join("cgroup.procs")) {
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
fn has_settings(dir: &Path, fresh: &Path, controllers: &[&str]) -> bool {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    files.filter(|file| file.metadata().is_ok_and(|it| it.permissions().mode() & 0o200 != 0)).any(
        |file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            let (controller, what) = name.split_once('.').unwrap_or_default();
            // These can be written, but are no settings.
            let counts = what.ends_with("pressure") || what.ends_with("peak");
            let value = |dir: &Path| fs::read(dir.join(&*name)).ok();
            controllers.contains(&controller) && !counts && value(dir) != value(fresh)
        },
    )
}
