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
    fs::write(cgroup.dir.join("cgroup.freeze"), "1")
}

/// Since Linux 5.14, writing 1 to cgroup.kill does the same.
fn kill_all(cgroup: &Cgroup) -> io::Result<()> {
    for pid in pids(cgroup)? {
        let _ = kill(pid, Signal::SIGKILL);
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
