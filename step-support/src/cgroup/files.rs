//! Operations on a cgroup's directory. Each error names the call and the file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::{AccessFlags, Pid, eaccess};

use crate::error::{errno, errno_of, failure};
use crate::output::{note, printable};
use crate::process::{pidfd_open, pidfd_send_signal};

/// How long [`kill_all`], [`remove`] and [`rmdir`] wait for processes to end.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// How long they sleep between two looks: v1 has no event for the end of a process.
const INTERVAL: Duration = Duration::from_millis(1);

/// Reads a whole file.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("open({})", printable(file)))
}

/// The words of a file, which white space separates; none if its cgroup does not exist.
pub fn words(file: &Path) -> Result<Vec<String>> {
    let text = read(file).or_else(|error| none_if_removed(error, Vec::new()))?;
    Ok(String::from_utf8_lossy(&text).split_whitespace().map(str::to_owned).collect())
}

/// A cgroup may be removed at any moment, also while its files are open (ENODEV). What was
/// in it is then none; any other error says nothing about that.
fn none_if_removed<T>(error: anyhow::Error, none: T) -> Result<T> {
    match errno_of(&error) {
        Some(Errno::ENOENT | Errno::ENODEV) => Ok(none),
        _ => Err(error),
    }
}

/// Writes a value to a cgroup's file with one `write(2)`, as the kernel requires. It never
/// creates a file: what does not exist is an error.
pub fn write(file: &Path, value: &str) -> Result<()> {
    let opened = File::options().write(true).open(file);
    let written = opened.and_then(|mut file| file.write_all(value.as_bytes()));
    written.with_context(|| format!("write({}, {value:?})", printable(file)))
}

/// Creates a cgroup (`mkdir(2)`) and prints the command that does the same in a shell.
pub fn mkdir(dir: &Path) -> Result<()> {
    fs::create_dir(dir).with_context(|| format!("mkdir({})", printable(dir)))?;
    note(&format!("mkdir {}", printable(dir)));
    Ok(())
}

/// Removes an empty cgroup (`rmdir(2)`). Its files go with it: they are the kernel's. As
/// long as a killed process is still exiting the kernel refuses (EBUSY); this retries for
/// up to [`TIMEOUT`]. A cgroup that does not exist is removed already.
pub fn rmdir(dir: &Path) -> Result<()> {
    rmdir_within(dir, TIMEOUT)
}

fn rmdir_within(dir: &Path, timeout: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        match fs::remove_dir(dir).map_err(|error| errno(&error)) {
            Ok(()) | Err(Errno::ENOENT) => return Ok(()),
            Err(Errno::EBUSY) if start.elapsed() < timeout => thread::sleep(INTERVAL),
            Err(errno) => return Err(errno).with_context(|| format!("rmdir({})", printable(dir))),
        }
    }
}

/// Removes a cgroup with everything in it: its processes are killed, and the cgroups below
/// it go first.
pub fn remove(dir: &Path) -> Result<()> {
    remove_within(dir, TIMEOUT)
}

/// [`remove`] which waits only so long for the processes to end.
pub fn remove_within(dir: &Path, timeout: Duration) -> Result<()> {
    if !dir.exists() {
        return Ok(()); // on a read-only mount, rmdir(2) would not say so
    }
    kill_all_within(dir, timeout)?;
    for_each_child(dir, |child| remove_within(child, timeout))?;
    rmdir_within(dir, timeout)
}

/// Whether this user may create cgroups in `dir` and move processes into them: whether
/// `dir` is delegated to this user.
pub fn is_delegated(dir: &Path) -> bool {
    eaccess(dir, AccessFlags::W_OK).is_ok()
        && eaccess(&dir.join("cgroup.procs"), AccessFlags::W_OK).is_ok()
}

/// The cgroups directly below this one; none if it does not exist.
pub fn children(dir: &Path) -> Result<Vec<PathBuf>> {
    let list = || fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>();
    let entries = list().with_context(|| format!("open({})", printable(dir)));
    let entries = entries.or_else(|error| none_if_removed(error, Vec::new()))?;
    let dirs = entries.iter().filter(|it| it.file_type().is_ok_and(|it| it.is_dir()));
    Ok(dirs.map(|it| it.path()).collect())
}

/// The processes in a cgroup and in all cgroups below it. A process outside of our PID
/// namespace has no PID here and is 0.
pub fn processes(dir: &Path) -> Result<Vec<Pid>> {
    let listed = words(&dir.join("cgroup.procs")).or_else(|error| match errno_of(&error) {
        // A threaded cgroup (v2): a cgroup above it lists the processes of its threads.
        Some(Errno::EOPNOTSUPP) => Ok(Vec::new()),
        _ => Err(error),
    })?;
    let mut pids: Vec<_> =
        listed.iter().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect();
    pids.extend(for_each_child(dir, processes)?.into_iter().flatten());
    Ok(pids)
}

