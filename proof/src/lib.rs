//! What the tests of all steps share: where the binaries are, and the parsers of
//! the steps, from the steps' own files, with what must hold for any text.

pub mod parsers;

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

/// The path of a step's binary, which cargo builds two folders above the tests.
pub fn step(name: &str) -> String {
    let test = std::env::current_exe().unwrap_or_default();
    let exe = test.ancestors().nth(2).unwrap_or(&test).join(name);
    assert!(exe.is_file(), "{} is not there: cargo build --workspace makes it", exe.display());
    exe.to_string_lossy().into_owned()
}
