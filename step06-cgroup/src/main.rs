//! Step 06: what does a process share with all that it starts?
//!
//! A namespace says what a process sees. A cgroup says how much a *group* of
//! processes may use: everything that the command starts is in it, shares one
//! budget, and nothing of it survives the end.
//!
//! ```text
//! cargo run -p step06-cgroup
//! sudo target/debug/step06-cgroup --pids 5 -- sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & done; wait'
//! ```
//!
//! Privilege: to look, none. To create a cgroup: that the one we stand in, or one
//! above it, has been delegated to this user. On v1 that is root's alone.
//!
//! The files: this one is the life of the group; `v2.rs` and `v1.rs` make it;
//! `guard.rs` removes it; `start.rs` is the process inside; `hierarchy.rs` and
//! `survey.rs` find out where we stand; `cgroupfs.rs` reads and writes.
//!
//! Simplified: three controllers out of a dozen, and one limit for each.
//!
//! Manual: cgroups(7), clone(2), proc(5), and the kernel's cgroup-v2 document

use std::ffi::OsString;
use std::iter;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SigHandler, SigSet, Signal, raise, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, geteuid, getpid};

mod cgroupfs;
#[path = "../../command.rs"]
#[allow(dead_code, reason = "a group is entered by clone3(2) or through a gate")]
mod command;
mod group;
mod guard;
mod hierarchy;
mod limits;
#[path = "../../report.rs"]
mod report;
mod start;
mod survey;
mod v1;
mod v2;

use command::command;
use group::Group;
use guard::Guard;
use hierarchy::{Hierarchy, Version};
use limits::Limits;
use report::{note, print, printable, report};

const HELP: &str = "\
Runs a command in a cgroup with limits. Without a command: shows in which
cgroups this process is, and what this user may do there.

Usage: step06-cgroup
       step06-cgroup [--pids N] [--memory SIZE] [--cpu PERCENT] [--] CMD [ARG...]

  --pids N       at most N processes and threads at a time
  --memory SIZE  at most so many bytes, swap included; 64K, 64M, 1G: times 1024
  --cpu PERCENT  of one CPU's time; 150 is one CPU and a half
  CMD [ARG...]   the command, inside from its first instruction

When CMD has ended, or at Ctrl-C, what is left of the group is killed. What the
group did is on stderr. The exit status is that of CMD.

Example: sudo target/debug/step06-cgroup --pids 5 -- sh -c 'sleep 1 & sleep 1 & ps'
Manual:  cgroups(7), clone(2), proc(5)";

/// What ends a run: the command's own end, or one of the signals that would end
/// the step. Then the group is killed, reported and removed first.
const ENDINGS: [Signal; 5] =
    [Signal::SIGCHLD, Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

fn main() -> ExitCode {
    ExitCode::from(report(run(), hint))
}

fn run() -> Result<u8> {
    match asked()? {
        Asked::Help => print(HELP).map(|()| 0),
        Asked::Survey => survey::survey(),
        Asked::Run(limits, words) => live(&limits, command(words)),
    }
}

/// What the command line asks for.
enum Asked {
    Help,
    Survey,
    Run(Limits, Vec<OsString>),
}

/// Reads the command line.
fn asked() -> Result<Asked, lexopt::Error> {
    use lexopt::prelude::*;

    let mut limits = Limits::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Asked::Help),
            Long("pids") => limits.pids = Some(parser.value()?.parse_with(limits::pids)?),
            Long("memory") => limits.memory = Some(parser.value()?.parse_with(limits::size)?),
            Long("cpu") => limits.cpu = Some(parser.value()?.parse_with(limits::percentage)?),
            Value(program) => {
                let words = iter::once(program).chain(parser.raw_args()?).collect();
                return Ok(Asked::Run(limits, words));
            }
            _ => return Err(arg.unexpected()),
        }
    }
    match limits.controllers()[..] {
        [] => Ok(Asked::Survey),
        _ => Err("missing CMD".into()),
    }
}

// ANCHOR: live
/// The life of a group: planned, guarded, made, and in the end always removed.
fn live(limits: &Limits, command: Command) -> Result<u8> {
    let mut group = plan(&hierarchy::all()?, limits)?;
    let signals = take_signals()?;
    let guard = Guard::post(&*group)?;
    let end = act(&mut *group, guard.pid, limits, command, &signals);
    let removed = guard.relieve(&*group);
    let end = end?;
    removed?;

    match end {
        End::Status(status) => Ok(status),
        End::Signal(signal) => {
            // As if we had never caught it, so that a shell can see what ended us.
            raise(signal).context("raise()")?;
            signals.thread_unblock().context("sigprocmask()")?;
            Ok(128 + signal as u8)
        }
    }
}

