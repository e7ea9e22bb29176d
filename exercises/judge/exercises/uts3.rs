//! What a new UTS namespace begins with.

use nix::unistd::{Pid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::{Calls, random};
use crate::observe::child::{ChildMain, child_of, hostname, run_answer_with_child, run_child};
use crate::process::{differing_kinds, link, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A new UTS namespace begins with a copy of the names in that of its creator. From
then on the two have nothing to do with each other.",
    task: "
Give the caller the hostname `name`. Create one child in a new UTS namespace,
and in no other new one. It runs `child`, and sees the caller's old hostname.
The caller stays in its namespaces. Return the child's PID.",
    manual: "uts_namespaces(7), clone(2), sethostname(2)",
    starter: "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    // TODO: Which name does the child see?
    sethostname(name)?;
    let (flags, signal) = (CloneFlags::CLONE_NEWUTS, Some(Signal::SIGCHLD as i32));
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    unsafe { clone(Box::new(child), &mut stack, flags, signal) }
}

fn main() -> ! {
    judge::uts3(rename)
}
",
    solutions: &[
        (
            "clone, then sethostname",
            "
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let mut stack = vec![0; 64 * 1024];
    let (flags, signal) = (CloneFlags::CLONE_NEWUTS, Some(Signal::SIGCHLD as i32));
    // SAFETY: this process has one thread, and the child has its own copy of this memory.
    let pid = unsafe { clone(Box::new(child), &mut stack, flags, signal) }?;
    sethostname(name)?;
    Ok(pid)
}

fn main() -> ! {
    judge::uts3(rename)
}
",
        ),
        (
            "the child sets the old name again",
            "
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{ForkResult, Pid, fork, gethostname, sethostname};

fn rename(name: &str, child: fn() -> isize) -> nix::Result<Pid> {
    let old = gethostname()?;
    sethostname(name)?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            unshare(CloneFlags::CLONE_NEWUTS)?;
            sethostname(old)?;
            std::process::exit(child() as i32)
        }
    }
}

fn main() -> ! {
    judge::uts3(rename)
}
",
        ),
    ],
    hints: [
        "At which of the two calls is the name copied?",
        "clone(2) copies it. A name that is set before is copied, too; one that is set afterwards \
         is not.",
        "    let pid = unsafe { clone(Box::new(child), &mut stack, flags, signal) }?;
    sethostname(name)?;",
    ],
    errors: &[
        (
            "EPERM",
            "sethostname(2) demands CAP_SYS_ADMIN in the user namespace that owns the UTS \
             namespace, which the caller has as long as it stays where it is",
        ),
        ("EINVAL", "a hostname has at most 64 bytes, and flags of clone(2) may exclude each other"),
    ],
    wrong: &[
        Wrong {
            clause: "sees the caller's old hostname",
            change: "    let (flags, signal)",
            to: "    sethostname(name)?;
    let (flags, signal)",
            says: "the copy was made after",
        },
        Wrong {
            clause: "in a new UTS namespace",
            change: "(CloneFlags::CLONE_NEWUTS, ",
            to: "(CloneFlags::empty(), ",
            says: "new for the child: none",
        },
        Wrong {
            clause: "in no other new one",
            change: "CloneFlags::CLONE_NEWUTS",
            to: "CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC",
            says: "new for the child: ipc, uts",
        },
        Wrong {
            clause: "Give the caller the hostname `name`",
            change: "    sethostname(name)?;",
            to: "",
            says: "hostname of the caller",
        },
        Wrong {
            clause: "The caller stays in its namespaces",
            change: "    sethostname(name)?;",
            to: "    nix::sched::unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname(name)?;",
            says: "it has moved",
        },
        Wrong {
            clause: "It runs `child`",
            change: "clone(Box::new(child),",
            to: "clone(Box::new(move || { let _ = child; loop { nix::unistd::pause(); } }),",
            says: "it has not called it",
        },
        Wrong {
            clause: "Return the child's PID",
            change: "Ok(pid)",
            to: "Ok(Pid::this())",
            says: "not its child",
        },
        Wrong {
            clause: "Create one child",
            change: "    let (flags, signal)",
            to: "    // SAFETY: there is one thread.
    if let Ok(nix::unistd::ForkResult::Child) = unsafe { nix::unistd::fork() } {
        child();
    }
    let (flags, signal)",
            says: "has the children",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer renames its own UTS namespace, and that its child sees the old name
/// in another.
pub fn uts3(answer: fn(&str, ChildMain) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let number = random(0..1000);
        let (old, name) = (format!("old-{number}"), format!("new-{number}"));
        sethostname(&old).map_err(|errno| unavailable("sethostname()", errno, ""))?;
        let mut calls = Calls::receive()?;
        let parent = run_answer_with_child(&EXERCISE, || answer(&name, run_child))?;
        let call = child_of(&parent, &mut calls)?;
        let child = call.pid;
        let moved = differing_kinds(Pid::this(), parent.pid);
        ensure(moved.is_empty(), || {
            wrong(
                format!("process {}, the caller, in its namespaces as before", parent.pid),
                format!("it has moved to another {} namespace", moved.join(" and ")),
                "unshare(2) moves its caller; flags of clone(2) move the child alone",
            )
        })?;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["uts"], || {
            let new = if different.is_empty() { "none".to_owned() } else { different.join(", ") };
            wrong(
                "new for the child: uts",
                format!("new for the child: {new}"),
                "each CLONE_NEW… flag creates one namespace; the child shares all others",
            )
        })?;
        let of_caller = hostname();
        ensure(of_caller == name, || {
            wrong(
                format!("{name:?} as the hostname of the caller"),
                format!("{of_caller:?} in {}", link(parent.pid, "uts")),
                "sethostname(2) sets the name in the UTS namespace of its caller",
            )
        })?;
        let (seen, now) = (call.report, uts_names(format!("/proc/{child}/ns/uts"))?.0);
        ensure(seen == old && now == old, || {
            wrong(
                format!("{old:?} as the hostname of the child, the caller's old one"),
                format!("{seen:?} when it called child, {now:?} when the judge looks"),
                match seen == name {
                    true => "the child has a copy, but the copy was made after the name was set",
                    false => {
                        "the child sees the name in its UTS namespace, which something has set"
                    }
                },
            )
        })?;
        Ok(format!("the caller is now {name:?}, and the child still sees {old:?}"))
    })
}