/// Kills every process in a cgroup and below it, and waits up to [`TIMEOUT`] for their end.
pub fn kill_all(dir: &Path) -> Result<()> {
    kill_all_within(dir, TIMEOUT)
}

/// Calls `action` with each cgroup directly below this one. Cgroups can be nested deeper than a
/// path can be long (4096 bytes), so from half of that on the paths begin anew.
fn for_each_child<T>(dir: &Path, action: impl Fn(&Path) -> Result<T>) -> Result<Vec<T>> {
    if dir.as_os_str().len() < 2048 {
        return children(dir)?.iter().map(|child| action(child)).collect();
    }
    let opened = File::open(dir).with_context(|| format!("open({})", printable(dir)));
    let Some(opened) = opened.map(Some).or_else(|error| none_if_removed(error, None))? else {
        return Ok(Vec::new());
    };
    let short = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
    children(&short)?.iter().map(|child| action(child)).collect()
}

/// Kills every process in a cgroup and below it, and returns when they have ended.
/// `cgroup.kill` (v2, Linux 5.14) kills all of them at once. Without it each PID is killed;
/// a process could escape by forking meanwhile, so forks are forbidden first.
///
/// # Errors
///
/// The PIDs that are still there when the time is over.
fn kill_all_within(dir: &Path, timeout: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        let pids = processes(dir)?;
        if pids.is_empty() {
            return Ok(());
        }
        if write(&dir.join("cgroup.kill"), "1").is_err() {
            let _ = write(&dir.join("pids.max"), "0");
            kill_each(dir, &pids)?;
        }
        if start.elapsed() > timeout {
            return Err(still_running(dir, &pids, start.elapsed()));
        }
        thread::sleep(INTERVAL);
    }
}

/// Kills the processes by pidfd. A PID may be reused between reading it and opening the
/// pidfd, so only those that `cgroup.procs` lists afterwards, too, are killed.
fn kill_each(dir: &Path, pids: &[Pid]) -> Result<()> {
    // 0 is a process outside of our PID namespace, which cannot be addressed.
    let pids = pids.iter().filter(|pid| pid.as_raw() > 0);
    let opened: Vec<_> = pids.filter_map(|&pid| Some((pid, pidfd_open(pid).ok()?))).collect();
    let listed = processes(dir)?;
    for (_, pidfd) in opened.iter().filter(|(pid, _)| listed.contains(pid)) {
        let _ = pidfd_send_signal(pidfd, Signal::SIGKILL);
    }
    Ok(())
}

fn still_running(dir: &Path, pids: &[Pid], waited: Duration) -> anyhow::Error {
    let pids: Vec<_> = pids.iter().map(Pid::to_string).collect();
    failure(
        format!(
            "kill({}, SIGKILL): still running after {:.0} s in {}",
            pids.join(" "),
            waited.as_secs_f64(),
            printable(dir)
        ),
        "a process in a frozen cgroup ends when it is thawed (v1: echo THAWED > freezer.state); \
         then remove the directory with rmdir",
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::errno_of;

    #[test]
    fn writing_never_creates_a_file_and_names_it() {
        let file = Path::new("/tmp/step-support-no-such-file");
        let error = write(file, "5").unwrap_err();
        assert_eq!(errno_of(&error), Some(Errno::ENOENT));
        assert_eq!(error.to_string(), "write(/tmp/step-support-no-such-file, \"5\")");
        assert!(!file.exists());
    }

    #[test]
    fn a_directory_that_does_not_exist_has_nobody_to_kill_and_is_removed_already() {
        let dir = Path::new("/tmp/step-support-no-such-dir");
        assert!(processes(dir).unwrap().is_empty() && children(dir).unwrap().is_empty());
        assert!(words(&dir.join("cgroup.controllers")).unwrap().is_empty() && !is_delegated(dir));
        kill_all(dir).unwrap();
        rmdir(dir).unwrap();
    }

    #[test]
    fn one_with_a_long_path_that_has_been_removed_has_none_below_it() {
        let dir = PathBuf::from("/tmp/step-support-no-such-dir").join("x/".repeat(1024));
        assert!(for_each_child(&dir, |_| Ok(())).unwrap().is_empty());
        assert!(processes(&dir).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_empty() {
        // A file is no directory, and a directory is no file.
        let (file, dir) = (Path::new("/proc/self/stat"), Path::new("/proc/self"));
        assert_eq!(errno_of(&children(file).unwrap_err()), Some(Errno::ENOTDIR));
        assert_eq!(children(file).unwrap_err().to_string(), "open(/proc/self/stat)");
        assert_eq!(errno_of(&words(dir).unwrap_err()), Some(Errno::EISDIR));
        assert_eq!(errno_of(&processes(file).unwrap_err()), Some(Errno::ENOTDIR));
        assert_eq!(errno_of(&kill_all(file).unwrap_err()), Some(Errno::ENOTDIR));
    }
}
