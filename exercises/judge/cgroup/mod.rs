//! Step 06: limits for a group of processes.
//!
//! The judge creates a cgroup for the exercise with two children: answers start in
//! `outside` and set the limits of `inside`. The judge removes all three when it is
//! done. If it is killed, the next judge removes them.

pub mod setup;

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{self, exit};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, geteuid};

use step_support::cgroup::{self, Parent, Version, parents};

use self::setup::TRY_AGAIN;
use crate::language::{Text, text};
use crate::sandbox::{self, NOBODY};
use crate::verdict::{Finding, Verdict, print_verdict, unavailable};

/// Prefix of the names of the judges' cgroups. The judge's PID follows.
pub const NAME_PREFIX: &str = "exercise-";

/// How long processes that have been killed may take to leave a cgroup.
const PATIENCE: Duration = Duration::from_secs(5);

/// A cgroup for an answer to work on.
#[derive(Clone)]
pub struct Cgroup {
    /// Version 1 and 2 have different files.
    pub version: Version,
    /// Its directory.
    pub dir: PathBuf,
}

impl Cgroup {
    /// The number after `key` in a file such as `memory.stat`, which has a key and a number in
    /// each line.
    ///
    /// # Errors
    ///
    /// Those of open(2) and read(2), and "no such key: …".
    pub fn number(&self, file: &str, key: &str) -> io::Result<u64> {
        let text = fs::read_to_string(self.dir.join(file))?;
        cgroup::value(&text, key)
            .ok_or_else(|| io::Error::other(format!("no such key: {key:?} in {file}")))
    }

    /// The words of a file; none if there is no such file.
    pub(crate) fn words(&self, file: &str) -> Result<Vec<String>, Finding> {
        words(&self.dir.join(file))
    }

    /// Writes a setting of the judge's own.
    pub(crate) fn set(&self, file: &str, value: &str) -> Result<(), Finding> {
        cgroup::write(&self.dir.join(file), value).map_err(|error| {
            unavailable(
                text!("a setting of the judge", "채점 프로그램의 설정"),
                chain(&error),
                TRY_AGAIN,
            )
        })
    }

    /// Which settings limit swap: none if this kernel does not count it.
    pub(crate) fn swap_limit(&self) -> Option<&'static str> {
        let file = match self.version {
            Version::V1 => "memory.memsw.limit_in_bytes",
            Version::V2 => "memory.swap.max",
        };
        self.dir.join(file).exists().then_some(file)
    }
}

/// The words of a cgroup's file; none if there is no such file.
pub fn words(file: &Path) -> Result<Vec<String>, Finding> {
    cgroup::words(file).map_err(|error| {
        unavailable(text!("looking at the cgroup", "cgroup 확인"), chain(&error), TRY_AGAIN)
    })
}

/// An error with its causes, on one line.
fn chain(error: &impl Display) -> String {
    format!("{error:#}")
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
    let child = start_in_cgroup(dir, work)?;
    waitpid(child, None).map_err(|errno| unavailable("waitpid()", errno, TRY_AGAIN))
}

