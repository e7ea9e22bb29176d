//! Cgroups version 2: one hierarchy for all controllers, so a group of processes is one
//! directory (cgroups(7), and the kernel's cgroup-v2 document).
//!
//! | Operation | On which file |
//! | --- | --- |
//! | enable controllers for the children of a cgroup | `cgroup.subtree_control` there |
//! | create a cgroup | `mkdir` |
//! | set its limits | `pids.max`, `memory.max`, `cpu.max` |
//! | start a command inside | `clone3(2)` with `CLONE_INTO_CGROUP` |
//! | read what the kernel counted | `pids.events`, `memory.events`, `cpu.stat`, ... |
//! | kill what is left, and remove it | `cgroup.kill`, `rmdir` |

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::slice;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::Flock;
use nix::unistd::{ForkResult, Pid, getpid};
use step_support::cgroup::{self, contains_only, processes, read, write};
use step_support::process::ParentPidfd;
use step_support::{Hint, note, printable, refusal};

use crate::hints::explain_enable;
use crate::leftovers::{create_owned, remove_stale};
use crate::limits::{Limits, Setting, apply};
use crate::parent;
use crate::report::{self, Counter, Report, Unit};
use crate::signals::{Ending, Signals};
use crate::start::{become_command, clone_into, start_and_join};
use crate::supervisor::Supervisor;

/// The controllers that set our limits and count.
pub const CONTROLLERS: [&str; 3] = ["cpu", "memory", "pids"];

/// What the kernel counts: name, file, key in it, unit.
const COUNTERS: [Counter; 5] = [
    ("forks refused", "pids.events", "max", Unit::Times),
    ("OOM kills", "memory.events", "oom_kill", Unit::Times),
    ("peak memory", "memory.peak", "", Unit::Bytes),
    ("CPU used", "cpu.stat", "usage_usec", Unit::Microseconds),
    ("throttled", "cpu.stat", "throttled_usec", Unit::Microseconds),
];

/// Where one run's cgroup will be. `place.rs` decides that.
#[derive(Debug)]
pub struct Group {
    /// The cgroup above it.
    pub parent: PathBuf,
    /// The cgroup itself.
    pub dir: PathBuf,
    /// The controllers that it needs.
    pub controllers: Vec<&'static str>,
}

/// Runs the command in the group. The step and its supervisor stay outside.
pub fn run(
    group: &Group,
    limits: &Limits,
    command: Command,
    supervisor: &mut Supervisor,
) -> Result<(Ending, Report)> {
    // ANCHOR: run
    let _owned = create(group, &[getpid(), supervisor.pid()])?;
    supervisor.guard_group();
    apply(&settings(limits), slice::from_ref(&group.dir))?;

    let command_name = printable(command.get_program());
    let signals = Signals::block()?;
    let child = start(&group.dir, command, &signals)?;
    supervisor.watch(child);
    let ending = signals.wait(child)?;

    let counted = report::read(&COUNTERS, slice::from_ref(&group.dir));
    let left = processes(&group.dir)?.len();
    // ANCHOR_END: run
    Ok((ending, Report { command_name, counted, left }))
}

/// Creates the cgroup below a parent that enables the controllers for it.
pub fn create(group: &Group, ours: &[Pid]) -> Result<Option<Flock<File>>> {
    let Group { parent, dir, controllers } = group;
    let _lock = parent::lock(parent, controllers)?;
    remove_stale([parent]);
    let missing = parent::not_enabled(parent, controllers)?;
    if !missing.is_empty() {
        parent::record(parent, &missing)?;
        enable(parent, &missing, ours)?;
    }
    create_owned(dir) // mkdir
}

/// Enables controllers for the children of `parent`. A cgroup that does so may not have
/// processes of its own (EBUSY), except for the root cgroup. If only ours are in it, they
/// move to a child of it first.
pub fn enable(parent: &Path, missing: &[&str], ours: &[Pid]) -> Result<()> {
    let procs = read(&parent.join("cgroup.procs"))?;
    if contains_only(&procs, ours) {
        for pid in String::from_utf8_lossy(&procs).lines() {
            write(&parent.join(parent::SUPERVISORS).join("cgroup.procs"), pid)?;
        }
    }
    // ANCHOR: enable
    let switches = format!("+{}", missing.join(" +"));
    let file = parent.join("cgroup.subtree_control");
    write(&file, &switches).map_err(|error| explain_enable(error, parent, missing))?;
    // ANCHOR_END: enable
    note(&format!("echo '{switches}' > {}", printable(&file)));
    Ok(())
}

// ANCHOR: settings
/// The limits as v2 wants them: a value for a file.
pub fn settings(limits: &Limits) -> Vec<Setting> {
    let mut settings = Vec::new();
    if let Some(pids) = limits.pids {
        settings.push(("pids.max", pids.to_string()));
    }
    if let Some(bytes) = limits.memory {
        settings.push(("memory.max", bytes.to_string()));
        // Without this the group would continue in swap instead of running out of memory.
        settings.push(("memory.swap.max", "0".to_owned()));
    }
    if let Some(percent) = limits.cpu {
        // So many microseconds in each 100,000.
        settings.push(("cpu.max", format!("{} 100000", percent * 1000)));
    }
    settings
}
// ANCHOR_END: settings

/// Starts the command as a process that is created inside of the cgroup.
fn start(dir: &Path, command: Command, signals: &Signals) -> Result<Pid> {
    let parent = ParentPidfd::of_this_process()?;
    let opened = File::open(dir).with_context(|| format!("open({})", printable(dir)))?;
    match clone_into(&opened) {
        Ok(ForkResult::Child) => become_command(command, &parent, signals),
        Ok(ForkResult::Parent { child }) => Ok(child),
        Err(Errno::ENOSYS) => {
            // A seccomp filter is the reason; all kernels that we support have the call.
            note("note: clone3(CLONE_INTO_CGROUP): ENOSYS: using fork() and cgroup.procs instead");
            start_and_join(command, &[dir.to_owned()], signals)
        }
        Err(errno) => Err(errno).hint(refusal::forking).context("clone3(CLONE_INTO_CGROUP)"),
    }
}

/// Removes the group, and then what runs have enabled in the parent, unless others use it.
pub fn remove(group: &Group) -> Result<()> {
    cgroup::remove(&group.dir)?; // cgroup.kill, rmdir
    parent::undo(&group.parent);
    Ok(())
}
