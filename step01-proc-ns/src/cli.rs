//! Arguments and help.

use std::fs;
use std::path::Path;

use nix::unistd::Pid;
use step_support::output::print_help;
use step_support::target;

const HELP: &str = "\
Shows the namespaces of processes, as the links in /proc/PID/ns have them.

Usage: step01-proc-ns [PID...]
       step01-proc-ns --all

  PID    a process; with several, which namespaces they share;
         without any, this program itself
  --all  every namespace that has processes which you may look into (not one that
         only a mount or an open file keeps alive)

Example: cargo run -p step01-proc-ns -- $$
Manual:  namespaces(7), proc_pid_ns(5), readlink(2), lsns(8)";

/// The command line.
pub enum Args {
    /// `--all`
    All,
    /// PID...
    Processes(Vec<Pid>),
}

/// Parses the command line.
pub fn parse_args() -> Result<Args, lexopt::Error> {
    use lexopt::prelude::*;

    let mut all = false;
    let mut pids = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => print_help(HELP),
            Long("all") => all = true,
            Short(digit) if digit.is_ascii_digit() => return Err("a PID is never negative".into()),
            Value(text) => pids.push(parse_pid(&text.string()?)?),
            _ => return Err(arg.unexpected()),
        }
    }
    match (all, pids.is_empty()) {
        (true, true) => Ok(Args::All),
        (true, false) => Err("--all takes no PID".into()),
        (false, _) => Ok(Args::Processes(pids)),
    }
}

/// Parses a PID. A process may have one above `kernel.pid_max` if that was lowered later.
fn parse_pid(text: &str) -> Result<Pid, String> {
    let limit = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
    let limit = limit.trim().parse().unwrap_or(i32::MAX);
    let pid = target::parse_pid(text)?;
    match pid.as_raw() < limit || Path::new(&format!("/proc/{pid}")).exists() {
        true => Ok(pid),
        false => Err(format!("{text} is larger than any PID here: kernel.pid_max is {limit}")),
    }
}
