//! In which namespaces a process is.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::Pid;

use crate::language::{AND, text};
use crate::process::link;
use crate::verdict::{Finding, Verdict, ensure, unavailable, wrong};

/// The links in `/proc/PID/ns` in which two processes differ, with the `…_for_children`.
pub fn changed_links(a: Pid, b: Pid) -> Vec<String> {
    let entries = fs::read_dir("/proc/self/ns").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut changed: Vec<_> = names.filter(|name| link(a, name) != link(b, name)).collect();
    changed.sort();
    changed
}

/// Checks that `process`, which began in the namespaces of `start`, has joined those of
/// these kinds of `target`, and has changed no others.
pub fn check_joined(process: Pid, target: Pid, kinds: &[&str], start: Pid) -> Verdict {
    for kind in kinds {
        let (expected, found) = (link(target, kind), link(process, kind));
        ensure(expected == found, || {
            let (found, reason) = match found == link(start, kind) {
                true => (
                    text!(
                        "it has not joined that one: it is still in {found}",
                        "거기에 들어가지 않았습니다. 아직 {found}에 있습니다",
                    ),
                    text!(
                        "which process did setns(2) move, and to the {kind} namespace of which \
                         process? Or did no call ask for this kind?",
                        "setns(2)가 어느 프로세스를, 어느 프로세스의 {kind} namespace로 옮겼나요? \
                         혹시 이 종류를 요청한 호출이 없나요?",
                    ),
                ),
                false => (
                    text!(
                        "it has not joined that one: it is in {found}",
                        "거기에 들어가지 않았습니다. {found}에 있습니다",
                    ),
                    text!(
                        "which call creates a namespace, and which joins one that exists?",
                        "namespace를 새로 만드는 호출은 무엇이고, 이미 있는 것에 들어가는 호출은 \
                         무엇인가요?",
                    ),
                ),
            };
            wrong(
                text!(
                    "the caller in {expected}, the {kind} namespace of process {target}",
                    "호출한 프로세스는 {target}번 프로세스의 {kind} namespace인 {expected}에 있음",
                ),
                found,
                reason,
            )
        })?;
    }
    let mut more = changed_links(start, process);
    more.retain(|name| !kinds.contains(&name.as_str()));
    ensure(more.is_empty(), || {
        wrong(
            text!(
                "only {} changed in /proc/PID/ns of the caller",
                "호출한 프로세스의 /proc/PID/ns에서 {}만 바뀜",
                kinds.join(AND),
            ),
            text!("{} changed too", "{}도 바뀌었습니다", more.join(", ")),
            text!(
                "which of your calls names or opens a namespace of a further kind?",
                "어느 호출이 다른 종류의 namespace를 적거나 열었나요?",
            ),
        )
    })?;
    let links: Vec<_> = kinds.iter().map(|kind| link(process, kind)).collect();
    Ok(text!("your process is in {}", "여러분의 프로세스가 {}에 있습니다", links.join(AND)))
}

/// The user namespace that owns the namespace at a path such as `/proc/PID/ns/uts`
/// (`ioctl_ns(2)`), as the links name it. The owner of a user namespace is its parent.
pub fn owner(path: impl AsRef<Path>) -> Result<String, Finding> {
    let ask = || {
        let namespace = File::open(path)?;
        let request = libc::NS_GET_USERNS;
        // SAFETY: the request takes no argument and touches no memory of ours.
        let fd = Errno::result(unsafe { libc::ioctl(namespace.as_raw_fd(), request) })?;
        // SAFETY: the kernel has just created this descriptor, and nobody else owns it.
        let owner = unsafe { File::from_raw_fd(fd) };
        let name = fs::read_link(format!("/proc/self/fd/{}", owner.as_raw_fd()))?;
        Ok::<_, io::Error>(name.to_string_lossy().into_owned())
    };
    ask().map_err(|error| {
        unavailable(
            "ioctl(NS_GET_USERNS)",
            error,
            text!(
                "It takes Linux 4.9; check: uname -r",
                "리눅스 4.9부터 됩니다. 확인하려면: uname -r",
            ),
        )
    })
}
