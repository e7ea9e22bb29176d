//! The file system that cgroups are: a directory is a cgroup, a file in it is a
//! setting or a number, and all that is done here is open, read, write, mkdir
//! and rmdir. Both versions share it. Each error names the call and the file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{AccessFlags, Pid, eaccess};

use crate::command::errno;
use crate::report::{note, printable};

/// How the name of each run's cgroup begins.
pub const RUN: &str = "step06-cgroup-run-";

/// A whole file.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(errno).with_context(|| format!("open({})", printable(file)))
}

/// The words of a file; none if it cannot be read.
pub fn words(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

/// Writes a setting, in one `write(2)` as the kernel wants it. A setting is
/// never made by opening it: what is not there is an error.
pub fn write(file: &Path, value: &str) -> Result<()> {
    let written = File::options()
        .write(true)
        .open(file)
        .and_then(|mut file| file.write_all(value.as_bytes()));
    written.map_err(errno).with_context(|| format!("write({}, {value:?})", printable(file)))
}

/// Makes a cgroup (`mkdir(2)`), and shows how the reader would do it in a shell.
pub fn mkdir(dir: &Path) -> Result<()> {
    fs::create_dir(dir).map_err(errno).with_context(|| format!("mkdir({})", printable(dir)))?;
    note(&format!("mkdir {}", printable(dir)));
    Ok(())
}

/// Removes a cgroup that is empty (`rmdir(2)`). Its files need not be deleted, nor
/// can they be: they are the kernel's.
pub fn rmdir(dir: &Path) -> Result<()> {
    fs::remove_dir(dir).map_err(errno).with_context(|| format!("rmdir({})", printable(dir)))
}

/// Whether this user may make cgroups in `dir` and move processes below it:
/// what it means that a cgroup is delegated to somebody.
pub fn delegated(dir: &Path) -> bool {
    eaccess(dir, AccessFlags::W_OK).is_ok()
        && eaccess(&dir.join("cgroup.procs"), AccessFlags::W_OK).is_ok()
}

/// The cgroups directly in this one.
pub fn children(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir())).map(|it| it.path()).collect()
}

/// The last part of the path of a cgroup.
pub fn name(dir: &Path) -> &str {
    dir.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// The processes in a cgroup and in all below it. One that has no PID here,
/// being outside of our PID namespace, is 0.
pub fn processes(dir: &Path) -> Vec<Pid> {
    let here = words(&dir.join("cgroup.procs"));
    let mut pids: Vec<_> =
        here.iter().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect();
    pids.extend(children(dir).iter().flat_map(|child| processes(child)));
    pids
}

// ANCHOR: kill_all
/// Kills every process in a cgroup and below it, and comes back when all have
/// gone. `cgroup.kill` (Linux 5.14, v2 only) does it in one stroke. Without it
/// the PIDs are read and killed; who forks in the meantime would get away, so
/// nobody in it may fork any more (`pids.max`, both versions).
pub fn kill_all(dir: &Path) {
    while !processes(dir).is_empty() {
        if write(&dir.join("cgroup.kill"), "1").is_err() {
            let _ = write(&dir.join("pids.max"), "0");
            // Not PID 0: to kill(2) that is the caller's own process group.
            for pid in processes(dir).into_iter().filter(|pid| pid.as_raw() > 0) {
                let _ = kill(pid, Signal::SIGKILL);
            }
        }
        // Dying takes a moment, and v1 has no event that tells of its end.
        thread::sleep(Duration::from_millis(1));
    }
}
// ANCHOR_END: kill_all

/// Removes a cgroup and all below it, with everything that runs in them.
pub fn remove(dir: &Path) -> Result<()> {
    loop {
        kill_all(dir);
        children(dir).iter().try_for_each(|child| remove(child))?;
        match rmdir(dir) {
            Err(error) => match error.downcast_ref() {
                // Somebody was put into it just now.
                Some(Errno::EBUSY) => thread::sleep(Duration::from_millis(1)),
                Some(Errno::ENOENT) => return Ok(()),
                _ => return Err(error),
            },
            Ok(()) => return Ok(()),
        }
    }
}

/// Locks a cgroup's directory (`flock(2)`). A run holds the lock of its own cgroup
/// as long as it lives, whatever ends it, SIGKILL included.
pub fn lock(dir: &Path, how: FlockArg) -> Result<Flock<File>> {
    let locked = match File::open(dir) {
        Ok(file) => Flock::lock(file, how).map_err(|(_, errno)| errno),
        Err(error) => Err(errno(error)),
    };
    locked.with_context(|| format!("flock({})", printable(dir)))
}

/// Waits for the turn to create or remove cgroups in `parent`, so that no two runs
/// do it at a time. Not the lock of the directory: `parent` may be a run's own.
pub fn turn(parent: &Path) -> Result<Flock<File>> {
    lock(&parent.join("cgroup.procs"), FlockArg::LockExclusive)
}

/// Removes the cgroups in `parent` whose runs have died before they could do it:
/// nobody holds their lock. Says whether a living run has its cgroup here.
pub fn sweep(parent: &Path) -> bool {
    let mut busy = false;
    for dir in children(parent).iter().filter(|dir| name(dir).starts_with(RUN)) {
        match lock(dir, FlockArg::LockExclusiveNonblock) {
            // What another user left is that user's to remove.
            Ok(_dead) if delegated(dir) => busy |= remove(dir).is_err(),
            _ => busy |= dir.is_dir(),
        }
    }
    busy
}
