//! Step 01: the links in `/proc/PID/ns`.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::process::{bystander, learner, link};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

/// Wants the text of the link `/proc/PID/ns/uts` of two processes.
pub fn links1(answer: fn(Pid) -> io::Result<String>) -> ! {
    judge(|| {
        let near = bystander(CloneFlags::empty(), || Ok(()))?;
        let far = bystander(CloneFlags::CLONE_NEWUTS, || Ok(()))?;
        let said =
            learner(|| Ok::<_, io::Error>(format!("{}\n{}", answer(near.pid)?, answer(far.pid)?)))?;
        let said = said.said.split_once('\n').unwrap_or_default();
        for (process, said) in [(&near, said.0), (&far, said.1)] {
            let kernel = link(process.pid, "uts");
            ensure(said == kernel, || {
                wrong(
                    format!("the target of the link /proc/{}/ns/uts", process.pid),
                    format!("{kernel}, and your function says {said}"),
                    "each process has links of its own, one for each kind; \
                     what they point to is their text",
                )
            })?;
        }
        Ok(format!("{} and {}", link(near.pid, "uts"), link(far.pid, "uts")))
    })
}

/// Wants to know whether two processes share the namespace of a kind.
pub fn links2(answer: fn(Pid, Pid, &str) -> io::Result<bool>) -> ! {
    judge(|| {
        let a = bystander(CloneFlags::CLONE_NEWUTS, || Ok(()))?;
        let b = bystander(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC, || Ok(()))?;
        let c = bystander(CloneFlags::CLONE_NEWIPC, || Ok(()))?;
        let cases =
            [(&a, &b, "uts"), (&a, &c, "ipc"), (&a, &b, "net"), (&b, &c, "pid"), (&a, &a, "uts")];
        for (a, b, kind) in cases {
            let said = learner(|| answer(a.pid, b.pid, kind))?.said == "true";
            let (of_a, of_b) = (link(a.pid, kind), link(b.pid, kind));
            ensure(said == (of_a == of_b), || {
                wrong(
                    format!("{} for the kind {kind} of {} and {}", of_a == of_b, a.pid, b.pid),
                    format!("{of_a} and {of_b}, and your function says {said}"),
                    "two processes share a namespace exactly when kind and inode number are equal",
                )
            })?;
        }
        Ok("five pairs of links, equal and different, as you told".to_owned())
    })
}
