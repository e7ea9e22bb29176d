//! Step 03: a hostname of one's own, and taking turns.

use std::fs;

use nix::unistd::{Pid, gethostname, sethostname};

use crate::process::{Task, differing, learner, link, names_in};
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

/// Gives the name only once the parent is seen waiting, and notes in what.
fn name_slowly() {
    let parent = nix::unistd::getppid();
    let waits = loop {
        let text = fs::read_to_string(format!("/proc/{parent}/syscall")).unwrap_or_default();
        let number: Option<i64> = text.split(' ').next().and_then(|word| word.parse().ok());
        match number {
            Some(number) if number >= 0 => break number,
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
