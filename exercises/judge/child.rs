//! What the child of an answer runs.

use crate::process::status;
use crate::verdict::{Finding, ensure, wrong};
use nix::unistd::{Pid, pause};
use std::fs;

/// Where a child records that it runs the function it was given.
pub const CHILD: &str = "/tmp/child";

/// What the child of an answer runs: it stays alive to be looked at.
pub fn run_child() -> isize {
    // Its PID as the judge sees it, also from a new PID namespace.
    let pid = fs::read_link("/proc/self").unwrap_or_default();
    let _ = fs::write(CHILD, pid.as_os_str().as_encoded_bytes());
    loop {
        pause();
    }
}

/// Checks that the answer returned the PID of a living child of `parent`, which runs the
/// function that it was given.
pub fn child_of(parent: Pid, returned: &str) -> Result<Pid, Finding> {
    let child = Pid::from_raw(returned.parse().unwrap_or_default());
    let ppid = status(child, "PPid");
    ensure(child.as_raw() > 0 && ppid == parent.to_string(), || {
        wrong(
            format!("the PID of a living child of {parent}"),
            format!("your function returned {returned}; PPid of that process: {ppid}"),
            "no child was created, or a different process created it",
        )
    })?;
    // A child that has begun to sleep, or ended, without a record runs something else.
    let recorded = || fs::read_to_string(CHILD).is_ok_and(|pid| pid == returned);
    let begins = || !status(child, "State").starts_with(['S', 'Z', 'X', '(']);
    while !recorded() && begins() {
        std::thread::yield_now();
    }
    ensure(recorded(), || {
        wrong(
            "a child that runs the function child",
            format!("process {child}, in state {}, has not called it", status(child, "State")),
            "the child runs the function that clone(2) gets",
        )
    })?;
    Ok(child)
}