/// The same without waiting for its end.
pub fn start_in_cgroup(dir: &Path, work: impl FnOnce()) -> Result<Pid, Finding> {
    let failed = |errno| {
        unavailable(
            "fork()",
            errno,
            text!(
                "There may be too many processes; check: ulimit -u",
                "프로세스가 너무 많을 수 있습니다. 확인하려면: ulimit -u",
            ),
        )
    };
    // SAFETY: this process has one thread, so the child may allocate.
    match unsafe { fork() }.map_err(failed)? {
        ForkResult::Parent { child } => Ok(child),
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
fn join(dir: &Path) -> io::Result<()> {
    File::options().write(true).open(dir.join("cgroup.procs"))?.write_all(b"0")
}

/// What an exercise needs of a cgroup.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// This controller, of either version.
    Controller(&'static str),
    /// A controller of version 2, so that the cgroup can enable it for its children.
    ControllerOfV2,
    /// Version 2, with or without controllers.
    V2,
}

impl Need {
    /// Where the judge can create a cgroup that has what the exercise needs.
    fn place_in(self, parent: &Parent) -> Option<Place> {
        let is_v2 = parent.version == Version::V2;
        let enable = match self {
            Need::Controller(name) => {
                let has_it = parent.controllers.iter().any(|it| it == name);
                has_it.then(|| Some(name).filter(|_| is_v2))?
            }
            Need::ControllerOfV2 => Some(parent.domain_controller()?),
            Need::V2 => is_v2.then_some(None)?,
        };
        let enable = enable.map(str::to_owned);
        Some(Place { version: parent.version, parent: parent.dir.clone(), enable })
    }

    /// In words, after "cgroup".
    fn describe(self) -> Text {
        match self {
            Need::Controller(name) => text!("with the controller {name}", "{name} 컨트롤러가 있고"),
            Need::ControllerOfV2 => {
                text!(
                    "of version 2 that enables a controller such as memory",
                    "memory와 같은 컨트롤러를 켜는 v2의 것이고",
                )
            }
            Need::V2 => text!("of version 2", "v2의 것이고"),
        }
    }
}

/// Where the judge creates its cgroups, and what it enables for them.
pub struct Place {
    pub version: Version,
    pub parent: PathBuf,
    pub enable: Option<String>,
}

/// Runs `check` with a cgroup that has what the exercise needs.
pub fn judge(need: Need, check: impl FnOnce(Cgroup) -> Verdict) -> ! {
    // Ctrl-C ends the sandbox. This process stays to remove the cgroups.
    for key in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: SIG_IGN installs no handler that could run.
        let _ = unsafe { signal(key, SigHandler::SigIgn) };
    }
    let place = find_place(need).unwrap_or_else(|finding| exit(cannot(finding)));
    remove_stale(&place.parent);
    let dir = place.parent.join(format!("{NAME_PREFIX}{}", process::id()));
    let status = match create(&dir, &place) {
        Ok(()) => {
            let group = Cgroup { version: place.version, dir: dir.join("inside") };
            sandbox::run_in_sandbox(Some(&dir.join("outside")), || check(group))
        }
        Err(error) => {
            let call = text!("creating the cgroup {}", "cgroup {} 만들기", dir.display());
            cannot(unavailable(call, error, setup::advice(place.version)))
        }
    };
    remove(&dir);
    exit(status)
}

/// Prints why there is no cgroup for the exercise. Returns the exit status.
fn cannot(finding: Finding) -> i32 {
    let status = print_verdict(Err(finding));
    setup::skip().unwrap_or(status)
}

/// A cgroup in which this user may create others that have what the exercise needs.
pub fn find_place(need: Need) -> Result<Place, Finding> {
    let failed =
        |error| unavailable(text!("looking for a cgroup", "cgroup 찾기"), chain(&error), TRY_AGAIN);
    let all = cgroup::all().map_err(failed)?;
    let parents = parents(&all).map_err(failed)?;
    if let Some(place) = parents.iter().find_map(|it| need.place_in(it)) {
        return Ok(place);
    }
    let has = |version| all.iter().any(|it| it.version == version && it.mounted.is_some());
    let advice = match need {
        Need::V2 | Need::ControllerOfV2 if !has(Version::V2) => setup::boot(setup::WITH_V2),
        Need::ControllerOfV2 if has(Version::V1) => setup::boot(setup::WITHOUT_V1),
        Need::Controller(name)
            if all.iter().any(|it| it.controllers.iter().any(|own| own == name)) =>
        {
            setup::advice(Version::V1)
        }
        _ => setup::advice(Version::V2),
    };
    let call = text!(
        "looking for a cgroup {} in which you may create others",
        "cgroup 찾기({} 그 안에 다른 cgroup을 만들 수 있는 것)",
        need.describe(),
    );
    Err(unavailable(call, text!("there is none", "없습니다"), advice))
}

/// Creates the three cgroups and gives them to the user who will run the answer.
fn create(dir: &Path, place: &Place) -> io::Result<()> {
    fs::create_dir(dir)?;
    if let Some(controller) = &place.enable {
        fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))?;
    }
    let leaves = ["inside", "outside"].map(|name| dir.join(name));
    leaves.iter().try_for_each(fs::create_dir)?;
    if geteuid().is_root() {
        give(&dir.join("cgroup.procs"))?;
        for leaf in leaves {
            for file in fs::read_dir(&leaf)? {
                give(&file?.path())?;
            }
            give(&leaf)?;
        }
    }
    Ok(())
}

/// Makes a file of root's belong to the user who will run the answer.
fn give(file: &Path) -> io::Result<()> {
    chown(file, Some(NOBODY), Some(NOBODY))
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

/// Removes a cgroup and those below it. No process is left in them but those that have been
/// killed, and leave it when they have ended; cgroup v1 does not tell when that is.
pub fn remove(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            remove(&entry.path());
        }
    }
    let end = Instant::now() + PATIENCE;
    while let Err(error) = fs::remove_dir(dir) {
        if error.raw_os_error() != Some(libc::EBUSY) || Instant::now() > end {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
