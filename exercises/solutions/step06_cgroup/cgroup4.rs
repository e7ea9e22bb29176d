//! Whoever kills a group one by one loses against a process that forks: while you
//! read the list, it changes. So first let nothing move, and then kill.
//!
//! In `freeze`, stop all processes of the group, whatever they do about it. In
//! `end`, end them all; the group stays frozen until then. The group is one of
//! cgroup v2, on a hybrid machine, too.
//!
//! Manual: the kernel's "Control Group v2", under "Core Interface Files"

use std::fs;
use std::io;

use judge::Cgroup;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn freeze(cgroup: &Cgroup) -> io::Result<()> {
    fs::write(cgroup.dir.join("cgroup.freeze"), "1")
}

/// Since Linux 5.14 it is enough to write 1 to cgroup.kill.
fn end(cgroup: &Cgroup) -> io::Result<()> {
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGKILL);
    }
    Ok(())
}

fn pids(cgroup: &Cgroup) -> io::Result<Vec<Pid>> {
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).map(Pid::from_raw).collect())
}

fn main() {
    judge::cgroup4(freeze, end)
}
