//! Joining one namespace of a process.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::namespaces::check_joined;
use crate::process::{helper_process, run_answer};
use crate::sandbox::judge;

pub const EXERCISE: Exercise = Exercise {
    background: "
Namespaces have no names, but you can open one through any process in it:
/proc/PID/ns/uts. With that descriptor setns(2) joins the namespace.",
    task: "
Move the caller into the UTS namespace of the process with this PID, and into
none of its other namespaces.",
    manual: "setns(2)",
    starter: r#"
use std::fs::File;
use std::io;

use nix::sched::{CloneFlags, setns};
use nix::unistd::Pid;

fn join(pid: Pid) -> io::Result<()> {
    // TODO: Which namespace is this?
    let file = File::open(format!("/proc/{pid}/ns/ipc"))?;
    setns(file, CloneFlags::empty())?;
    Ok(())
}

fn main() -> ! {
    judge::setns1(join)
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
    let file = File::open(format!("/proc/{pid}/ns/uts"))?;
    setns(file, CloneFlags::CLONE_NEWUTS)?;
    Ok(())
}

fn main() -> ! {
    judge::setns1(join)
}
"#,
    )],
    hints: [
        "What kind of namespace is the file that you open?",
        "Open /proc/PID/ns/uts and pass the descriptor to setns(2). The second argument checks the kind: 0 allows any, CLONE_NEWUTS only a UTS namespace.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "has not joined",
        },
        Wrong {
            clause: "TODO",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/{pid}/ns/ipc",
            says: "do not fit together",
        },
        Wrong {
            clause: "TODO",
            change: "setns(file, CloneFlags::CLONE_NEWUTS)?;",
            to: "drop(file);
    nix::sched::unshare(CloneFlags::CLONE_NEWUTS)?;",
            says: "has not joined",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer joins the UTS namespace of another process through a file.
pub fn setns1(answer: fn(Pid) -> io::Result<()>) -> ! {
    judge(|| {
        let target = helper_process(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC, || {
            sethostname("den")
        })?;
        let process = run_answer(&EXERCISE, || answer(target.pid).map(|()| ""))?;
        check_joined(process.pid, target.pid, &["uts"])
    })
}
