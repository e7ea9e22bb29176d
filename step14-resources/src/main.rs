//! Step 14: what else does a cgroup do than limit?
//!
//! A limit is one of its files. Others weigh a group against its neighbors, measure how long
//! its processes wait, stop all of them at once, and end them. Two groups, each with a process
//! that never sleeps, share one CPU; the files of these groups decide who runs, and others say
//! who did.
//!
//! ```text
//! cargo build -p step14-resources && sudo target/debug/step14-resources
//! sudo target/debug/step14-resources memory      memory.high against memory.max
//! sudo target/debug/step14-resources delegate    a group that another user works in
//! ```
//!
//! Privilege: a cgroup of v2 that is delegated to this user; on most machines root has one,
//! and systemd gives one to others. A user namespace does not help: the files of cgroups
//! belong to users outside of it.
//!
//! `memory.rs` and `delegate.rs` are two more lessons. `group.rs` creates the group and removes
//! it, with the parts of step 06.
//!
//! Simplified: v2 only. On v1 the freezer is a hierarchy of its own, weights are `cpu.shares`,
//! and there is no `memory.high`, no `cgroup.kill` and no safe delegation.
//!
//! Manual: cgroups(7), sched(7), poll(2), and the kernel's documents cgroup-v2 and psi

use std::fs::{self, File};
use std::hint;
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use colored::Colorize;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::Pid;
use step_support::cgroup::{kill_all, mkdir, read, value};
use step_support::error::errno_of;
use step_support::status::{describe, wait};
use step_support::{exit_code, note, print, printable};

use crate::cli::Lesson;
use crate::group::{Group, in_new_group, set, start_member};

mod cli;
mod delegate;
mod group;
mod memory;

/// How long each reading lasts. Nobody is waited for: this is a time to measure in.
const WINDOW: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<u8> {
    match cli::parse_args()? {
        Lesson::Cpu => in_new_group(share_one_cpu),
        Lesson::Memory => in_new_group(memory::limit_twice),
        Lesson::Delegate => in_new_group(delegate::give_away),
    }
}

// ANCHOR: share_one_cpu
/// Weighs two groups, freezes one of them and kills both; each row is what the kernel counted.
fn share_one_cpu(group: &Group) -> Result<u8> {
    if group.controllers.contains(&"cpu") {
        set(&group.dir.join("cgroup.subtree_control"), "+cpu")?;
    }
    let [light, heavy] = [Runner::start(group, "light")?, Runner::start(group, "heavy")?];
    let both = [&light, &heavy];
    print(&format!("{:22} light: runs   waits    heavy: runs   waits", "In each half second"))?;
    if group.controllers.contains(&"cpu") {
        measure(both, "cpu.weight")?;
        set(&heavy.dir.join("cpu.weight"), "300")?;
        measure(both, "cpu.weight")?;
    } else {
        note(&cli::no_cpu_weight());
        measure(both, "cgroup.freeze")?;
    }
    freeze(&heavy)?;
    measure(both, "cgroup.freeze")?;
    kill(&group.dir, both)?;
    Ok(0)
}
// ANCHOR_END: share_one_cpu

/// A group and the process in it.
struct Runner {
    dir: PathBuf,
    pid: Pid,
}

impl Runner {
    fn start(group: &Group, name: &str) -> Result<Runner> {
        let dir = group.dir.join(name);
        mkdir(&dir)?;
        let pid = start_member(&dir, |_| never_sleep())?;
        Ok(Runner { dir, pid })
    }

    // ANCHOR: counters
    /// Microseconds that the group has run, and in which a process of it had to wait for a CPU
    /// (none on a kernel without PSI).
    fn counters(&self) -> Result<(u64, Option<u64>)> {
        let stat = String::from_utf8_lossy(&read(&self.dir.join("cpu.stat"))?).into_owned();
        let ran = value(&stat, "usage_usec").context("cpu.stat: no usage_usec")?;
        Ok((ran, group::pressure(&self.dir.join("cpu.pressure"))))
    }
    // ANCHOR_END: counters
}

