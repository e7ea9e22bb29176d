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
use nix::sched::CloneFlags;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{AccessFlags, ForkResult, Pid, eaccess, fork, geteuid};

use step_support::cgroup::{self, Version};

use crate::process::{helper_process, run_answer};
use crate::sandbox::{self, NOBODY};
use crate::verdict::{Finding, Verdict, ensure, print_verdict, unavailable, wrong};

/// Prefix of the names of the judges' cgroups. The judge's PID follows.
const NAME_PREFIX: &str = "exercise-";

/// The words of a cgroup's file; none if it cannot be read.
fn words(file: &Path) -> Vec<String> {
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

/// Checks that these processes are in the cgroup and that its limit of processes is 8.
pub fn cgroup1(answer: fn(&Path, &[Pid]) -> io::Result<()>) -> ! {
    judge(Some("pids"), move |group| {
        let mut members = Vec::new();
        for _ in 0..3 {
            members.push(helper_process(CloneFlags::empty(), || Ok(()))?);
        }
        let pids: Vec<_> = members.iter().map(|it| it.pid).collect();
        run_answer(|| answer(&group.dir, &pids).map(|()| ""))?;
        let inside = words(&group.dir.join("cgroup.procs"));
        let all = pids.iter().map(|pid| pid.to_string());
        ensure(all.clone().all(|pid| inside.contains(&pid)) && inside.len() == pids.len(), || {
            wrong(
                format!("{} in cgroup.procs", all.clone().collect::<Vec<_>>().join(", ")),
                format!("[{}]", inside.join(", ")),
                "a cgroup limits only the processes that are in it, so each one has to be moved there",
            )
        })?;
        let max = words(&group.dir.join("pids.max"));
        ensure(max == ["8"], || {
            wrong("8 in pids.max", max.join(" "), "max means no limit, a number is the limit")
        })?;
        Ok(format!("{} processes are in the cgroup, and its limit is 8", inside.len()))
    })
}

/// Checks that the limit is 16 MiB without swap, and then the count of OOM kills.
pub fn cgroup2(limit: fn(&Cgroup) -> io::Result<()>, kills: fn(&Cgroup) -> io::Result<u64>) -> ! {
    judge(Some("memory"), move |group| {
        let (max, events) = match group.version {
            Version::V1 => ("memory.limit_in_bytes", "memory.oom_control"),
            Version::V2 => ("memory.max", "memory.events"),
        };
        run_answer(|| limit(&group).map(|()| ""))?;
        let bytes = words(&group.dir.join(max)).join(" ");
        ensure(bytes == (16 << 20).to_string(), || {
            wrong(
                format!("16777216, 16 MiB, in {max}"),
                bytes,
                "the limit is in bytes, and its file is in the cgroup's own directory",
            )
        })?;
        let kernel = || {
            let counters = words(&group.dir.join(events));
            let key = counters.iter().position(|word| word == "oom_kill");
            key.and_then(|key| counters.get(key + 1)).cloned().unwrap_or_default()
        };
        // Before and after a kill: the answer cannot know the number.
        for killed in [false, true] {
            if killed {
                let end = use_memory(&group.dir, 64 << 20)?;
                ensure(matches!(end, WaitStatus::Signaled(_, Signal::SIGKILL, _)), || {
                    wrong(
                        "the kernel kills a process that uses 64 MiB",
                        format!("{end:?}"),
                        "the cgroup can still use swap: limit that too",
                    )
                })?;
            }
            let returned = run_answer(|| kills(&group))?.output;
            ensure(returned == kernel(), || {
                wrong(
                    format!("{}, the number after oom_kill in {events}", kernel()),
                    format!("your function returned {returned}"),
                    "the file counts several events, of which the kill is one",
                )
            })?;
        }
        Ok(format!("the kernel killed a process at 16 MiB, and its count is {}", kernel()))
    })
}

/// Checks that the limit is a fifth of one CPU, and that the kernel throttles a busy process.
pub fn cgroup3(throttle: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(Some("cpu"), move |group| {
        let files: &[_] = match group.version {
            Version::V1 => &["cpu.cfs_quota_us", "cpu.cfs_period_us"],
            Version::V2 => &["cpu.max"],
        };
        let settings = || files.iter().flat_map(|file| words(&group.dir.join(file)));
        if settings().next().is_none() {
            let file = group.dir.join(files[0]);
            return Err(unavailable(
                file.display(),
                "ENOENT",
                "This kernel was built without CONFIG_CFS_BANDWIDTH, so it cannot limit CPU time",
            ));
        }
        run_answer(|| throttle(&group).map(|()| ""))?;
        let kernel: Vec<_> = settings().collect();
        let numbers: Vec<i64> = kernel.iter().filter_map(|word| word.parse().ok()).collect();
        ensure(matches!(numbers[..], [quota, period] if quota * 5 == period), || {
            wrong(
                format!("a quota that is a fifth of the period, in {}", files.join(" and ")),
                kernel.join(" "),
                "quota and period are in microseconds, and the quota is for all CPUs together",
            )
        })?;
        let end = run_in_cgroup(&group.dir, || {
            // On a busy machine the process may get less than its quota, and is not throttled yet.
            let mut loops = 0_u64;
            while throttled(&group.dir) == 0 && cpu_seconds() < 1 {
                (0..100_000).for_each(|_| loops = std::hint::black_box(loops + 1));
            }
        })?;
        let times = throttled(&group.dir);
        ensure(times > 0, || {
            wrong(
                "the kernel throttles a busy process",
                format!("nr_throttled {times} in cpu.stat; the process: {end:?}"),
                "the cgroup never used up its quota",
            )
        })?;
        Ok(format!(
            "{} in {}, and a busy process was throttled",
            kernel.join(" "),
            files.join(" and ")
        ))
    })
}

/// Checks that the answer freezes a cgroup whose processes keep forking, and then kills them.
pub fn cgroup4(freeze: fn(&Cgroup) -> io::Result<()>, end: fn(&Cgroup) -> io::Result<()>) -> ! {
    judge(None, move |group| {
        helper_process(CloneFlags::empty(), || {
            // SAFETY: this process has one thread, so the child may allocate.
            if let ForkResult::Child = unsafe { fork() }? {
                // SAFETY: SIG_IGN installs no handler that could run.
                let _ = unsafe { signal(Signal::SIGTERM, SigHandler::SigIgn) };
                let _ = join(&group.dir);
                // SAFETY: as above.
                while let Ok(ForkResult::Parent { child }) = unsafe { fork() } {
                    let _ = waitpid(child, None);
                }
                exit(0);
            }
            Ok(())
        })?;
        let events = group.dir.join("cgroup.events");
        if !becomes(&events, "populated", "1") {
            return Err(unavailable(
                events.display(),
                "populated 0",
                "A helper process of the judge could not join this cgroup",
            ));
        }
        run_answer(|| freeze(&group).map(|()| ""))?;
        ensure(becomes(&events, "frozen", "1"), || {
            wrong(
                "frozen 1 in cgroup.events",
                words(&events).join(" "),
                "a signal stops the processes listed at that moment, but their new children keep running",
            )
        })?;
        ensure(becomes(&events, "populated", "1"), || {
            wrong("frozen processes", "populated 0", "freezing must not end any process")
        })?;
        run_answer(|| end(&group).map(|()| ""))?;
        ensure(becomes(&events, "populated", "0"), || {
            wrong(
                "populated 0 in cgroup.events",
                words(&events).join(" "),
                "a process is alive: use the signal that no process can ignore, frozen or not",
            )
        })?;
        Ok("all processes in the cgroup were frozen, and then all were killed".to_owned())
    })
}

/// Waits until the file `cgroup.events` has this value for this key. False if a second
/// passes without an event. The kernel reports a change as `POLLPRI` (`cgroups(7)`).
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

/// How often the kernel has throttled the cgroup.
fn throttled(dir: &Path) -> u64 {
    let stat = words(&dir.join("cpu.stat"));
    let key = stat.iter().position(|word| word == "nr_throttled");
    key.and_then(|key| stat.get(key + 1)?.parse().ok()).unwrap_or_default()
}

/// Whole seconds of CPU that the caller has used.
fn cpu_seconds() -> libc::time_t {
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(libc::time_t::MAX, |it| it.user_time().tv_sec() + it.system_time().tv_sec())
}

/// Runs a process in the cgroup that uses this many bytes. Returns how it ended.
fn use_memory(dir: &Path, bytes: usize) -> Result<WaitStatus, Finding> {
    run_in_cgroup(dir, || {
        let mut buffer = vec![0_u8; bytes];
        buffer.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        std::hint::black_box(buffer);
    })
}

/// Forks a process that joins the cgroup and does its `work` there. Returns how it ended.
fn run_in_cgroup(dir: &Path, work: impl FnOnce()) -> Result<WaitStatus, Finding> {
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
fn join(dir: &Path) -> io::Result<()> {
    File::options().write(true).open(dir.join("cgroup.procs"))?.write_all(b"0")
}

/// Runs `check` with a cgroup that has this controller, or with any cgroup of v2.
fn judge(controller: Option<&str>, check: impl FnOnce(Cgroup) -> Verdict) -> ! {
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
const BOOT_WITH_V2: &str = "cgroup v2 is not mounted. With systemd, add this to the kernel's \
                            command line: systemd.unified_cgroup_hierarchy=1";

fn advice(version: Version) -> &'static str {
    match version {
        Version::V1 => "cgroup v1 needs root. Run: sudo env PATH=\"$PATH\" rustlings",
        Version::V2 => {
            "To run rustlings in one: systemd-run --user --scope -p Delegate=yes rustlings"
        }
    }
}

/// Creates the three cgroups and gives them to the user who will run the answer.
fn create(dir: &Path, version: Version, controller: Option<&str>) -> io::Result<()> {
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
