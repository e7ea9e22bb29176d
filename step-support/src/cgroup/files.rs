//! Operations on a cgroup's directory. Each error names the call and the file.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::{AccessFlags, Pid, eaccess};

use crate::error::{errno, failure};
use crate::output::{note, printable};
use crate::process::{pidfd_open, pidfd_send_signal};

/// How long [`kill_all`] and [`rmdir`] wait for processes to end.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// How long they sleep between two looks: v1 has no event for the end of a process.
const INTERVAL: Duration = Duration::from_millis(1);

/// Reads a whole file.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("open({})", printable(file)))
}

/// The words of a file, which white space separates; none if it cannot be read.
pub fn words(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
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
    let start = Instant::now();
    loop {
        match fs::remove_dir(dir).map_err(|error| errno(&error)) {
            Ok(()) | Err(Errno::ENOENT) => return Ok(()),
            Err(Errno::EBUSY) if start.elapsed() < TIMEOUT => thread::sleep(INTERVAL),
            Err(errno) => return Err(errno).with_context(|| format!("rmdir({})", printable(dir))),
        }
    }
}

/// Removes a cgroup with everything in it: its processes are killed, and the cgroups below
/// it go first.
pub fn remove(dir: &Path) -> Result<()> {
    if !dir.exists() {
        return Ok(()); // on a read-only mount, rmdir(2) would not say so
    }
    kill_all(dir)?;
    for_each_child(dir, remove).into_iter().collect::<Result<()>>()?;
    rmdir(dir)
}

/// Whether this user may create cgroups in `dir` and move processes into them: whether
/// `dir` is delegated to this user.
pub fn is_delegated(dir: &Path) -> bool {
    eaccess(dir, AccessFlags::W_OK).is_ok()
        && eaccess(&dir.join("cgroup.procs"), AccessFlags::W_OK).is_ok()
}

/// The cgroups directly below this one.
pub fn children(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter(|it| it.file_type().is_ok_and(|it| it.is_dir())).map(|it| it.path()).collect()
}

/// The processes in a cgroup and in all cgroups below it. A process outside of our PID
/// namespace has no PID here and is 0.
pub fn processes(dir: &Path) -> Vec<Pid> {
    let listed = words(&dir.join("cgroup.procs"));
    let mut pids: Vec<_> =
        listed.iter().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect();
    pids.extend(for_each_child(dir, processes).into_iter().flatten());
    pids
}

/// Calls `action` with each cgroup directly below this one. Cgroups can be nested deeper than a
/// path can be long (4096 bytes), so from half of that on the paths begin anew.
fn for_each_child<T>(dir: &Path, action: impl Fn(&Path) -> T) -> Vec<T> {
    let Ok(opened) = File::open(dir) else { return Vec::new() };
    let short = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
    let dir = if dir.as_os_str().len() < 2048 { dir } else { &short };
    children(dir).iter().map(|child| action(child)).collect()
}

// ANCHOR: kill_all
/// Kills every process in a cgroup and below it, and returns when they have ended.
/// `cgroup.kill` (v2, Linux 5.14) kills all of them at once. Without it each PID is killed;
/// a process could escape by forking meanwhile, so forks are forbidden first.
///
/// # Errors
///
/// The PIDs that are still there after [`TIMEOUT`].
pub fn kill_all(dir: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        let pids = processes(dir);
        if pids.is_empty() {
            return Ok(());
        }
        if start.elapsed() > TIMEOUT {
            return Err(still_running(dir, &pids));
        }
        if write(&dir.join("cgroup.kill"), "1").is_err() {
            let _ = write(&dir.join("pids.max"), "0");
            kill_each(dir, &pids);
        }
        thread::sleep(INTERVAL);
    }
}
// ANCHOR_END: kill_all

/// Kills the processes by pidfd. A PID may be reused between reading it and opening the
/// pidfd, so only those that `cgroup.procs` lists afterwards, too, are killed.
fn kill_each(dir: &Path, pids: &[Pid]) {
    // 0 is a process outside of our PID namespace, which cannot be addressed.
    let pids = pids.iter().filter(|pid| pid.as_raw() > 0);
    let opened: Vec<_> = pids.filter_map(|&pid| Some((pid, pidfd_open(pid).ok()?))).collect();
    let listed = processes(dir);
    for (_, pidfd) in opened.iter().filter(|(pid, _)| listed.contains(pid)) {
        let _ = pidfd_send_signal(pidfd, Signal::SIGKILL);
    }
}

fn still_running(dir: &Path, pids: &[Pid]) -> anyhow::Error {
    let pids: Vec<_> = pids.iter().map(Pid::to_string).collect();
    failure(
        format!(
            "kill({}, SIGKILL): still running after {} s in {}",
            pids.join(" "),
            TIMEOUT.as_secs(),
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
        assert!(processes(dir).is_empty() && children(dir).is_empty() && !is_delegated(dir));
        kill_all(dir).unwrap();
        rmdir(dir).unwrap();
    }
}
