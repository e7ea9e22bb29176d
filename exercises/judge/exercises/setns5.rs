//! Joining as an ordinary user.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::capabilities::drop_capabilities;
use crate::exercise::{Exercise, Wrong};
use crate::observe::namespaces::check_joined;
use crate::process::{helper_process, run_answer};
use crate::sandbox::judge;

pub const EXERCISE: Exercise = Exercise {
    background: "
You are an ordinary user without capabilities. A process was created in a new
user namespace, which you own, and in a new UTS namespace. Entering the UTS
namespace alone fails with EPERM.",
    task: "
Move the caller into the user namespace and the UTS namespace of the process
with this PID. All other namespaces of the caller stay the same.",
    manual: "user_namespaces(7), setns(2)",
    starter: r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    // TODO: Which namespace do you have to join first?
    setns(File::open(format!("/proc/{pid}/ns/uts"))?, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
"#,
    solutions: &[
        (
            "two files",
            r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let user = File::open(format!("/proc/{pid}/ns/user"))?;
    let uts = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
"#,
        ),
        (
            "one call with a pidfd: the kernel takes care of the order",
            "
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    let process = judge::pidfd_open(pid)?;
    setns(process, CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWUSER)?;
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
",
        ),
        (
            "libc, the second file opened from inside",
            r#"
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    for kind in ["user", "uts"] {
        let file = File::open(format!("/proc/{pid}/ns/{kind}"))?;
        // SAFETY: the call takes two numbers.
        if unsafe { libc::setns(file.as_raw_fd(), 0) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

fn main() -> ! {
    judge::setns5(join)
}
"#,
        ),
    ],
    hints: [
        "Which user namespace owns the UTS namespace, and in which user namespaces does the caller have CAP_SYS_ADMIN?",
        "The user who created a user namespace has all capabilities in it, even from outside. But setns(2) also requires CAP_SYS_ADMIN in the caller's own user namespace. So join the user namespace first: then the caller's own user namespace is the one that owns the UTS namespace.",
        "setns(user, CloneFlags::CLONE_NEWUSER)?;
setns(uts, CloneFlags::CLONE_NEWUTS)?;",
    ],
    errors: &[
        (
            "EPERM",
            "joining a UTS namespace takes CAP_SYS_ADMIN in the caller's own user namespace and in \
             the one that owns the UTS namespace: in which user namespace is the caller at this \
             point?",
        ),
        (
            "EINVAL",
            "either the file and the flag are of different kinds, or the caller is in that user \
             namespace already, or it has several threads: which of them is it?",
        ),
        (
            "EACCES",
            "the links of a process may be opened by whoever may trace it: is the caller still the \
             user who created the user namespace?",
        ),
    ],
    wrong: &[
        Wrong {
            clause: "Move the caller",
            change: "    setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    judge::fork_child(|| {
        setns(user, CloneFlags::CLONE_NEWUSER)?;
        setns(uts, CloneFlags::CLONE_NEWUTS)
    })?;",
            says: "did no call ask for this kind?",
        },
        Wrong {
            clause: "the user namespace and the UTS namespace",
            change: "setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "setns(uts, CloneFlags::CLONE_NEWUTS)?;
    setns(user, CloneFlags::CLONE_NEWUSER)?;",
            says: "in which user namespace is the caller at this point?",
        },
        Wrong {
            clause: "and the UTS namespace",
            change: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    drop(uts);",
            says: "still in uts",
        },
        Wrong {
            clause: "the UTS namespace of the process",
            change: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    drop(uts);
    nix::sched::unshare(CloneFlags::CLONE_NEWUTS)?;",
            says: "which joins one that exists?",
        },
        Wrong {
            clause: "the user namespace",
            change: "setns(user, CloneFlags::CLONE_NEWUSER)?;",
            to: "drop(user);
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?;",
            says: "in which user namespace is the caller at this point?",
        },
        Wrong {
            clause: "All other namespaces of the caller stay the same.",
            change: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;
    nix::sched::unshare(CloneFlags::CLONE_NEWIPC)?;",
            says: "ipc changed too",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, joins a UTS namespace that is owned by
/// another user namespace.
pub fn setns5(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let target = helper_process(flags, || Ok(()))?;
        let process = run_answer(&EXERCISE, || {
            drop_capabilities()?;
            answer(target.pid).map(|()| "")
        })?;
        check_joined(process.pid, target.pid, &["user", "uts"], Pid::this())
    })
}
