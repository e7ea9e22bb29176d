//! Step 06: limits for a group of processes.
//!
//! The judge creates a cgroup for the exercise with two children: answers start in
//! `outside` and set the limits of `inside`. The judge removes all three when it is
//! done. If it is killed, the next judge removes them.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{self, exit};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{AccessFlags, ForkResult, eaccess, fork, geteuid};

use step_support::cgroup::{self, Version};

use crate::sandbox::{self, NOBODY};
use crate::verdict::{Finding, Verdict, print_verdict, unavailable};

/// Prefix of the names of the judges' cgroups. The judge's PID follows.
pub const NAME_PREFIX: &str = "exercise-";

/// The words of a cgroup's file; none if it cannot be read.
pub fn words(file: &Path) -> Vec<String> {
    cgroup::words(file).unwrap_or_default()
}

/// A cgroup for an answer to work on.
#[derive(Clone)]
pub struct Cgroup {
    /// Version 1 and 2 have different files.
    pub version: Version,
    /// Its directory.
    pub dir: PathBuf,
}

/// Waits until the file `cgroup.events` has this value for this key. False if a second
/// passes without an event. The kernel reports a change as `POLLPRI` (`cgroups(7)`).
pub fn becomes(events: &Path, key: &str, value: &str) -> bool {
    let Ok(mut file) = File::open(events) else { return false };
    loop {
        let mut text = String::new();
        if file.rewind().and_then(|()| file.read_to_string(&mut text)).is_err() {
            return false;
        }
        if text.lines().any(|line| line.split_once(' ') == Some((key, value))) {
            return true;
        }
        let mut polled = [PollFd::new(file.as_fd(), PollFlags::POLLPRI)];
        match poll(&mut polled, PollTimeout::from(1000_u16)) {
            Ok(0) => return false,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return false,
        }
    }
}

/// How often the kernel has throttled the cgroup.
pub fn throttled(dir: &Path) -> u64 {
    let stat = words(&dir.join("cpu.stat"));
    let key = stat.iter().position(|word| word == "nr_throttled");
    key.and_then(|key| stat.get(key + 1)?.parse().ok()).unwrap_or_default()
}

/// Whole seconds of CPU that the caller has used.
pub fn cpu_seconds() -> libc::time_t {
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(libc::time_t::MAX, |it| it.user_time().tv_sec() + it.system_time().tv_sec())
}

/// Runs a process in the cgroup that uses this many bytes. Returns how it ended.
pub fn use_memory(dir: &Path, bytes: usize) -> Result<WaitStatus, Finding> {
    run_in_cgroup(dir, || {
        let mut buffer = vec![0_u8; bytes];
        buffer.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        std::hint::black_box(buffer);
    })
}

/// Forks a process that joins the cgroup and does its `work` there. Returns how it ended.
pub fn run_in_cgroup(dir: &Path, work: impl FnOnce()) -> Result<WaitStatus, Finding> {
    let failed =
        |errno| unavailable("fork()", errno, "There may be too many processes; check: ulimit -u");
    // SAFETY: this process has one thread, so the child may allocate.
    match unsafe { fork() }.map_err(failed)? {
        ForkResult::Parent { child } => waitpid(child, None).map_err(failed),
        ForkResult::Child => {
            if join(dir).is_err() {
                exit(2);
            }
            work();
            exit(0)
        }
    }
}

/// Moves the caller into a cgroup.
pub fn join(dir: &Path) -> io::Result<()> {
    File::options().write(true).open(dir.join("cgroup.procs"))?.write_all(b"0")
}

