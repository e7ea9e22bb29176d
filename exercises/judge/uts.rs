//! Step 03: a hostname of one's own, and taking turns.

use std::fs;
use std::io;

use nix::sys::utsname::uname;
use nix::unistd::{Pid, gethostname, sethostname};

use crate::process::{Task, differing, learner, link, names_in, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

/// Tells the hostname that the caller sees.
pub type Look = fn() -> String;

/// Wants the caller in a UTS namespace of its own, named `helo`.
pub fn uts1(answer: fn() -> nix::Result<()>) -> ! {
    judge(|| {
        let before = gethostname().unwrap_or_default();
        let it = learner(|| answer().map(|()| ""))?;
        let kernel = link(it.pid, "uts");
        ensure(gethostname().is_ok_and(|now| now == before), || {
            wrong(
                "the hostname outside untouched",
                format!("{kernel} is that of everybody, and has a new name"),
                "the process had not yet left the UTS namespace of the others when it gave the name",
            )
        })?;
        ensure(kernel != link(Pid::this(), "uts"), || {
            wrong(
                "a UTS namespace of its own",
                format!("{kernel}, as everybody"),
                "nothing was unshared",
            )
        })?;
        let (name, _) = names_in(format!("/proc/{}/ns/uts", it.pid))?;
        ensure(name == "helo", || {
            wrong(
                "the hostname helo there",
                format!("{name:?}"),
                "the name was not set, or to something else",
            )
        })?;
        let different = differing(Pid::this(), it.pid);
        ensure(different == ["uts"], || {
            wrong(
                "no other new namespace",
                format!("new: {}", different.join(", ")),
                "more flags than needed isolate more than was asked for",
            )
        })?;
        Ok(format!("{kernel} is named helo, and outside it is still {before:?}"))
    })
}

/// Wants the parent to look exactly when its child has given the name.
pub fn uts2(answer: fn(Task, Look) -> nix::Result<String>) -> ! {
    judge(|| {
        let asked = learner(|| answer(name_slowly, gethostname_here))?;
        ensure(asked.said == "slow", || {
            wrong(
                "the name slow, which the child gives when its parent waits",
                format!("the parent saw {:?}", asked.said),
                "the parent looked before its child was done, or never waited for a word from it",
            )
        })?;
        let slept = fs::read_to_string("/tmp/slept").unwrap_or_default();
        ensure(slept.is_empty(), || {
            wrong(
                "a parent that waits for a word of its child",
                format!("it waits in {slept}"),
                "however long a sleep is, some machine is slower, and all others wait for nothing",
            )
        })?;
        Ok("the parent waited for a word, and looked when its child was done".to_owned())
    })
}

/// Wants the caller in a UTS namespace of its own in which both names are given.
pub fn uts3(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        let names = || uname().map(|it| (it.nodename().to_owned(), it.domainname().to_owned()));
        let before = names();
        let it = learner(|| answer().map(|()| ""))?;
        let kernel = link(it.pid, "uts");
        ensure(kernel != link(Pid::this(), "uts") && names() == before, || {
            wrong(
                "a UTS namespace of its own, and the names outside untouched",
                format!("{kernel}, and everybody has {:?}", names().unwrap_or_default()),
                "a name was given to the UTS namespace of the others",
            )
        })?;
        let (node, domain) = names_in(format!("/proc/{}/ns/uts", it.pid))?;
        ensure(node == "helo", || {
            wrong(
                "the hostname helo",
                format!("{node:?}"),
                "a dot in it is just one of its letters",
            )
        })?;
        ensure(domain == "goldilocks", || {
            wrong(
                "the NIS domain name goldilocks",
                format!("{domain:?}"),
                "sethostname(2) does not touch the other of the two names",
            )
        })?;
        Ok(format!("in {kernel} uname(2) says {node:?} and {domain:?}"))
    })
}

/// Gives the name only once the parent is seen waiting, and notes in what.
fn name_slowly() {
    let parent = nix::unistd::getppid();
    let waits = loop {
        // Asleep: one that was only interrupted in a call may have been told to look already.
        let asleep = status(parent, "State").starts_with('S');
        let text = fs::read_to_string(format!("/proc/{parent}/syscall")).unwrap_or_default();
        let number: Option<libc::c_long> =
            text.split(' ').next().and_then(|word| word.parse().ok());
        match number {
            Some(number) if asleep && number >= 0 => break number,
            _ => std::thread::yield_now(),
        }
    };
    if waits == libc::SYS_clock_nanosleep {
        let _ = fs::write("/tmp/slept", "clock_nanosleep(2)");
    }
    let _ = sethostname("slow");
}

fn gethostname_here() -> String {
    gethostname().unwrap_or_default().to_string_lossy().into_owned()
}
