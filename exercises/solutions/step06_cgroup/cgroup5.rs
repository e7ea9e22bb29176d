//! In version 2 of cgroups a controller is passed down: a cgroup has those that its
//! parent enables in cgroup.subtree_control. A cgroup that enables any may not have
//! processes of its own, they would compete with its children. (Only the root cgroup
//! may.) This exercise is about v2, on a hybrid machine too.
//!
//! The cgroup `dir` has the processes `pids`, and a controller. Create `dir/child`
//! and move all of these processes there. Let it have this controller.
//!
//! Manual: cgroups(7): Cgroups v2

use std::fs;
use std::io;
use std::path::Path;

use nix::unistd::Pid;

fn pass_down(dir: &Path, pids: &[Pid], controller: &str) -> io::Result<()> {
    let child = dir.join("child");
    fs::create_dir(&child)?;
    for pid in pids {
        fs::write(child.join("cgroup.procs"), pid.to_string())?;
    }
    fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"))
}

fn main() -> ! {
    judge::cgroup5(pass_down)
}
