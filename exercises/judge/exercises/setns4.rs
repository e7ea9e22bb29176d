//! Joining as an ordinary user.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::capabilities::drop_capabilities;
use crate::exercise::{Exercise, Wrong};
use crate::namespaces::check_joined;
use crate::process::{helper_process, run_answer};
use crate::sandbox::judge;

pub const EXERCISE: Exercise = Exercise {
    background: "
You are an ordinary user without capabilities. A process was created in a new
user namespace, which you own, and in a new UTS namespace. Joining only the UTS
namespace fails with EPERM.",
    task: "
Join both. Why does the order matter?",
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
    judge::setns4(join)
}
"#,
    solutions: &[(
        "nix",
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
    judge::setns4(join)
}
"#,
    )],
    hints: [
        "Which user namespace owns the UTS namespace, and in which user namespaces does the caller have CAP_SYS_ADMIN?",
        "The user who created a user namespace has all capabilities in it, even from outside. But setns(2) also requires CAP_SYS_ADMIN in the caller's own user namespace. So join the user namespace first: then the caller's own user namespace is the one that owns the UTS namespace.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "setns(user, CloneFlags::CLONE_NEWUSER)?;
    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "setns(uts, CloneFlags::CLONE_NEWUTS)?;
    setns(user, CloneFlags::CLONE_NEWUSER)?;",
            says: "lacks a capability",
        },
        Wrong {
            clause: "TODO",
            change: "    setns(uts, CloneFlags::CLONE_NEWUTS)?;",
            to: "    drop(uts);",
            says: "has not joined",
        },
        Wrong {
            clause: "TODO",
            change: "setns(user, CloneFlags::CLONE_NEWUSER)?;",
            to: "drop(user);
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?;",
            says: "lacks a capability",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer, without capabilities, joins a UTS namespace that is owned by
/// another user namespace.
pub fn setns4(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let flags = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWUTS;
        let target = helper_process(flags, || Ok(()))?;
        let process = run_answer(&EXERCISE, || {
            drop_capabilities()?;
            answer(target.pid).map(|()| "")
        })?;
        check_joined(process.pid, target.pid, &["user", "uts"])
    })
}
