//! Step 06: limits for a group of processes.
//!
//! The judge makes a branch of three cgroups: answers begin in `outside`, and
//! what they are asked to limit is `inside`. All of it goes when the judge is done;
//! what a killed judge has left, the next one removes.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{self, exit};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::CloneFlags;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{AccessFlags, ForkResult, Pid, eaccess, fork, geteuid};

use crate::cgroupfs::words;
use step_support::cgroup::{self, Version};
use crate::process::{bystander, learner};
use crate::sandbox::{self, NOBODY};
use crate::verdict::{Finding, Verdict, cannot, ensure, say, wrong};

/// How the name of each judge's branch begins.
const BRANCH: &str = "exercise-";

/// A cgroup for an answer to work on.
#[derive(Clone)]
pub struct Cgroup {
    /// Which version's files are in there.
    pub version: Version,
    /// Its directory.
    pub dir: PathBuf,
}

/// Wants all of these processes in the cgroup, and its limit of processes at 8.
pub fn cgroup1(answer: fn(&Path, &[Pid]) -> io::Result<()>) -> ! {
    judge(Some("pids"), move |group| {
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(bystander(CloneFlags::empty(), || Ok(()))?);
        }
        let pids: Vec<_> = members.iter().map(|it| it.pid).collect();
        learner(|| answer(&group.dir, &pids).map(|()| ""))?;
        let inside = words(&group.dir.join("cgroup.procs"));
        let all = pids.iter().map(|pid| pid.to_string());
        ensure(all.clone().all(|pid| inside.contains(&pid)) && inside.len() == pids.len(), || {
            wrong(
                format!("{} in cgroup.procs", all.clone().collect::<Vec<_>>().join(", ")),
                format!("[{}]", inside.join(", ")),
                "a cgroup limits the processes that are in it, no others: each has to be put there",
            )
        })?;
        let max = words(&group.dir.join("pids.max"));
        ensure(max == ["8"], || {
            wrong("8 in pids.max", max.join(" "), "max is no limit; a number is how many may be")
        })?;
        Ok(format!("{} processes in a group that may have 8", inside.len()))
    })
}

/// Wants a limit of 16 MiB without swap, and then the number of OOM kills.
pub fn cgroup2(limit: fn(&Cgroup) -> io::Result<()>, kills: fn(&Cgroup) -> io::Result<u64>) -> ! {
    judge(Some("memory"), move |group| {
        let (max, events) = match group.version {
            Version::V1 => ("memory.limit_in_bytes", "memory.oom_control"),
            Version::V2 => ("memory.max", "memory.events"),
        };
        learner(|| limit(&group).map(|()| ""))?;
        let bytes = words(&group.dir.join(max)).join(" ");
        ensure(bytes == (16 << 20).to_string(), || {
            wrong(
                format!("16777216, 16 MiB, in {max}"),
                bytes,
                "the limit counts bytes and is set in the group's own directory",
            )
        })?;
        let end = eat(&group.dir, 64 << 20)?;
        ensure(matches!(end, WaitStatus::Signaled(_, Signal::SIGKILL, _)), || {
            wrong(
                "a process that is killed when it wants 64 MiB",
                format!("{end:?}"),
                "the group can go on in swap: limit that, too",
            )
        })?;
        let said = learner(|| kills(&group))?.said;
        let counted = words(&group.dir.join(events));
        let at = counted.iter().position(|word| word == "oom_kill");
        let kernel = at.and_then(|at| counted.get(at + 1)).cloned().unwrap_or_default();
        ensure(said == kernel, || {
            wrong(
                format!("the number behind oom_kill in {events}"),
                format!("{kernel}, and your function says {said}"),
                "the file counts several events; the kill is one of them",
            )
        })?;
        Ok(format!("the kernel killed at 16 MiB, and counts {kernel}"))
    })
}

