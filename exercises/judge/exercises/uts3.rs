//! Both names of a UTS namespace.

use std::io::{self};

use nix::sys::utsname::uname;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::process::{link, run_answer, uts_names};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A UTS namespace isolates two names: the hostname and the NIS (YP) domain name,
which has nothing to do with DNS domains. uname(2) returns it as `domainname`.",
    task: "
Move the caller into a new UTS namespace with the hostname `helo` and the NIS
domain name `goldilocks`. nix has no function for the second call; libc has.",
    manual: "setdomainname(2), uname(2), uts_namespaces(7)",
    starter: r#"
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_both_names() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    // TODO: This sets one name, with a dot in it.
    sethostname("helo.goldilocks")?;
    Ok(())
}

fn main() -> ! {
    judge::uts3(set_both_names)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

fn set_both_names() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")?;
    setdomainname("goldilocks")?;
    Ok(())
}

fn setdomainname(name: &str) -> nix::Result<()> {
    // SAFETY: the pointer is valid for as many bytes as the length says.
    Errno::result(unsafe { libc::setdomainname(name.as_ptr().cast(), name.len()) }).map(drop)
}

fn main() -> ! {
    judge::uts3(set_both_names)
}
"#,
    )],
    hints: [
        "What does `uname -a` print, and what does `cat /proc/sys/kernel/domainname`?",
        "Each name has its own system call: sethostname(2) and setdomainname(2). The latter takes a pointer and a length; the string needs no null byte at the end.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: r#"    setdomainname("goldilocks")?;"#,
            to: "",
            says: "sethostname(2) does not change the domain name",
        },
        Wrong {
            clause: "TODO",
            change: r#"    sethostname("helo")?;"#,
            to: r#"    sethostname("helo.goldilocks")?;"#,
            says: "an ordinary character of the hostname",
        },
        Wrong {
            clause: "TODO",
            change: r#"    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")?;
    setdomainname("goldilocks")?;"#,
            to: r#"    setdomainname("goldilocks")?;
    unshare(CloneFlags::CLONE_NEWUTS)?;
    sethostname("helo")?;"#,
            says: "the UTS namespace that other processes share",
        },
        Wrong {
            clause: "TODO",
            change: "unshare(CloneFlags::CLONE_NEWUTS)?",
            to: "unshare(CloneFlags::empty())?",
            says: "the UTS namespace that other processes share",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer moves its process into a new UTS namespace and sets both names.
pub fn uts3(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let names = || uname().map(|it| (it.nodename().to_owned(), it.domainname().to_owned()));
        let before = names();
        let process = run_answer(&EXERCISE, || answer().map(|()| ""))?;
        let kernel = link(process.pid, "uts");
        ensure(kernel != link(Pid::this(), "uts") && names() == before, || {
            wrong(
                "a new UTS namespace, and the same names as before outside",
                format!("{kernel}, and outside {:?}", names().unwrap_or_default()),
                "the process set a name in the UTS namespace that other processes share",
            )
        })?;
        let (node, domain) = uts_names(format!("/proc/{}/ns/uts", process.pid))?;
        ensure(node == "helo", || {
            wrong(
                "hostname helo",
                format!("{node:?}"),
                "to the kernel a dot is an ordinary character of the hostname",
            )
        })?;
        ensure(domain == "goldilocks", || {
            wrong(
                "NIS domain name goldilocks",
                format!("{domain:?}"),
                "sethostname(2) does not change the domain name",
            )
        })?;
        Ok(format!("in {kernel}, uname(2) returns {node:?} and {domain:?}"))
    })
}
