//! Real-time processes (sched(7)). A kernel with CONFIG_RT_GROUP_SCHED lets them into a cgroup
//! only if that has real-time runtime, and a new one has none. On v1 `cpu.rt_runtime_us` gives
//! it some; on v2 only the root cgroup can have any.

use std::path::Path;

use anyhow::Error;
use nix::errno::Errno;
use nix::libc::{SCHED_FIFO, SCHED_RR};
use nix::unistd::Pid;
use step_support::cgroup::{children, processes};
use step_support::error::{errno_of, with_hint};
use step_support::printable;
use step_support::refusal::scheduling_policy;

use crate::hints::command;

/// Whether this process could not enter a new cgroup below `parent`, one of v1.
pub fn is_shut_out(parent: &Path) -> bool {
    is_realtime(Pid::from_raw(0)) && parent.join("cpu.rt_runtime_us").exists()
}

/// Adds a hint to the error of moving a child of this process into a cgroup.
pub fn explain_join(error: Error, dir: &Path) -> Error {
    match errno_of(&error) {
        Some(Errno::EINVAL) if is_shut_out(dir) => with_hint(
            error,
            format!(
                "a real-time process may enter a cgroup of cpu only if that has real-time runtime \
                 (cpu.rt_runtime_us), and a new one has none; start the step with an ordinary \
                 policy: chrt -o 0 {}",
                command()
            ),
        ),
        _ => error,
    }
}

/// The process that keeps the kernel from enabling cpu for the children of a cgroup of v2.
pub fn in_the_way(parent: &Path) -> Option<String> {
    let below = children(parent).ok()?.into_iter().flat_map(|dir| processes(&dir));
    let pid = below.flatten().find(|pid| is_realtime(*pid))?;
    Some(format!(
        "cpu can be enabled only if no real-time process is below {} (CONFIG_RT_GROUP_SCHED), and \
         {pid} is one; give it an ordinary policy: chrt -o -p 0 {pid}",
        printable(parent)
    ))
}

fn is_realtime(pid: Pid) -> bool {
    [SCHED_FIFO, SCHED_RR].contains(&scheduling_policy(pid))
}
