//! A group and the process in it that competes for the CPU; how, is not part of the lesson.

use std::hint;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::Pid;
use step_support::cgroup::read;
use step_support::status::{describe, wait};

use crate::group::{mkdir, start_member};

/// A group and the process in it.
pub struct Runner {
    /// The group.
    pub dir: PathBuf,
    /// The process.
    pub pid: Pid,
}

impl Runner {
    /// Creates the group below another, and starts a process in it that never sleeps.
    pub fn start(parent: &Path, name: &str) -> Result<Runner> {
        let dir = parent.join(name);
        mkdir(&dir)?;
        let pid = start_member(&dir, |_| never_sleep())?;
        Ok(Runner { dir, pid })
    }

    /// What a file of the group says.
    pub fn setting(&self, file: &str) -> Result<String> {
        let text = read(&self.dir.join(file))?;
        Ok(String::from_utf8_lossy(&text).trim_end().to_owned())
    }

    /// Fails if somebody has ended the process.
    pub fn check(&self) -> Result<()> {
        match wait(self.pid, WaitPidFlag::WNOHANG)? {
            Some(status) => bail!("process {} {}", self.pid, describe(status)),
            None => Ok(()),
        }
    }
}

/// Keeps the first CPU that this process may use busy.
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

/// What the kernel has counted in a group, in microseconds.
pub struct Counters {
    /// For how long its process ran.
    pub ran: u64,
    /// For how long it waited for a CPU; none on a kernel without PSI.
    pub waited: Option<u64>,
}

impl Counters {
    /// What has been added since `before`, in seconds, for a row of the table.
    pub fn since(&self, before: &Counters) -> String {
        let seconds =
            |now: u64, before: u64| format!("{:.3}", now.saturating_sub(before) as f64 / 1e6);
        let waited = self.waited.zip(before.waited).map(|(now, before)| seconds(now, before));
        let waited = waited.unwrap_or("-".to_owned());
        format!("{:>15}{waited:>8}", seconds(self.ran, before.ran))
    }
}
