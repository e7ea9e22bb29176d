//! What else an answer has left behind.

use std::fs;

use nix::unistd::Pid;

use crate::observe::tasks::until_all_wait;
use crate::process::{processes_in, status};
use crate::verdict::{Finding, ensure, wrong};

/// Checks that there are no processes in the sandbox but the judge and those `known`, and
/// that these have one thread each.
pub fn check_no_process_left(known: &[Pid]) -> Result<(), Finding> {
    until_all_wait();
    let is_known = |pid: Pid| pid == Pid::this() || known.contains(&pid);
    for pid in processes().into_iter().filter(|&pid| !is_known(pid)) {
        let state = status(pid, "State");
        let ended = state.starts_with(['Z', 'X', '(']);
        // Whoever ends without its parent becomes the judge's child, and nobody's to wait for.
        let orphan = status(pid, "PPid") == Pid::this().to_string();
        ensure(ended && orphan, || {
            wrong(
                "no process that your function has left behind",
                format!("process {pid} in state {state}"),
                match ended {
                    true => "a child that has ended is a zombie until its parent does what?",
                    false => "what could refer to the namespace without running?",
                },
            )
        })?;
    }
    let threads = known.iter().find(|&&pid| status(pid, "Threads") != "1");
    ensure(threads.is_none(), || {
        wrong(
            "no thread that your function has left behind",
            "the caller has more than one thread",
            "what could refer to the namespace without running?",
        )
    })
}

/// All processes of the sandbox.
pub fn processes() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw).collect()
}

/// Checks that no process is in a UTS namespace.
pub fn check_empty(namespace: &str) -> Result<(), Finding> {
    let inside = processes_in("uts", namespace);
    ensure(inside.is_empty(), || {
        let pids: Vec<_> = inside.iter().map(Pid::to_string).collect();
        wrong(
            format!("no process in {namespace}"),
            format!("process {} is in it", pids.join(", ")),
            "that keeps the namespace alive, too, but with a process",
        )
    })
}

/// The descriptors of a process that refer to a namespace.
pub fn descriptors(pid: Pid, namespace: &str) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let open = entries
        .filter(|entry| fs::read_link(entry.path()).is_ok_and(|it| it.as_os_str() == namespace));
    open.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
