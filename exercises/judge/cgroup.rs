//! Step 06: limits for a group of processes.
//!
//! The judge makes a branch of three cgroups: answers begin in `outside`, and
//! what they are asked to limit is `inside`. All of it goes when the judge is done;
//! what a killed judge has left, the next one removes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{self, exit};

use nix::sched::CloneFlags;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{AccessFlags, ForkResult, Pid, eaccess, fork, geteuid};

use crate::cgroupfs::words;
use crate::hierarchy::{self, Version};
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
    judge("pids", move |group| {
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
    judge("memory", move |group| {
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

/// Has a process join the cgroup and use that many bytes; tells how it ended.
fn eat(dir: &Path, bytes: usize) -> Result<WaitStatus, Finding> {
    let failed = |errno| cannot("fork()", errno, "Too many processes: ulimit -u");
    // SAFETY: this process has one thread, so the child may allocate.
    match unsafe { fork() }.map_err(failed)? {
        ForkResult::Parent { child } => waitpid(child, None).map_err(failed),
        ForkResult::Child => {
            let joined = File::options().write(true).open(dir.join("cgroup.procs"));
            if joined.and_then(|mut it| it.write_all(b"0")).is_err() {
                exit(2);
            }
            let mut meal = vec![0_u8; bytes];
            meal.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
            exit(i32::from(std::hint::black_box(meal)[0]) - 1)
        }
    }
}

/// Judges with a cgroup that has this controller.
fn judge(controller: &str, lesson: impl FnOnce(Cgroup) -> Verdict) -> ! {
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
fn find(controller: &str) -> Result<(Version, PathBuf), Finding> {
    let all = hierarchy::all().map_err(|error| cannot("reading /proc/self/cgroup", error, ""))?;
    let writable = |dir: &Path| {
        let file = dir.join("cgroup.procs");
        [dir, &file].iter().all(|it| eaccess(*it, AccessFlags::W_OK).is_ok())
    };
    let mut version = Version::V2;
    for hierarchy in all {
        let Some(mounted) = hierarchy.mounted else { continue };
        let has = |file: PathBuf| words(&file).iter().any(|it| it == controller);
        if hierarchy.version == Version::V1
            && hierarchy.controllers.iter().any(|it| it == controller)
        {
            version = Version::V1;
            if writable(&mounted.own) {
                return Ok((version, mounted.own));
            }
        }
        let mut places = mounted.own.ancestors().take_while(|dir| dir.starts_with(&mounted.point));
        let gives = |dir: &&Path| writable(dir) && has(dir.join("cgroup.subtree_control"));
        if let Some(place) = places.find(gives) {
            return Ok((Version::V2, place.to_owned()));
        }
    }
    Err(cannot(
        format!("a cgroup of this user's own with the controller {controller}"),
        "there is none",
        advice(version),
    ))
}

fn advice(version: Version) -> &'static str {
    match version {
        Version::V1 => "On cgroup v1 it takes root. Run: sudo env PATH=\"$PATH\" rustlings",
        Version::V2 => "Run rustlings in one: systemd-run --user --scope -p Delegate=yes rustlings",
    }
}

/// Makes the three cgroups and hands them to who the answer will be.
fn make(branch: &Path, version: Version, controller: &str) -> io::Result<()> {
    fs::create_dir(branch)?;
    if version == Version::V2 {
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