/// Runs `check` with a cgroup that has this controller, or with any cgroup of v2.
pub fn judge(controller: Option<&str>, check: impl FnOnce(Cgroup) -> Verdict) -> ! {
    // Ctrl-C ends the sandbox. This process stays to remove the cgroups.
    for key in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: SIG_IGN installs no handler that could run.
        let _ = unsafe { signal(key, SigHandler::SigIgn) };
    }
    let (version, parent) = match find_parent(controller) {
        Ok(found) => found,
        Err(finding) => exit(print_verdict(Err(finding))),
    };
    remove_stale(&parent);
    let dir = parent.join(format!("{NAME_PREFIX}{}", process::id()));
    let status = match create(&dir, version, controller) {
        Ok(()) => {
            let group = Cgroup { version, dir: dir.join("inside") };
            sandbox::run_in_sandbox(Some(&dir.join("outside")), || check(group))
        }
        Err(error) => {
            let call = format!("creating the cgroup {}", dir.display());
            print_verdict(Err(unavailable(call, error, advice(version))))
        }
    };
    remove(&dir);
    exit(status)
}

/// A cgroup in which this user may create children that have the controller.
pub fn find_parent(controller: Option<&str>) -> Result<(Version, PathBuf), Finding> {
    let all = cgroup::all().map_err(|error| unavailable("reading /proc/self/cgroup", error, ""))?;
    let writable = |dir: &Path| {
        let file = dir.join("cgroup.procs");
        [dir, &file].iter().all(|it| eaccess(*it, AccessFlags::W_OK).is_ok())
    };
    let mut version = Version::V2;
    let v2 = all.iter().any(|it| it.version == Version::V2 && it.mounted.is_some());
    for hierarchy in all {
        let Some(mounted) = hierarchy.mounted else { continue };
        let has = |all: Vec<String>| controller.is_none_or(|one| all.iter().any(|it| it == one));
        if hierarchy.version == Version::V1 {
            if controller.is_some() && has(hierarchy.controllers) {
                version = Version::V1;
                if writable(&mounted.current) {
                    return Ok((version, mounted.current));
                }
            }
            continue;
        }
        let mut places =
            mounted.current.ancestors().take_while(|dir| dir.starts_with(&mounted.top));
        let gives = |dir: &&Path| writable(dir) && has(words(&dir.join("cgroup.subtree_control")));
        if let Some(place) = places.find(gives) {
            return Ok((Version::V2, place.to_owned()));
        }
    }
    Err(unavailable(
        match controller {
            Some(one) => {
                format!("looking for a cgroup with controller {one} that you may write to")
            }
            None => "looking for a cgroup of version 2 that you may write to".to_owned(),
        },
        "there is none",
        if controller.is_none() && !v2 { BOOT_WITH_V2 } else { advice(version) },
    ))
}

/// What to do if only cgroup v1 is mounted.
pub const BOOT_WITH_V2: &str = "cgroup v2 is not mounted. With systemd, add this to the kernel's \
                            command line: systemd.unified_cgroup_hierarchy=1";

pub fn advice(version: Version) -> &'static str {
    match version {
        Version::V1 => "cgroup v1 needs root. Run: sudo env PATH=\"$PATH\" rustlings",
        Version::V2 => {
            "To run rustlings in one: systemd-run --user --scope -p Delegate=yes rustlings"
        }
    }
}

/// Creates the three cgroups and gives them to the user who will run the answer.
pub fn create(dir: &Path, version: Version, controller: Option<&str>) -> io::Result<()> {
    fs::create_dir(dir)?;
    if let (Version::V2, Some(controller)) = (version, controller) {
        fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))?;
    }
    let leaves = ["inside", "outside"].map(|name| dir.join(name));
    leaves.iter().try_for_each(fs::create_dir)?;
    if geteuid().is_root() {
        chown(dir.join("cgroup.procs"), Some(NOBODY), Some(NOBODY))?;
        for leaf in leaves {
            for file in fs::read_dir(&leaf)? {
                chown(file?.path(), Some(NOBODY), Some(NOBODY))?;
            }
        }
    }
    Ok(())
}

/// Removes the cgroups of judges that have died.
pub fn remove_stale(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(NAME_PREFIX));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove(&entry.path());
        }
    }
}

/// Removes a cgroup and those below it. No process is left in them.
pub fn remove(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            remove(&entry.path());
        }
    }
    let _ = fs::remove_dir(dir);
}
