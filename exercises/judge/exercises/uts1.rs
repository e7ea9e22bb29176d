//! A hostname of its own.

use nix::unistd::{Pid, gethostname};

use crate::exercise::{Exercise, Wrong};
use crate::process::{differing_kinds, link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
The hostname belongs to a UTS namespace, not to the machine.",
    task: "
Move the calling process into a new UTS namespace and set the hostname there to
`helo`. The hostname of all other processes must stay the same. In the judge's
sandbox you have all capabilities, so you do not need CLONE_NEWUSER.",
    manual: "uts_namespaces(7), unshare(2), sethostname(2)",
    starter: r#"
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_own_hostname() -> nix::Result<()> {
    // TODO: Whose hostname does this change?
    sethostname("helo")?;
    unshare(CloneFlags::empty())
}

fn main() -> ! {
    judge::uts1(set_own_hostname)
}
"#,
    solutions: &[(
        "nix",
        r#"
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_own_hostname() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")
}

fn main() -> ! {
    judge::uts1(set_own_hostname)
}
"#,
    )],
    hints: [
        "Which UTS namespace is the process in when it calls sethostname(2)?",
        "Leave the shared namespace first: unshare(2) with CLONE_NEWUTS creates a copy of it and moves the caller there.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: r#"unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")"#,
            to: r#"sethostname("helo")?;
    unshare(CloneFlags::CLONE_NEWUTS)"#,
            says: "still in the shared UTS namespace",
        },
        Wrong {
            clause: "TODO",
            change: r#"sethostname("helo")"#,
            to: r#"sethostname("hello")"#,
            says: "or not to helo",
        },
        Wrong {
            clause: "TODO",
            change: "CLONE_NEWUTS)?",
            to: "CLONE_NEWUTS | CloneFlags::CLONE_NEWNET)?",
            says: "isolates more than the exercise asks for",
        },
        Wrong {
            clause: "TODO",
            change: "unshare(CloneFlags::CLONE_NEWUTS)?;",
            to: r#"println!("hostname: helo");
    unshare(CloneFlags::CLONE_NEWUTS)?;
    return Ok(());
    #[allow(unreachable_code)]"#,
            says: "the hostname was not set",
        },
        Wrong {
            clause: "TODO",
            change: r#"sethostname("helo")"#,
            to: r#"loop {
        // SAFETY: there is one thread.
        let _ = unsafe { nix::unistd::fork() };
        let _ = sethostname("helo");
    }"#,
            says: "never stops forking",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer moves its process into a new UTS namespace with hostname `helo`.
pub fn uts1(answer: fn() -> nix::Result<()>) -> ! {
    judge(|| {
        let before = gethostname().unwrap_or_default();
        let process = run_answer(&EXERCISE, || answer().map(|()| ""))?;
        let kernel = link(process.pid, "uts");
        ensure(gethostname().is_ok_and(|now| now == before), || {
            wrong(
                "the same hostname as before outside of your process",
                format!("the hostname of {kernel}, which other processes share, has changed"),
                "the process was still in the shared UTS namespace when it set the hostname",
            )
        })?;
        ensure(kernel != link(Pid::this(), "uts"), || {
            wrong(
                "a new UTS namespace",
                format!("{kernel}, which other processes share"),
                "the process has not called unshare(2) with the flag for UTS namespaces",
            )
        })?;
        let (name, _) = uts_names(format!("/proc/{}/ns/uts", process.pid))?;
        ensure(name == "helo", || {
            wrong(
                "hostname helo in the new UTS namespace",
                format!("{name:?}"),
                "the hostname was not set, or not to helo",
            )
        })?;
        let different = differing_kinds(Pid::this(), process.pid);
        ensure(different == ["uts"], || {
            wrong(
                "no other new namespace",
                format!("new namespaces: {}", different.join(", ")),
                "each further flag isolates more than the exercise asks for",
            )
        })?;
        Ok(format!("the hostname is helo in {kernel}, and still {before:?} outside"))
    })
}
