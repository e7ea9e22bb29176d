//! What the tests of all steps share: where the binaries are, a place to watch them
//! in, and the parsers of the steps, from the steps' own files, with what must hold
//! for any text.

mod branch;
mod folder;
pub mod parsers;
mod place;
mod random;

#[path = "../../step01-proc-ns/src/all.rs"]
pub mod all;
#[path = "../../step06-cgroup/src/cgroupfs.rs"]
pub mod cgroupfs;
#[path = "../../command.rs"]
pub mod command;
#[path = "../../step06-cgroup/src/group.rs"]
pub mod group;
#[path = "../../step06-cgroup/src/hierarchy.rs"]
pub mod hierarchy;
#[path = "../../step06-cgroup/src/limits.rs"]
pub mod limits;
#[path = "../../report.rs"]
pub mod report;

use std::fs;
use std::io::{self, Write};

use nix::unistd::Pid;

pub use branch::{Branch, enabled, make};
pub use folder::Folder;
pub use place::Place;
pub use random::Random;

/// All the steps, and the doctor.
pub const STEPS: [&str; 7] = [
    "step00-doctor",
    "step01-proc-ns",
    "step02-clone",
    "step03-uts",
    "step04-setns",
    "step05-unshare",
    "step06-cgroup",
];

/// The path of a step's binary, which cargo builds two folders above the tests.
pub fn step(name: &str) -> String {
    let test = std::env::current_exe().unwrap_or_default();
    let exe = test.ancestors().nth(2).unwrap_or(&test).join(name);
    assert!(exe.is_file(), "{} is not there: cargo build --workspace makes it", exe.display());
    exe.to_string_lossy().into_owned()
}

/// The children of a process, and theirs, as they are at this moment.
pub fn descendants(pid: Pid) -> Vec<Pid> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    children
        .map(Pid::from_raw)
        .flat_map(|child| [vec![child], descendants(child)].concat())
        .collect()
}

/// Says something past the capture of the test harness.
pub fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
