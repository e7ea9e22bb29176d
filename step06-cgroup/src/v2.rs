//! Cgroups version 2: one hierarchy for all controllers, so a group of processes
//! is one directory (cgroups(7), and cgroup-v2 in the kernel's documentation).
//!
//! Three rules decide where that directory can be:
//!
//! - A cgroup has the controllers that its parent enables for its children in
//!   `cgroup.subtree_control`.
//! - A cgroup that does so may have no processes of its own (EBUSY): they would
//!   compete with its children. Only the root cgroup is exempt.
//! - A user may work in a cgroup whose directory, `cgroup.procs` and
//!   `cgroup.subtree_control` belong to this user: it is delegated. To move a process,
//!   `cgroup.procs` of the nearest cgroup above both places must be writable too.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::{ForkResult, Pid, getpid};

use crate::cgroupfs::{
    RUN, children, delegated, lock, mkdir, name as name_of, read, remove, rmdir, sweep, turn,
    words, write,
};
use crate::command::errno;
use crate::group::{Figure, Group, Setting, Source, Unit, missing, nobody_but};
use crate::hierarchy::Mounted;
use crate::limits::Limits;
use crate::report::{note, printable};
use crate::start::{Gate, clone_into, start_and_join};

/// The controllers that set the limits and count.
const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];

/// Where v2 counts.
const FIGURES: [Source; 5] = [
    ("forks refused", "pids.events", "max", Unit::Times),
    ("OOM kills", "memory.events", "oom_kill", Unit::Times),
    ("peak memory", "memory.peak", "", Unit::Bytes),
    ("CPU used", "cpu.stat", "usage_usec", Unit::Micros),
    ("throttled", "cpu.stat", "throttled_usec", Unit::Micros),
];

/// How the name of the cgroup begins that remembers which controllers a run has
/// enabled in its parent, `step06-cgroup-on-cpu-pids`: whoever is the last to
/// leave can read there what to undo, even if the run itself was killed.
const ON: &str = "step06-cgroup-on";

/// The controllers that a cgroup enables for its children.
const ENABLED: &str = "cgroup.subtree_control";

/// A cgroup on v2.
pub struct V2 {
    parent: PathBuf,
    dir: [PathBuf; 1],
    wanted: Vec<&'static str>,
    lock: Option<Flock<File>>,
}

impl V2 {
    /// Plans a cgroup `name` in the nearest place where it can have the
    /// controllers it needs. It does not exist yet.
    pub fn plan(mounted: &Mounted, name: &str, limits: &Limits) -> V2 {
        let own = &mounted.own;
        // For the report all that are here, for the limits those they need.
        let here = words(&own.join("cgroup.controllers"));
        let needed = limits.controllers();
        let wanted = CONTROLLERS
            .into_iter()
            .filter(|it| needed.contains(it) || here.iter().any(|name| name == it));
        let wanted: Vec<_> = wanted.collect();

        let ready = |dir: &&Path| delegated(dir) && has_all(dir, ENABLED, &wanted);
        let can_be_made_ready = delegated(own)
            && alone(own, &[getpid()])
            && has_all(own, "cgroup.controllers", &wanted);
        // Never out of the cgroup of another run: its limits would be left behind.
        let top = own.ancestors().find(|dir| name_of(dir).starts_with(RUN));
        let top = top.unwrap_or(&mounted.point);
        let mut places = own.ancestors().take_while(|dir| dir.starts_with(top));
        let parent = if can_be_made_ready && !ready(&own.as_path()) {
            own
        } else {
            // If there is no place, own it is, where the kernel will say why not.
            places.find(ready).unwrap_or(own)
        };
        let dir = [parent.join(name)];
        V2 { parent: parent.to_owned(), dir, wanted, lock: None }
    }

    // ANCHOR: enable
    /// Enables controllers for the children of `parent`. Those of `ours` that are in
    /// it have to leave first, but for the root cgroup, where there are always
    /// others; they wait in a child of it.
    fn enable(&self, ours: &[Pid]) -> Result<()> {
        let missing = lacks(&self.parent, ENABLED, &self.wanted)?;
        if missing.is_empty() {
            return Ok(());
        }
        let on = self.parent.join(format!("{ON}-{}", missing.join("-")));
        mkdir(&on)?;
        if alone(&self.parent, ours) {
            for pid in words(&self.parent.join("cgroup.procs")) {
                write(&on.join("cgroup.procs"), &pid)?;
            }
        }
        let switches = format!("+{}", missing.join(" +"));
        let file = self.parent.join(ENABLED);
        write(&file, &switches)?;
        note(&format!("echo '{switches}' > {}", printable(&file)));
        Ok(())
    }
    // ANCHOR_END: enable
}

