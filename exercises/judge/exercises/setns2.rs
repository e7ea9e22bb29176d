//! Joining two namespaces in one call.

use std::io;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::namespaces::check_joined;
use crate::process::{helper_process, run_answer};
use crate::sandbox::judge;

pub const EXERCISE: Exercise = Exercise {
    background: "
No /proc is mounted where this function runs, so there is no file to open. A
pidfd is a descriptor for a process. Since Linux 5.8 setns(2) accepts it too.",
    task: "
Move the caller into the UTS and the IPC namespace of the process with this
PID, in a single call.",
    manual: "setns(2), pidfd_open(2)",
    starter: "
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = pidfd_open(pid)?;
    // TODO: Which namespaces of the process?
    setns(process, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    // SAFETY: the descriptor is new, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn main() -> ! {
    judge::setns2(join)
}
",
    solutions: &[(
        "nix",
        "
use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = pidfd_open(pid)?;
    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;
    Ok(())
}

fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    // SAFETY: the descriptor is new, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn main() -> ! {
    judge::setns2(join)
}
",
    )],
    hints: [
        "A file in /proc/PID/ns refers to one namespace. A pidfd refers to a process: which of its namespaces does setns(2) join?",
        "Those that the flags name, either all or none: CLONE_NEWUTS | CLONE_NEWIPC.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            to: "CloneFlags::empty()",
            says: "do not fit together",
        },
        Wrong {
            clause: "TODO",
            change: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            to: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNET",
            says: "name more kinds than the exercise asks for",
        },
        Wrong {
            clause: "TODO",
            change: "let process = pidfd_open(pid)?;",
            to: r#"let _ = pidfd_open;
    let process = std::fs::File::open(format!("/proc/{pid}/ns/uts"))?;"#,
            says: "the file that the call names does not exist",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer joins two namespaces of another process through a pidfd: no
/// `/proc` is mounted where the answer runs.
pub fn setns2(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNET;
        let target = helper_process(flags, || Ok(()))?;
        let process = run_answer(&EXERCISE, || {
            unshare(CloneFlags::CLONE_NEWNS)?;
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>)?;
            mount(Some("tmpfs"), "/proc", Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
            answer(target.pid).map(|()| "")
        })?;
        check_joined(process.pid, target.pid, &["ipc", "uts"])
    })
}