/// In the child: keeps the first CPU that it may use busy.
fn never_sleep() -> Result<u8> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this).context("sched_getaffinity()")?;
    let first = (0..CpuSet::count()).find(|&cpu| allowed.is_set(cpu) == Ok(true));
    let mut one = CpuSet::new();
    one.set(first.unwrap_or_default()).context("CPU_SET()")?;
    sched_setaffinity(this, &one).context("sched_setaffinity()")?;
    loop {
        hint::spin_loop();
    }
}

// ANCHOR: measure
/// Prints a setting of both groups, and what the kernel counts in them during one window.
fn measure(both: [&Runner; 2], file: &str) -> Result<()> {
    let before = [both[0].counters()?, both[1].counters()?];
    thread::sleep(WINDOW);
    let mut settings = Vec::new();
    let mut row = String::new();
    for (runner, (ran_before, waited_before)) in both.into_iter().zip(before) {
        let (ran, waited) = runner.counters()?;
        let waited = waited.zip(waited_before).map(|(now, before)| now.saturating_sub(before));
        let waited = waited.map_or("-".to_owned(), seconds);
        row += &format!("{:>15}{waited:>8}", seconds(ran.saturating_sub(ran_before)));
        settings.push(String::from_utf8_lossy(&read(&runner.dir.join(file))?).trim().to_owned());
        if let Some(status) = wait(runner.pid, WaitPidFlag::WNOHANG)? {
            bail!("process {} {}", runner.pid, describe(status));
        }
    }
    print(&format!("{:20}{}", format!("{file} {}", settings.join(" : ")), row.green()))
}
// ANCHOR_END: measure

fn seconds(microseconds: u64) -> String {
    format!("{:.3}", microseconds as f64 / 1e6)
}

// ANCHOR: freeze
/// Freezes the group (`cgroup.freeze`), and prints what `/proc` says about its process.
fn freeze(runner: &Runner) -> Result<()> {
    set(&runner.dir.join("cgroup.freeze"), "1")?;
    wait_for_event(&runner.dir, "frozen 1")?;
    let file = format!("/proc/{}/status", runner.pid);
    let status = fs::read_to_string(&file).with_context(|| format!("open({file})"))?;
    let state = status.lines().find_map(|line| line.strip_prefix("State:\t")).unwrap_or("-");
    print(&format!("heavy's cgroup.events: frozen 1; State in {file}: {}", state.green()))
}
// ANCHOR_END: freeze

// ANCHOR: kill
/// Kills all processes of the group and of those below it, frozen ones, too (`cgroup.kill`).
fn kill(dir: &Path, runners: [&Runner; 2]) -> Result<()> {
    match set(&dir.join("cgroup.kill"), "1") {
        Err(error) if errno_of(&error) == Some(Errno::ENOENT) => {
            note("note: no cgroup.kill before Linux 5.14: each process gets SIGKILL instead");
            kill_all(dir)?;
        }
        result => result?,
    }
    wait_for_event(dir, "populated 0")?;
    for Runner { dir, pid } in runners {
        let status = wait(*pid, WaitPidFlag::empty())?.context("waitpid()")?;
        let frozen = read(&dir.join("cgroup.freeze"))?.starts_with(b"1");
        let how = if frozen { "frozen process" } else { "process" };
        print(&format!("{how} {} {}", pid, describe(status).green()))?;
    }
    print(&format!("cgroup.events: {}", "populated 0".green()))
}
// ANCHOR_END: kill

// ANCHOR: wait_for_event
/// Sleeps until `cgroup.events` has this line. The kernel wakes who polls that file (`poll(2)`).
fn wait_for_event(dir: &Path, event: &str) -> Result<()> {
    let path = dir.join("cgroup.events");
    let call = || format!("open({})", printable(&path));
    let mut file = File::open(&path).with_context(call)?;
    loop {
        let mut text = String::new();
        file.rewind().and_then(|()| file.read_to_string(&mut text)).with_context(call)?;
        if text.lines().any(|line| line == event) {
            return Ok(());
        }
        let mut changed = [PollFd::new(file.as_fd(), PollFlags::POLLPRI)];
        poll(&mut changed, PollTimeout::NONE).context("poll(cgroup.events)")?;
    }
}
// ANCHOR_END: wait_for_event