impl Group for V2 {
    fn create(&mut self, ours: &[Pid]) -> Result<()> {
        let _turn = turn(&self.parent)?;
        tidy(&self.parent)?;
        self.enable(ours)?;
        mkdir(&self.dir[0])?;
        self.lock = Some(lock(&self.dir[0], FlockArg::LockShared)?);
        Ok(())
    }

    fn limit(&self, limits: &Limits) -> Result<()> {
        settings(limits).iter().try_for_each(|setting| setting.apply(&self.dir[0]))
    }

    /// Starts the command as a process that is born inside. A kernel before 5.7, or
    /// a filter of system calls, may not have that: then it is started outside and
    /// moved before it becomes the command.
    fn start(&self, command: Command) -> Result<Pid> {
        let gate = Gate::new()?;
        let dir = File::open(&self.dir[0]).map_err(errno).context("open(cgroup)")?;
        match clone_into(&dir) {
            Ok(ForkResult::Child) => gate.enter(command),
            Ok(ForkResult::Parent { child }) => {
                gate.open();
                Ok(child)
            }
            Err(errno @ (Errno::ENOSYS | Errno::EPERM | Errno::E2BIG | Errno::EINVAL)) => {
                note(&format!("note: clone3(CLONE_INTO_CGROUP): {errno}: fork() and move instead"));
                start_and_join(command, &self.dir)
            }
            Err(errno) => Err(errno).context("clone3(CLONE_INTO_CGROUP)"),
        }
    }

    fn dirs(&self) -> &[PathBuf] {
        &self.dir
    }

    fn figures(&self) -> Vec<Figure> {
        FIGURES.into_iter().map(|source| Figure::read(source, &self.dir[0])).collect()
    }

    fn remove(&self) -> Result<()> {
        let _turn = turn(&self.parent)?;
        remove(&self.dir[0])?;
        tidy(&self.parent)
    }
}

// ANCHOR: settings
/// The limits in the files of v2.
fn settings(limits: &Limits) -> Vec<Setting> {
    let mut settings = Vec::new();
    if let Some(pids) = limits.pids {
        settings.push(Setting::new("pids", "pids.max", pids));
    }
    if let Some(bytes) = limits.memory {
        settings.push(Setting::new("memory", "memory.max", bytes));
        // Or the group would go on in swap instead of being out of memory.
        let swap = Setting::new("memory", "memory.swap.max", 0);
        settings.push(Setting { may_lack: true, ..swap });
    }
    if let Some(percent) = limits.cpu {
        // So many microseconds out of each 100,000.
        settings.push(Setting::new("cpu", "cpu.max", format!("{} 100000", percent * 1000)));
    }
    settings
}
// ANCHOR_END: settings

/// Those of the `wanted` controllers that a file of `dir` does not list. If the
/// file cannot be read that is an error: controllers taken for missing would be
/// enabled once more, and in the end disabled for everybody.
fn lacks(dir: &Path, file: &str, wanted: &[&'static str]) -> Result<Vec<&'static str>> {
    Ok(missing(&read(&dir.join(file))?, wanted))
}

/// Whether a file of `dir` lists all the `wanted` controllers.
fn has_all(dir: &Path, file: &str, wanted: &[&'static str]) -> bool {
    lacks(dir, file, wanted).is_ok_and(|missing| missing.is_empty())
}

/// Whether there are no processes in a cgroup but `ours`.
fn alone(dir: &Path, ours: &[Pid]) -> bool {
    read(&dir.join("cgroup.procs")).is_ok_and(|there| nobody_but(&there, ours))
}

/// Removes what dead runs have left in `parent`. If no living run is there either,
/// disables what runs have enabled, and lets those that wait come back.
fn tidy(parent: &Path) -> Result<()> {
    let markers = children(parent);
    let markers = markers.iter().filter(|dir| name_of(dir).starts_with(ON));
    if sweep(parent) {
        return Ok(());
    }
    for on in markers {
        let enabled = name_of(on).trim_start_matches(ON).replace('-', " -");
        write(&parent.join(ENABLED), enabled.trim_start())?;
        for pid in words(&on.join("cgroup.procs")) {
            write(&parent.join("cgroup.procs"), &pid)?;
        }
        rmdir(on)?;
    }
    Ok(())
}
