//! Step 01: which namespaces is a process in?
//!
//! In Linux everything is a file, and so is a namespace: `/proc/PID/ns` holds
//! a symbolic link for each kind, and two processes are in the same namespace
//! when their links have the same inode number.
//!
//! ```text
//! cargo run -p step01-proc-ns -- $$
//! ```
//!
//! Privilege: none for your own processes. Those of other users take
//! CAP_SYS_PTRACE (`sudo`), because what a process is isolated from is its own
//! affair.
//!
//! Simplified: threads may be in namespaces of their own; here a process is
//! its first thread, as in `/proc/PID/ns`.
//!
//! Manual: namespaces(7), proc_pid_ns(5), readlink(2), lsns(8)

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Error, Result, anyhow};
use colored::Colorize;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};
use nix::unistd::{Pid, geteuid, getpid};

mod all;
#[path = "../../report.rs"]
mod report;
use report::{print, printable, report};

const HELP: &str = "\
Shows the namespaces of processes, as the links in /proc/PID/ns tell them.

Usage: step01-proc-ns [PID...]
       step01-proc-ns --all

  PID    a process; with several, which of their namespaces they share;
         without one, this program itself
  --all  every namespace of all the processes that you may look into

Example: cargo run -p step01-proc-ns -- $$
Manual:  namespaces(7), proc_pid_ns(5), readlink(2), lsns(8)";

/// What the links in `/proc/PID/ns` stand for, in the order of their names.
const KINDS: [(&str, &str); 10] = [
    ("cgroup", "what it sees as the root of the cgroup tree"),
    ("ipc", "System V IPC, POSIX message queues"),
    ("mnt", "mount points"),
    ("net", "network devices, addresses, ports"),
    ("pid", "process IDs"),
    ("pid_for_children", "process IDs of children to come"),
    ("time", "boot time and monotonic clock"),
    ("time_for_children", "clocks of children to come"),
    ("user", "user and group IDs, capabilities"),
    ("uts", "hostname and NIS domain name"),
];

fn main() -> ExitCode {
    ExitCode::from(report(run(), hint))
}

fn run() -> Result<u8> {
    match asked()? {
        Asked::Help => print(HELP)?,
        Asked::All => all::list(&namespaces(getpid())?)?,
        Asked::Processes(pids) => match pids[..] {
            [] => list(getpid())?,
            [pid] => list(pid)?,
            _ => compare(&pids)?,
        },
    }
    Ok(0)
}

/// What the command line asks for.
enum Asked {
    Help,
    All,
    Processes(Vec<Pid>),
}

/// Reads the command line.
fn asked() -> Result<Asked, lexopt::Error> {
    use lexopt::prelude::*;

    let mut all = false;
    let mut pids = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(Asked::Help),
            Long("all") => all = true,
            Short(digit) if digit.is_ascii_digit() => return Err("a PID is never negative".into()),
            Value(text) => pids.push(parse_pid(&text.string()?)?),
            _ => return Err(arg.unexpected()),
        }
    }
    match (all, pids.is_empty()) {
        (true, true) => Ok(Asked::All),
        (true, false) => Err("--all takes no PID".into()),
        (false, _) => Ok(Asked::Processes(pids)),
    }
}

/// Reads a PID and tells why a text cannot be one.
fn parse_pid(text: &str) -> Result<Pid, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{text:?} is not a PID: not a number"));
    }
    let limit = fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
    let limit = limit.trim().parse().unwrap_or(i32::MAX);
    match text.parse() {
        Ok(0) => Err("0 is not a PID: the first process is 1".into()),
        Ok(pid) if pid < limit => Ok(Pid::from_raw(pid)),
        _ => Err(format!("{text} is larger than any PID here: kernel.pid_max is {limit}")),
    }
}