/// Wants a fifth of one CPU, and sees whether the kernel makes a busy process wait.
pub fn cgroup3(throttle: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(Some("cpu"), move |group| {
        let files: &[_] = match group.version {
            Version::V1 => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            Version::V2 => &["cpu.max"],
        };
        let settings = || files.iter().flat_map(|file| words(&group.dir.join(file)));
        if settings().next().is_none() {
            let file = group.dir.join(files[0]);
            return Err(cannot(file.display(), "ENOENT", "This kernel has no CFS_BANDWIDTH"));
        }
        learner(|| throttle(&group).map(|()| ""))?;
        let kernel: Vec<_> = settings().collect();
        let numbers: Vec<i64> = kernel.iter().filter_map(|word| word.parse().ok()).collect();
        ensure(matches!(numbers[..], [quota, period] if quota * 5 == period), || {
            wrong(
                format!("a quota that is a fifth of the period, in {}", files.join(" and ")),
                kernel.join(" "),
                "both are microseconds, and the quota is for all CPUs together",
            )
        })?;
        let end = inside(&group.dir, || {
            // A process that gets less than its share anyhow is not throttled: be patient.
            let mut loops = 0_u64;
            while throttled(&group.dir) == 0 && cpu_seconds() < 1 {
                (0..100_000).for_each(|_| loops = std::hint::black_box(loops + 1));
            }
        })?;
        let times = throttled(&group.dir);
        ensure(times > 0, || {
            wrong(
                "a busy process that has to wait",
                format!("nr_throttled {times} in cpu.stat; the process: {end:?}"),
                "the kernel never took the CPU away from the group",
            )
        })?;
        Ok(format!("{} in {}, and a busy process had to wait", kernel.join(" "), files[0]))
    })
}

/// Wants a group that forks without end frozen, and then ended.
pub fn cgroup4(freeze: fn(&Cgroup) -> io::Result<()>, end: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(None, move |group| {
        bystander(CloneFlags::empty(), || {
            // SAFETY: this process has one thread, so the child may do what it likes.
            if let ForkResult::Child = unsafe { fork() }? {
                // SAFETY: SIG_IGN installs no handler that could run.
                let _ = unsafe { signal(Signal::SIGTERM, SigHandler::SigIgn) };
                let _ = join(&group.dir);
                while let Ok(ForkResult::Parent { child }) = unsafe { fork() } {
                    let _ = waitpid(child, None);
                }
                exit(0);
            }
            Ok(())
        })?;
        let events = group.dir.join("cgroup.events");
        if !becomes(&events, "populated", "1") {
            return Err(cannot(events.display(), "populated 0", "The judge could not join it"));
        }
        learner(|| freeze(&group).map(|()| ""))?;
        ensure(becomes(&events, "frozen", "1"), || {
            wrong(
                "frozen 1 in cgroup.events",
                words(&events).join(" "),
                "a signal stops those that are on the list at that moment; the group as a whole goes on",
            )
        })?;
        ensure(becomes(&events, "populated", "1"), || {
            wrong("processes that are frozen", "populated 0", "freezing does not end anything")
        })?;
        learner(|| end(&group).map(|()| ""))?;
        ensure(becomes(&events, "populated", "0"), || {
            wrong(
                "populated 0 in cgroup.events",
                words(&events).join(" "),
                "somebody lives: there is one signal that a process cannot ignore, frozen or not",
            )
        })?;
        Ok("nothing moved, and then nothing lived in it".to_owned())
    })
}

