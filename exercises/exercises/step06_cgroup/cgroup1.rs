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
    // TODO: Move all of them. And where does the limit go?
    fs::write(dir.join("cgroup.procs"), pids[0].to_string())
}

fn main() -> ! {
    judge::cgroup1(limit)
}