// ANCHOR: namespaces
/// Reads the links of a process (`readlink(2)`), in the order of their names,
/// as `ls` lists them: `uts` and `uts:[4026531838]`.
fn namespaces(pid: Pid) -> Result<Vec<(String, String)>> {
    let dir = format!("/proc/{pid}/ns");
    let links = fs::read_dir(&dir).map_err(|error| explain(pid, error, &format!("open({dir})")))?;
    let mut namespaces = Vec::new();
    for link in links {
        let link = link.map_err(|error| explain(pid, error, &format!("getdents({dir})")))?;
        let kind = printable(link.file_name());
        let target = match fs::read_link(link.path()).and_then(not_empty) {
            // After unshare(CLONE_NEWPID) most kernels leave it empty until a child is born.
            Err(_) if kind == "pid_for_children" && link.path().is_symlink() => "(none yet)".into(),
            target => {
                target.map_err(|error| explain(pid, error, &format!("readlink({dir}/{kind})")))?
            }
        };
        namespaces.push((kind, printable(target)));
    }
    namespaces.sort();
    Ok(namespaces)
}
// ANCHOR_END: namespaces

/// Linux 5.10 has an empty text for a link that it does not let us read.
fn not_empty(link: PathBuf) -> io::Result<PathBuf> {
    match link.as_os_str().is_empty() {
        true => Err(Errno::EACCES.into()),
        false => Ok(link),
    }
}

// ANCHOR: list
/// Prints the namespaces of one process, and what each isolates.
fn list(pid: Pid) -> Result<()> {
    let namespaces = namespaces(pid)?;
    print(&format!("/proc/{pid}/ns"))?;
    for (kind, target) in namespaces {
        let known = KINDS.iter().find(|(name, _)| *name == kind);
        let isolates = known.map_or("a kind newer than this program", |(_, isolates)| isolates);
        let link = format!("{kind} -> {target}");
        print(&format!("{link:<40}{}", isolates.dimmed()))?;
    }
    Ok(())
}
// ANCHOR_END: list

// ANCHOR: compare
/// Prints a column for each process, and whether they share the namespaces.
fn compare(pids: &[Pid]) -> Result<()> {
    let columns = pids.iter().map(|&pid| namespaces(pid)).collect::<Result<Vec<_>>>()?;
    let titles: String = pids.iter().map(|pid| format!("{pid:<20}")).collect();
    print(&format!("{:<18}{titles}", ""))?;
    for (row, (kind, _)) in columns[0].iter().enumerate() {
        let mut targets: Vec<&str> = columns.iter().map(|column| column[row].1.as_str()).collect();
        let cells: String = targets.iter().map(|target| format!("{target:<20}")).collect();
        targets.sort();
        targets.dedup();
        let verdict = match targets.len() {
            1 => "shared".green(),
            different if different == pids.len() => "each its own".yellow(),
            different => format!("{different} different ones").yellow(),
        };
        print(&format!("{kind:<18}{cells}{verdict}"))?;
    }
    Ok(())
}
// ANCHOR_END: compare

/// Tells why `/proc/PID` could not be read: no such process, or not for us.
fn explain(pid: Pid, error: io::Error, call: &str) -> Error {
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
    let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    if !is_procfs() {
        anyhow!("{call}: {errno}\nhint: /proc is not mounted: mount -t proc proc /proc")
    } else if state.rsplit(')').next().is_some_and(|after_name| after_name.starts_with(" Z")) {
        anyhow!(
            "{call}: {errno}\nhint: process {pid} is a zombie: it has ended and left its namespaces"
        )
    } else if errno == Errno::EACCES {
        Error::new(errno).context(call.to_owned())
    } else if matches!(kill(pid, None), Ok(()) | Err(Errno::EPERM)) && state.is_empty() {
        anyhow!(
            "{call}: {errno}\nhint: process {pid} is there, but /proc hides it: mounted with hidepid"
        )
    } else {
        anyhow!("process {pid}: {}", Errno::ESRCH)
    }
}

/// Whether `/proc` is a process file system, and not an empty folder.
fn is_procfs() -> bool {
    statfs("/proc").is_ok_and(|proc| proc.filesystem_type() == PROC_SUPER_MAGIC)
}

/// What to do about a refused look into `/proc` (`ptrace(2)`, access mode checking).
fn hint(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::EACCES if geteuid().is_root() => {
            Some("it may do what this root may not: /proc/PID/status, CapPrm")
        }
        Errno::EACCES => Some("another user's process: sudo target/debug/step01-proc-ns PID"),
        _ => None,
    }
}
