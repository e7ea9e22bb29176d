//! Step 01: which namespaces is a process in?
//!
//! `/proc/PID/ns` has a symbolic link for each namespace of a process. The link's target,
//! such as `uts:[4026531838]`, names the kind and an inode number. Two processes are in the
//! same namespace if these targets are equal.
//!
//! ```text
//! cargo run -p step01-proc-ns -- $$
//! ```
//!
//! Privilege: none for your own processes. Reading those of other users requires
//! CAP_SYS_PTRACE (`sudo`).
//!
//! Simplified: threads may be in different namespaces; here a process is its first
//! thread, as in `/proc/PID/ns`.
//!
//! Manual: namespaces(7), proc_pid_ns(5), readlink(2), lsns(8)

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::unistd::{Pid, getpid};
use step_support::namespace::{NONE_YET, check_proc, not_empty};
use step_support::{exit_code, print, printable, target};

mod all;
mod cli;
use cli::Args;

/// What the namespace behind each link in `/proc/PID/ns` isolates.
const KINDS: [(&str, &str); 10] = [
    ("cgroup", "root directory of the cgroup tree"),
    ("ipc", "System V IPC, POSIX message queues"),
    ("mnt", "mount points"),
    ("net", "network devices, addresses, ports"),
    ("pid", "process IDs"),
    ("pid_for_children", "process IDs of future children"),
    ("time", "boot time and monotonic clock"),
    ("time_for_children", "clocks of future children"),
    ("user", "user and group IDs, capabilities"),
    ("uts", "hostname and NIS domain name"),
];

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<u8> {
    match cli::parse_args()? {
        Args::All => check_proc().and_then(|()| all::list(&namespaces(getpid())?))?,
        Args::Processes(pids) => match pids[..] {
            [] => check_proc().and_then(|()| list(getpid()))?,
            [pid] => list(pid)?,
            _ => compare(&pids)?,
        },
    }
    Ok(0)
}

/// The links of a process, by name as `ls` sorts them: `uts` and `uts:[4026531838]`.
fn namespaces(pid: Pid) -> Result<Vec<(String, String)>> {
    read_links(pid).map_err(|error| target::explain(pid, error, "step01-proc-ns PID"))
}

// ANCHOR: read_links
/// Reads the links in `/proc/PID/ns` (`readlink(2)`).
fn read_links(pid: Pid) -> Result<Vec<(String, String)>> {
    let dir = format!("/proc/{pid}/ns");
    let mut links = Vec::new();
    for entry in fs::read_dir(&dir).with_context(|| format!("open({dir})"))? {
        let entry = entry.with_context(|| format!("getdents({dir})"))?;
        let kind = printable(entry.file_name());
        let target = match fs::read_link(entry.path()) {
            // After unshare(CLONE_NEWPID), most kernels have no target until a child is born.
            Err(_) if kind == "pid_for_children" => NONE_YET.into(),
            target => {
                target.and_then(not_empty).with_context(|| format!("readlink({dir}/{kind})"))?
            }
        };
        links.push((kind, printable(target)));
    }
    links.sort();
    Ok(links)
}
// ANCHOR_END: read_links

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

/// Prints a column for each process, and which namespaces they share.
fn compare(pids: &[Pid]) -> Result<()> {
    let columns = pids.iter().map(|&pid| namespaces(pid)).collect::<Result<Vec<_>>>()?;
    let titles: String = pids.iter().map(|pid| format!("{pid:<20}")).collect();
    print(&format!("{:<18}{titles}", ""))?;
    for (row, (kind, _)) in columns[0].iter().enumerate() {
        let mut targets: Vec<&str> = columns.iter().map(|column| column[row].1.as_str()).collect();
        let cells: String = targets.iter().map(|target| format!("{target:<20}")).collect();
        // ANCHOR: verdict
        targets.sort();
        targets.dedup();
        let verdict = match targets.len() {
            _ if targets.contains(&NONE_YET) => "unknown".yellow(),
            1 => "shared".green(),
            distinct if distinct == pids.len() => "each its own".yellow(),
            distinct => format!("{distinct} different ones").yellow(),
        };
        // ANCHOR_END: verdict
        print(&format!("{kind:<18}{cells}{verdict}"))?;
    }
    Ok(())
}
