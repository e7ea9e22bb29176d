//! The container's clocks. Step 12 explains them.

use std::fs::{self, File};

use anyhow::{Context, Result};
use nix::sched::{CloneFlags, setns};
use nix::time::{ClockId, clock_gettime};
use step_support::{Hint, refusal};

use crate::options::Options;
use crate::protection::Protection;

/// Sets the clocks that count from boot back to zero, so that the host's age stays with the
/// host, and enters the time namespace that was created for the children of this process.
pub fn start_at_zero(options: &Options) -> Result<()> {
    if !options.has(Protection::Time) {
        return Ok(());
    }
    let back = |clock| clock_gettime(clock).map(|time| -time.tv_sec());
    let monotonic = back(ClockId::CLOCK_MONOTONIC).context("clock_gettime(CLOCK_MONOTONIC)")?;
    let boottime = back(ClockId::CLOCK_BOOTTIME).context("clock_gettime(CLOCK_BOOTTIME)")?;
    fs::write(
        "/proc/self/timens_offsets",
        format!("monotonic {monotonic} 0\nboottime {boottime} 0\n"),
    )
    .hint(refusal::clock_offsets)
    .context("write(/proc/self/timens_offsets)")?;
    let link = "/proc/self/ns/time_for_children";
    let namespace = File::open(link).with_context(|| format!("open({link})"))?;
    setns(namespace, CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))
        .hint(refusal::in_new_namespace)
        .with_context(|| format!("setns({link}, CLONE_NEWTIME)"))
}
