//! Step 06: how much may a process use, together with everything that it starts?
//!
//! A namespace decides what a process sees. A cgroup decides how much a *group* of
//! processes may use: all that the command starts is in the group, shares one budget, and
//! ends with the group.
//!
//! ```text
//! cargo run -p step06-cgroup
//! sudo target/debug/step06-cgroup --pids 5 -- sh -c 'for i in 1 2 3 4 5 6; do sleep 1 & done; wait'
//! ```
//!
//! Privilege: none to look. To create a cgroup, the current cgroup or one above it must be
//! delegated to this user. On v1 only root has that.
//!
//! Read `v2.rs` next, the lesson: six operations on files. `v1.rs` does the same on older
//! machines. The other files are listed in `lib.rs`.
//!
//! Simplified: three of about a dozen controllers, and one limit for each.
//!
//! Manual: cgroups(7), clone(2), proc(5), and the kernel's cgroup-v2 document

use std::process::{Command, ExitCode};

use anyhow::Result;
use nix::unistd::getpid;
use step_support::process::command_or_shell;
use step_support::status::{end_by_signal, pass_on};
use step_support::{cgroup, exit_code};
use step06_cgroup::cli::{Args, parse_args};
use step06_cgroup::hints::explain;
use step06_cgroup::limits::Limits;
use step06_cgroup::place::Place;
use step06_cgroup::signals::Ending;
use step06_cgroup::supervisor::Supervisor;
use step06_cgroup::{survey, v1, v2};

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<u8> {
    match parse_args()? {
        Args::Survey => survey::survey(),
        Args::Run(limits, argv) => run_in_group(&limits, command_or_shell(argv)).map_err(explain),
    }
}

/// Runs the command in a cgroup of its own, which is removed whatever happens.
fn run_in_group(limits: &Limits, command: Command) -> Result<u8> {
    let place = Place::choose(&cgroup::all()?, limits, &[getpid()])?;
    let mut supervisor = Supervisor::start(&place)?;
    let ran = match &place {
        Place::V2(group) => v2::run(group, limits, command, &mut supervisor),
        Place::V1(group) => v1::run(group, limits, command, &mut supervisor),
    };
    let removed = supervisor.finish(&place);
    let (ending, report) = ran?;
    report.print(removed);
    // The status is that of the command, even if the group is left.
    match ending {
        Ending::Command(status) => Ok(pass_on(status)),
        Ending::Signal(signal) => Ok(end_by_signal(signal)),
    }
}