/// Makes the group, runs the command in it, and reports. The guard removes it.
fn act(
    group: &mut dyn Group,
    guard: Pid,
    limits: &Limits,
    command: Command,
    signals: &SigSet,
) -> Result<End> {
    group.create(&[getpid(), guard])?;
    group.limit(limits)?;
    let name = printable(command.get_program());
    let child = group.start(command)?;
    let end = wait(child, signals)?;

    let left = group.dirs().first().map_or(0, |dir| cgroupfs::processes(dir).len());
    group.dirs().iter().for_each(|dir| cgroupfs::kill_all(dir));
    note(&format!("The group of {name} is gone; processes that had to be killed: {left}"));
    for figure in group.figures() {
        note(&figure.line());
    }
    Ok(end)
}
// ANCHOR_END: live

/// Decides between the versions: a controller lives in one hierarchy at a time,
/// and if v1 has one of those that limit, they are not v2's.
fn plan(hierarchies: &[Hierarchy], limits: &Limits) -> Result<Box<dyn Group>> {
    // The PID is for people; the time makes it unique in every PID namespace.
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let name = format!("{}{}-{time:x}", cgroupfs::RUN, getpid());

    let limiting = |name: &String| v1::CONTROLLERS.contains(&name.as_str());
    let v1 = hierarchies.iter().any(|it| it.controllers.iter().any(limiting));
    let v2 = hierarchies.iter().find(|it| it.version == Version::V2);
    match v2.and_then(|it| it.mounted.as_ref()) {
        Some(mounted) if !v1 => Ok(Box::new(v2::V2::plan(mounted, &name, limits))),
        _ => Ok(Box::new(v1::V1::plan(hierarchies, &name, limits)?)),
    }
}

/// What came first: the end of the command, or a signal to end it all.
enum End {
    Status(u8),
    Signal(Signal),
}

/// Keeps SIGCHLD and the signals that end a run until they are waited for.
fn take_signals() -> Result<SigSet> {
    let mut signals = SigSet::empty();
    for taken in ENDINGS {
        // SAFETY: no handler of this program is replaced, nor installed.
        let before = unsafe { signal(taken, SigHandler::SigDfl) }.context("signal()")?;
        if taken != Signal::SIGCHLD && matches!(before, SigHandler::SigIgn) {
            // nohup(1) and the like want it to be ignored.
            // SAFETY: as above.
            unsafe { signal(taken, SigHandler::SigIgn) }.context("signal()")?;
        } else {
            signals.add(taken);
        }
    }
    signals.thread_block().context("sigprocmask()")?;
    Ok(signals)
}

/// Waits for the command (`sigwait(3)`, `waitpid(2)`).
fn wait(command: Pid, signals: &SigSet) -> Result<End> {
    loop {
        let signal = signals.wait().context("sigwait()")?;
        if signal != Signal::SIGCHLD {
            return Ok(End::Signal(signal));
        }
        match waitpid(command, Some(WaitPidFlag::WNOHANG)).context("waitpid()")? {
            WaitStatus::Exited(_, status) => return Ok(End::Status(status as u8)),
            WaitStatus::Signaled(_, signal, _) => return Ok(End::Status(128 + signal as u8)),
            _ => {}
        }
    }
}

/// What to do about a cgroup that cannot be made.
fn hint(errno: Errno) -> Option<&'static str> {
    let systemd = Path::new("/sys/fs/cgroup/cgroup.controllers").exists()
        && Path::new("/run/systemd/system").exists();
    match errno {
        Errno::EBUSY if !systemd => Some(
            "a cgroup with processes cannot enable controllers for others: move them to a child \
             (mkdir, cgroup.procs), then write \"+cpu +memory +pids\" to the parent's \
             cgroup.subtree_control",
        ),
        Errno::EBUSY if geteuid().is_root() => Some(
            "a cgroup with processes cannot enable controllers for others; systemd gives the step \
             one of its own: systemd-run --scope -p Delegate=yes target/debug/step06-cgroup ...",
        ),
        Errno::EBUSY => Some(
            "a cgroup with processes cannot enable controllers for others; systemd gives the step \
             one of its own: systemd-run --user --scope -p Delegate=yes target/debug/step06-cgroup ...",
        ),
        Errno::EACCES | Errno::EPERM if geteuid().is_root() => {
            Some("this cgroup is not delegated: in Docker, run the container with --privileged")
        }
        Errno::EACCES | Errno::EPERM if systemd => Some(
            "this cgroup is not delegated to you; systemd delegates one: \
             systemd-run --user --scope -p Delegate=yes target/debug/step06-cgroup ... \
             or be root: sudo target/debug/step06-cgroup ...",
        ),
        Errno::EACCES | Errno::EPERM => {
            Some("this cgroup is not delegated to you: sudo target/debug/step06-cgroup ...")
        }
        Errno::EROFS => Some("mounted read-only: in Docker, run the container with --privileged"),
        Errno::EAGAIN => Some(
            "no room: see ulimit -u and, above, pids.max, cgroup.max.descendants, cgroup.max.depth",
        ),
        Errno::ENOENT | Errno::ENODEV => {
            Some("step06-cgroup without arguments shows which controllers are here")
        }
        _ => None,
    }
}
