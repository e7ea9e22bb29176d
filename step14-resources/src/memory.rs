//! Two limits of memory: `memory.max` ends who wants more, `memory.high` slows it down.

use std::hint;
use std::path::Path;

use anyhow::{Context, Result};
use colored::Colorize;
use nix::errno::Errno;
use nix::sys::utsname::uname;
use nix::sys::wait::WaitPidFlag;
use step_support::cgroup::{read, value, write};
use step_support::error::errno_of;
use step_support::status::{describe, wait};
use step_support::{note, print};

use crate::cli;
use crate::group::{Group, mkdir, pressure, set, start_member};

/// The limit, in bytes, and what the process takes: one MiB more.
const LIMIT: usize = 16 << 20;
const TAKEN: usize = LIMIT + (1 << 20);

/// Runs the same process under either limit, and prints its end and what the kernel counted.
pub fn limit_twice(group: &Group) -> Result<u8> {
    if !group.controllers.contains(&"memory") {
        return Err(cli::no_memory_controller());
    }
    set(&group.dir.join("cgroup.subtree_control"), "+memory")?;
    for (file, event) in [("memory.max", "oom_kill"), ("memory.high", "high")] {
        let dir = group.dir.join(format!("with-{file}"));
        mkdir(&dir)?;
        set(&dir.join(file), &LIMIT.to_string())?;
        forbid_swap(&dir)?;
        let pid = start_member(&dir, |_| take_memory())?;
        let status = wait(pid, WaitPidFlag::empty())?.context("waitpid()")?;

        let events = String::from_utf8_lossy(&read(&dir.join("memory.events"))?).into_owned();
        let count = value(&events, event).map_or("-".to_owned(), |it| it.to_string());
        let waited = pressure(&dir.join("memory.pressure"));
        let waited = waited.map_or("-".to_owned(), |it| format!("{:.3} s", it as f64 / 1e6));
        print(&format!("{file} {}: process {} {}", LIMIT, pid, describe(status).green()))?;
        print(&format!("  memory.events: {event} {count}; memory.pressure: waited {waited}"))?;
    }
    if is_32_bit_kernel() {
        note("note: a 32-bit kernel makes nobody wait at memory.high: it calculates a wait of 0");
    }
    Ok(0)
}

/// Whether `calculate_high_delay` (mm/memcontrol.c) shifts a number of 32 bits by 34, so that
/// nothing is left.
fn is_32_bit_kernel() -> bool {
    let machine = uname().map(|it| it.machine().to_owned()).unwrap_or_default();
    let machine = machine.to_string_lossy();
    machine.ends_with("86") || machine.starts_with("arm") // i686, armv7l; not x86_64, aarch64
}

/// Without this the kernel would move memory to swap, where there is any, before a limit counts.
fn forbid_swap(dir: &Path) -> Result<()> {
    match write(&dir.join("memory.swap.max"), "0") {
        Err(error) if errno_of(&error) == Some(Errno::ENOENT) => Ok(()), // a kernel without swap
        result => result,
    }
}

/// In the child: writes to each page, since the kernel counts pages that are in use.
fn take_memory() -> Result<u8> {
    let mut bytes = vec![0_u8; TAKEN];
    bytes.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    hint::black_box(&bytes);
    Ok(0)
}
