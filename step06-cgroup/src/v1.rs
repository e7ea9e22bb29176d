//! Cgroups version 1: every controller has a hierarchy of its own (or shares one
//! with a few others), so the same group of processes needs a directory in each
//! (cgroups(7)).
//!
//! Nobody but root may do this in practice: v1 has no safe delegation.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::Pid;

use crate::cgroupfs::{lock, mkdir, remove, sweep, turn};
use crate::group::{Figure, Group, Setting, Source, Unit};
use crate::hierarchy::{Hierarchy, Version};
use crate::limits::Limits;
use crate::start::start_and_join;

/// The controllers that set the limits and count. `pids` comes first: as long as
/// it is there nobody can fork while the group is being killed.
pub const CONTROLLERS: [&str; 4] = ["pids", "memory", "cpu", "cpuacct"];

/// Where v1 counts: the controller, then the figure.
const FIGURES: [(&str, Source); 5] = [
    ("pids", ("forks refused", "pids.events", "max", Unit::Times)),
    ("memory", ("OOM kills", "memory.oom_control", "oom_kill", Unit::Times)),
    ("memory", ("peak memory", "memory.max_usage_in_bytes", "", Unit::Bytes)),
    ("cpuacct", ("CPU used", "cpuacct.usage", "", Unit::Nanos)),
    ("cpu", ("throttled", "cpu.stat", "throttled_time", Unit::Nanos)),
];

/// A cgroup on v1: a directory in each hierarchy.
pub struct V1 {
    dirs: Vec<PathBuf>,
    /// Which of the directories a controller has.
    of: Vec<(&'static str, usize)>,
    locks: Vec<Flock<File>>,
}

impl V1 {
    /// Plans a cgroup `name` below this process's own, in each hierarchy that has
    /// one of the controllers. It does not exist yet.
    pub fn plan(hierarchies: &[Hierarchy], name: &str, limits: &Limits) -> Result<V1> {
        let (mut dirs, mut of) = (Vec::new(), Vec::new());
        for controller in CONTROLLERS {
            let has_it = |it: &&Hierarchy| it.controllers.iter().any(|name| name == controller);
            let found = hierarchies.iter().filter(|it| it.version == Version::V1).find(has_it);
            if let Some(mounted) = found.and_then(|it| it.mounted.as_ref()) {
                let dir = mounted.own.join(name);
                // cpu and cpuacct are often mounted together.
                let at = dirs.iter().position(|it| *it == dir).unwrap_or(dirs.len());
                dirs.resize(dirs.len().max(at + 1), dir);
                of.push((controller, at));
            }
        }
        let lacks = |controller: &&&str| !of.iter().any(|(has, _)| has == *controller);
        match limits.controllers().iter().find(lacks).or(dirs.is_empty().then_some(&"pids")) {
            Some(controller) => Err(Errno::ENODEV).with_context(|| {
                format!("/proc/self/mountinfo: no v1 hierarchy with the {controller} controller")
            }),
            None => Ok(V1 { dirs, of, locks: Vec::new() }),
        }
    }

    fn dir(&self, controller: &str) -> Option<&Path> {
        let (_, at) = self.of.iter().find(|(name, _)| *name == controller)?;
        Some(&self.dirs[*at])
    }
}

impl Group for V1 {
    fn create(&mut self, _ours: &[Pid]) -> Result<()> {
        for dir in &self.dirs {
            let parent = dir.parent().unwrap_or(dir);
            let _turn = turn(parent)?;
            sweep(parent);
            mkdir(dir)?;
            self.locks.push(lock(dir, FlockArg::LockShared)?);
        }
        Ok(())
    }

    fn limit(&self, limits: &Limits) -> Result<()> {
        for setting in settings(limits) {
            if let Some(dir) = self.dir(setting.controller) {
                setting.apply(dir)?;
            }
        }
        Ok(())
    }

    fn start(&self, command: Command) -> Result<Pid> {
        start_and_join(command, &self.dirs)
    }

    fn dirs(&self) -> &[PathBuf] {
        &self.dirs
    }

    fn figures(&self) -> Vec<Figure> {
        let read = |(controller, source)| {
            let nowhere = Figure { source, value: None };
            self.dir(controller).map_or(nowhere, |dir| Figure::read(source, dir))
        };
        FIGURES.into_iter().map(read).collect()
    }

    fn remove(&self) -> Result<()> {
        self.dirs.iter().try_for_each(|dir| remove(dir))
    }
}

// ANCHOR: settings
/// The limits in the files of v1.
fn settings(limits: &Limits) -> Vec<Setting> {
    let mut settings = Vec::new();
    if let Some(pids) = limits.pids {
        settings.push(Setting::new("pids", "pids.max", pids));
    }
    if let Some(bytes) = limits.memory {
        settings.push(Setting::new("memory", "memory.limit_in_bytes", bytes));
        // Memory and swap together, so that the group cannot escape to swap.
        let memsw = Setting::new("memory", "memory.memsw.limit_in_bytes", bytes);
        settings.push(Setting { may_lack: true, ..memsw });
    }
    if let Some(percent) = limits.cpu {
        // So many microseconds out of each 100,000.
        settings.push(Setting::new("cpu", "cpu.cfs_period_us", 100_000));
        settings.push(Setting::new("cpu", "cpu.cfs_quota_us", percent * 1000));
    }
    settings
}
// ANCHOR_END: settings
