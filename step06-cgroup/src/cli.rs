//! The command line: arguments and help.

use std::ffi::OsString;
use std::iter;

use step_support::output::print_help;

use crate::limits::{self, Limits};

const HELP: &str = "\
Runs a command in a cgroup with limits. Without a command: shows in which
cgroups this process is, and what this user may do there.

Usage: step06-cgroup
       step06-cgroup [--pids N] [--memory SIZE] [--cpu PERCENT] [--] CMD [ARG...]

  --pids N       at most N processes and threads at a time
  --memory SIZE  at most SIZE bytes, swap included; 64K, 64M, 1G: times 1024
  --cpu PERCENT  at most this share of one CPU; 150 is one CPU and a half
  CMD [ARG...]   the command; it is in the group from its first instruction

When CMD ends, or on Ctrl-C, all processes left in the group are killed. What the
kernel counted goes to stderr. The exit status is that of CMD.

Example: sudo target/debug/step06-cgroup --pids 5 -- sh -c 'sleep 1 & sleep 1 & ps'
Manual:  cgroups(7), clone(2), proc(5)";

/// What the command line says.
pub enum Args {
    /// Show the cgroups of this process.
    Survey,
    /// Run a command with limits.
    Run(Limits, Vec<OsString>),
}

/// Parses the command line.
pub fn parse_args() -> Result<Args, lexopt::Error> {
    use lexopt::prelude::*;

    let mut limits = Limits::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Long("pids") => limits.pids = Some(parser.value()?.parse_with(limits::pids)?),
            Long("memory") => limits.memory = Some(parser.value()?.parse_with(limits::size)?),
            Long("cpu") => limits.cpu = Some(parser.value()?.parse_with(limits::percentage)?),
            Value(program) => {
                let argv = iter::once(program).chain(parser.raw_args()?).collect();
                return Ok(Args::Run(limits, argv));
            }
            _ => return Err(arg.unexpected()),
        }
    }
    match limits.controllers()[..] {
        [] => Ok(Args::Survey),
        _ => Err("missing CMD".into()),
    }
}
