//! Step 14: what can a cgroup do besides limit?
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
//! it, with the parts of step 06; `runner.rs` has the processes that compete.
//!
//! Simplified: v2 only. On v1 the freezer is a hierarchy of its own, weights are `cpu.shares`,
//! and there is no `memory.high`, no `cgroup.kill` and no safe delegation.
//!
//! Manual: cgroups(7), sched(7), poll(2), and the kernel's documents cgroup-v2 and psi

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::WaitPidFlag;
use step_support::cgroup::{kill_all, value};
use step_support::error::errno_of;
use step_support::status::{describe, wait};
use step_support::{exit_code, note, print, printable};

use crate::cli::Lesson;
use crate::group::{Group, in_new_group, pressure, set};
use crate::runner::{Counters, Runner};

mod cli;
mod delegate;
mod group;
mod memory;
mod runner;

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

/// Weighs two groups, freezes one of them and kills both; each row is what the kernel counted.
fn share_one_cpu(group: &Group) -> Result<u8> {
    let has_weights = group.controllers.contains(&"cpu");
    match has_weights {
        true => set(&group.dir.join("cgroup.subtree_control"), "+cpu")?,
        false => note(&cli::no_cpu_weight()),
    }
    let [light, heavy] = [Runner::start(&group.dir, "light")?, Runner::start(&group.dir, "heavy")?];
    let both = [&light, &heavy];
    print(&format!("{:23} light: runs   waits    heavy: runs   waits", "In each half second"))?;
    if has_weights {
        measure(both, "cpu.weight")?;
        set(&heavy.dir.join("cpu.weight"), "300")?;
        measure(both, "cpu.weight")?;
    } else {
        measure(both, "cgroup.freeze")?;
    }
    freeze(&heavy)?;
    measure(both, "cgroup.freeze")?;
    kill(&group.dir, both)?;
    Ok(0)
}

/// Prints a setting of both groups, and what the kernel counts in them during one window.
fn measure(both: [&Runner; 2], file: &str) -> Result<()> {
    let before = [counters(both[0])?, counters(both[1])?];
    thread::sleep(WINDOW);
    let after = [counters(both[0])?, counters(both[1])?];
    let counted = [after[0].since(&before[0]), after[1].since(&before[1])].concat();
    let setting = format!("{file} {} : {}", both[0].setting(file)?, both[1].setting(file)?);
    print(&format!("{setting:20}{}", counted.green()))
}

// ANCHOR: counters
/// How many microseconds the group's process has run (`cpu.stat`), and in how many it had to
/// wait for the CPU (`cpu.pressure`; a kernel without PSI does not know).
fn counters(runner: &Runner) -> Result<Counters> {
    runner.check()?;
    let stat = runner.setting("cpu.stat")?;
    let ran = value(&stat, "usage_usec").context("cpu.stat: no usage_usec")?;
    Ok(Counters { ran, waited: pressure(&runner.dir.join("cpu.pressure")) })
}
// ANCHOR_END: counters

// ANCHOR: freeze
/// Freezes the group (`cgroup.freeze`), and prints what `/proc` says about its process.
fn freeze(runner: &Runner) -> Result<()> {
    set(&runner.dir.join("cgroup.freeze"), "1")?;
    wait_for_event(&runner.dir, "frozen 1")?;
    let file = format!("/proc/{}/status", runner.pid);
    let status = fs::read(&file).with_context(|| format!("open({file})"))?;
    let status = String::from_utf8_lossy(&status);
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
    for runner in runners {
        let frozen = runner.setting("cgroup.freeze")?;
        let end = describe(wait(runner.pid, WaitPidFlag::empty())?.context("waitpid()")?);
        print(&format!("cgroup.freeze {frozen}: process {} {}", runner.pid, end.green()))?;
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
