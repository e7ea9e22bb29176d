//! A namespace limits what processes see, a cgroup limits what they may use. A
//! cgroup is a directory; the files in it are its settings. Versions 1 and 2 of
//! cgroups use the same two files for this exercise.
//!
//! Move all of these processes, and no others, into the cgroup `dir`. Limit it to 8
//! processes.
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
