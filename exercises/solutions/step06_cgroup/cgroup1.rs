//! A namespace limits what processes see, a cgroup limits what they may use. A
//! cgroup is a directory; the files in it are its settings.
//!
//! Move all of these processes into the cgroup `dir`, and limit it to 8 processes.
//! Versions 1 and 2 of cgroups use the same two files for this.
//!
//! Manual: cgroups(7)

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn limit(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    fs::write(dir.join("pids.max"), "8")?;
    for pid in pids {
        fs::write(dir.join("cgroup.procs"), pid.to_string())?;
    }
    Ok(())
}

fn main() -> ! {
    judge::cgroup1(limit)
}
