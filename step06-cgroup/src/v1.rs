//! Cgroups version 1, alone or on a hybrid machine: each controller has its own hierarchy,
//! or shares one with a few others. The same group of processes therefore needs one
//! directory in each hierarchy (cgroups(7)). Only root may do this: v1 has no safe
//! delegation. Controllers need not be enabled here.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use step_support::cgroup::{self, kill_all, processes};
use step_support::printable;

use crate::leftovers::{create_owned, remove_stale};
use crate::limits::{Limits, Setting, apply};
use crate::report::{self, Counter, Report, Unit};
use crate::signals::{Ending, Signals};
use crate::start::start_and_join;
use crate::supervisor::Supervisor;

/// The controllers that set our limits and count. `pids` comes first: as long as its
/// directory exists, no process can escape by forking while the group is killed.
pub const CONTROLLERS: [&str; 4] = ["pids", "memory", "cpu", "cpuacct"];

/// What the kernel counts: name, file, key in it, unit.
const COUNTERS: [Counter; 5] = [
    ("forks refused", "pids.events", "max", Unit::Times),
    ("OOM kills", "memory.oom_control", "oom_kill", Unit::Times),
    ("peak memory", "memory.max_usage_in_bytes", "", Unit::Bytes),
    ("CPU used", "cpuacct.usage", "", Unit::Nanoseconds),
    ("throttled", "cpu.stat", "throttled_time", Unit::Nanoseconds),
];

/// Where one run's cgroup will be: one directory in each hierarchy.
#[derive(Debug)]
pub struct Group {
    /// The directories.
    pub dirs: Vec<PathBuf>,
}

/// Runs the command in the group.
pub fn run(
    group: &Group,
    limits: &Limits,
    command: Command,
    supervisor: &mut Supervisor,
) -> Result<(Ending, Report)> {
    let Group { dirs } = group;
    remove_stale(dirs.iter().filter_map(|dir| dir.parent()));
    let mut owned = Vec::new();
    for dir in dirs {
        owned.push(create_owned(dir)?); // mkdir
    }
    supervisor.guard_group();
    apply(&settings(limits), dirs)?;

    let command_name = printable(command.get_program());
    let signals = Signals::block()?;
    let child = start_and_join(command, dirs, &signals)?; // cgroup.procs
    supervisor.watch(child);
    let ending = signals.wait(child)?;

    let counted = report::read(&COUNTERS, dirs);
    let left = dirs.first().map_or(Ok(Vec::new()), |dir| processes(dir))?.len();
    Ok((ending, Report { command_name, counted, left }))
}

/// The limits as v1 wants them: a value for a file.
pub fn settings(limits: &Limits) -> Vec<Setting> {
    let mut settings = Vec::new();
    if let Some(pids) = limits.pids {
        settings.push(("pids.max", pids.to_string()));
    }
    if let Some(bytes) = limits.memory {
        settings.push(("memory.limit_in_bytes", bytes.to_string()));
        // Memory and swap together, so that the group cannot continue in swap.
        settings.push(("memory.memsw.limit_in_bytes", bytes.to_string()));
    }
    if let Some(percent) = limits.cpu {
        // So many microseconds in each 100,000.
        settings.push(("cpu.cfs_period_us", "100000".to_owned()));
        settings.push(("cpu.cfs_quota_us", (percent * 1000).to_string()));
    }
    settings
}

/// Removes the group. Until all processes are killed, all directories stay.
pub fn remove(group: &Group) -> Result<()> {
    group.dirs.iter().try_for_each(|dir| kill_all(dir))?;
    group.dirs.iter().try_for_each(|dir| cgroup::remove(dir))
}
