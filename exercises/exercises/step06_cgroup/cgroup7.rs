//! You cannot kill processes that keep forking by killing the PIDs of a list: while
//! you read the list, it changes. First freeze the cgroup, then kill. The cgroup is
//! one of version 2, on a hybrid machine too.
//!
//! In `freeze`, stop all processes of the cgroup, whatever they do, and end none. In
//! `kill_all`, kill them; none of them may run again before.
//!
//! Manual: "Control Group v2" (docs.kernel.org): Core Interface Files

use std::fs;
use std::io;

use judge::Cgroup;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn freeze(cgroup: &Cgroup) -> io::Result<()> {
    // TODO: Which processes are created while this loop runs?
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGSTOP);
    }
    Ok(())
}

fn kill_all(cgroup: &Cgroup) -> io::Result<()> {
    // TODO: Can a process ignore this signal?
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGTERM);
    }
    Ok(())
}

fn pids(cgroup: &Cgroup) -> io::Result<Vec<Pid>> {
    let text = fs::read_to_string(cgroup.dir.join("cgroup.procs"))?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).map(Pid::from_raw).collect())
}

fn main() -> ! {
    judge::cgroup7(freeze, kill_all)
}
