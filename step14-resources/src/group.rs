//! The group in which a lesson works: created, guarded and removed with the parts of step 06,
//! so runs of both steps clean up after each other. It is not part of the lesson.

use std::fs;
use std::path::Path;
use std::process;

use anyhow::{Context, Result};
use nix::unistd::{ForkResult, Pid, fork, getpid};
use step_support::cgroup::{self, Version, write};
use step_support::handshake::{self, Side};
use step_support::{Hint, exit_status, note, printable, refusal};
use step06_cgroup::hints::explain;
use step06_cgroup::limits::Limits;
use step06_cgroup::no_place::not_shown;
use step06_cgroup::place::Place;
use step06_cgroup::supervisor::Supervisor;
use step06_cgroup::v2;

pub use step06_cgroup::v2::Group;

/// Creates a cgroup, calls `lesson` with it, and removes it. A supervisor does that even if
/// this process is killed.
pub fn in_new_group(lesson: impl FnOnce(&Group) -> Result<u8>) -> Result<u8> {
    let mut hierarchies = cgroup::all()?;
    hierarchies.retain(|it| it.version == Version::V2);
    let place = Place::choose(&hierarchies, &Limits::default(), &[getpid()]).map_err(explain)?;
    let Place::V2(group) = &place else { return Err(explain(not_shown(None))) };
    let mut supervisor = Supervisor::start(&place)?;
    let created = v2::create(group, &[getpid(), supervisor.pid()]).map_err(explain);
    let result = created.and_then(|_lock| {
        supervisor.guard_group();
        let result = lesson(group);
        // Children have a copy of the pipe on which the supervisor waits for the step's end.
        let _ = cgroup::kill_all(&group.dir);
        result
    });
    let removed = supervisor.finish(&place);
    result.map(|status| status.max(u8::from(!removed)))
}

/// Creates a cgroup, and prints the command that does the same in a shell.
pub fn mkdir(dir: &Path) -> Result<()> {
    cgroup::mkdir(dir).map_err(explain)
}

/// Writes to a file of a cgroup, and prints the command that does the same in a shell.
pub fn set(file: &Path, value: &str) -> Result<()> {
    write(file, value).map_err(explain)?;
    note(&format!("echo {value} > {}", printable(file)));
    Ok(())
}

/// Microseconds in which at least one process of a group had to wait (`some`), as one of its
/// pressure files counts them. None on a kernel without PSI.
pub fn pressure(file: &Path) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let some = text.lines().find(|line| line.starts_with("some "))?;
    some.rsplit_once("total=")?.1.parse().ok()
}

/// Forks a child that calls `main` as a member of the cgroup: it waits until it is moved there.
pub fn start_member(dir: &Path, main: impl FnOnce(&Side) -> Result<u8>) -> Result<Pid> {
    let (parent_side, child_side) = handshake::pair()?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    let pid = match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Child => {
            drop(parent_side);
            let tied = child_side.die_with_parent();
            leave_realtime_policy();
            let result = tied.and_then(|()| match child_side.wait() {
                true => main(&child_side),
                false => Ok(1), // the parent could not move this process
            });
            process::exit(exit_status(result).into())
        }
        ForkResult::Parent { child } => child,
    };
    write(&dir.join("cgroup.procs"), &pid.to_string()).map_err(explain)?;
    parent_side.notify();
    Ok(pid)
}

/// Leaves a real-time policy that the step was started with: one that never sleeps would leave
/// the step no time, and some kernels let no such process into a cgroup (sched(7)).
fn leave_realtime_policy() {
    if ![libc::SCHED_FIFO, libc::SCHED_RR].contains(&refusal::scheduling_policy(getpid())) {
        return;
    }
    let priority = 0_i32; // all of `struct sched_param`
    let (call, policy) = (libc::SYS_sched_setscheduler, libc::SCHED_OTHER);
    // SAFETY: the kernel reads one number, which outlives the call.
    let _ = unsafe { libc::syscall(call, 0, policy, &raw const priority) };
}