/// Waits until a file of events has this value for this key; false if it takes a second
/// without any event. The kernel calls whoever polls for `POLLPRI` (`cgroups(7)`).
fn becomes(events: &Path, key: &str, value: &str) -> bool {
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

/// How often the kernel has made the group wait for its next period.
fn throttled(dir: &Path) -> u64 {
    let counted = words(&dir.join("cpu.stat"));
    let at = counted.iter().position(|word| word == "nr_throttled");
    at.and_then(|at| counted.get(at + 1)?.parse().ok()).unwrap_or_default()
}

/// Whole seconds of CPU that the caller has used.
fn cpu_seconds() -> libc::time_t {
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(libc::time_t::MAX, |it| it.user_time().tv_sec() + it.system_time().tv_sec())
}

/// Has a process join the cgroup and use that many bytes; tells how it ended.
fn eat(dir: &Path, bytes: usize) -> Result<WaitStatus, Finding> {
    inside(dir, || {
        let mut meal = vec![0_u8; bytes];
        meal.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        std::hint::black_box(meal);
    })
}

/// Has a process join the cgroup and do its `work` there; tells how it ended.
fn inside(dir: &Path, work: impl FnOnce()) -> Result<WaitStatus, Finding> {
    let failed = |errno| cannot("fork()", errno, "Too many processes: ulimit -u");
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
fn join(dir: &Path) -> io::Result<()> {
    File::options().write(true).open(dir.join("cgroup.procs"))?.write_all(b"0")
}

/// Judges with a cgroup that has this controller; without any, it is one of v2.
fn judge(controller: Option<&str>, lesson: impl FnOnce(Cgroup) -> Verdict) -> ! {
    // Ctrl-C ends the answer; the judge stays, to tidy up.
    for key in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: SIG_IGN installs no handler that could run.
        let _ = unsafe { signal(key, SigHandler::SigIgn) };
    }
    let (version, place) = match find(controller) {
        Ok(found) => found,
        Err(finding) => exit(say(Err(finding))),
    };
    sweep(&place);
    let branch = place.join(format!("{BRANCH}{}", process::id()));
    let status = match make(&branch, version, controller) {
        Ok(()) => {
            let group = Cgroup { version, dir: branch.join("inside") };
            sandbox::status(Some(&branch.join("outside")), || lesson(group))
        }
        Err(error) => {
            say(Err(cannot(format!("make({})", branch.display()), error, advice(version))))
        }
    };
    remove(&branch);
    exit(status)
}

/// A cgroup in which this user may make others, and whose children have the controller.
fn find(controller: Option<&str>) -> Result<(Version, PathBuf), Finding> {
    let all = cgroup::all().map_err(|error| cannot("reading /proc/self/cgroup", error, ""))?;
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
        let mut places = mounted.current.ancestors().take_while(|dir| dir.starts_with(&mounted.mount_point));
        let gives = |dir: &&Path| writable(dir) && has(words(&dir.join("cgroup.subtree_control")));
        if let Some(place) = places.find(gives) {
            return Ok((Version::V2, place.to_owned()));
        }
    }
    Err(cannot(
        match controller {
            Some(one) => format!("a cgroup of this user's own with the controller {one}"),
            None => "a cgroup v2 of this user's own".to_owned(),
        },
        "there is none",
        if controller.is_none() && !v2 { BOOT_WITH_V2 } else { advice(version) },
    ))
}

/// What to do where the only cgroups are those of v1.
const BOOT_WITH_V2: &str = "cgroup v2 is not mounted here. Let the kernel's command line say \
                            systemd.unified_cgroup_hierarchy=1";

fn advice(version: Version) -> &'static str {
    match version {
        Version::V1 => "On cgroup v1 it takes root. Run: sudo env PATH=\"$PATH\" rustlings",
        Version::V2 => "Run rustlings in one: systemd-run --user --scope -p Delegate=yes rustlings",
    }
}

/// Makes the three cgroups and hands them to who the answer will be.
fn make(branch: &Path, version: Version, controller: Option<&str>) -> io::Result<()> {
    fs::create_dir(branch)?;
    if let (Version::V2, Some(controller)) = (version, controller) {
        fs::write(branch.join("cgroup.subtree_control"), format!("+{controller}"))?;
    }
    let leaves = ["inside", "outside"].map(|name| branch.join(name));
    leaves.iter().try_for_each(fs::create_dir)?;
    if geteuid().is_root() {
        chown(branch.join("cgroup.procs"), Some(NOBODY), Some(NOBODY))?;
        for leaf in leaves {
            for file in fs::read_dir(&leaf)? {
                chown(file?.path(), Some(NOBODY), Some(NOBODY))?;
            }
        }
    }
    Ok(())
}

/// Removes the branches of judges that have died.
fn sweep(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(BRANCH));
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove(&entry.path());
        }
    }
}

/// Removes a cgroup and those below it; nobody is in them any more.
fn remove(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            remove(&entry.path());
        }
    }
    let _ = fs::remove_dir(dir);
}
