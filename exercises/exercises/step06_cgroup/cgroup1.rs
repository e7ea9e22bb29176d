//! A namespace is about what processes see, a cgroup about how much they get. It
//! is a directory that the kernel makes up, and its files are its settings.
//!
//! Put all of these processes into the cgroup `dir`, and let it hold at most 8.
//! Versions 1 and 2 of cgroups do this with the same two files.
//!
//! Manual: cgroups(7)

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn limit(dir: &Path, pids: &[Pid]) -> io::Result<()> {
    // TODO: All of them; and how many may there be?
    fs::write(dir.join("cgroup.procs"), pids[0].to_string())
}

fn main() {
    judge::cgroup1(limit)
}
