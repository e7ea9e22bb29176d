//! In which namespaces a process is.

use crate::process::{differing_kinds, link};
use crate::verdict::{Finding, ensure, wrong};
use nix::unistd::Pid;

/// Checks that `process` has joined the namespaces of these kinds of `target`, and no others.
pub fn check_joined(process: Pid, target: Pid, kinds: &[&str]) -> Result<String, Finding> {
    for kind in kinds {
        let (expected, found) = (link(target, kind), link(process, kind));
        ensure(expected == found, || {
            wrong(
                format!("your process in {expected}, the {kind} namespace of process {target}"),
                format!("it is in {found}"),
                "the process has not joined that namespace",
            )
        })?;
    }
    // setns2 runs in its own mount namespace, without /proc.
    let changed = differing_kinds(Pid::this(), process);
    let more: Vec<_> =
        changed.iter().filter(|it| *it != "mnt" && !kinds.contains(&it.as_str())).collect();
    ensure(more.is_empty(), || {
        wrong(
            format!("only {} changed", kinds.join(" and ")),
            format!("{more:?} changed too"),
            "the flags of setns(2) name more kinds than the exercise asks for",
        )
    })?;
    let links: Vec<_> = kinds.iter().map(|kind| link(process, kind)).collect();
    Ok(format!("your process is in {}", links.join(" and ")))
}
