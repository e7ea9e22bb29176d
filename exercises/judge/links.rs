//! Step 01: the links in `/proc/PID/ns`.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

/// Checks that the answer returns the text of the link `/proc/PID/ns/uts`, for two
/// processes.
pub fn links1(answer: fn(Pid) -> io::Result<String>) -> ! {
    judge(|| {
        let near = helper_process(CloneFlags::empty(), || Ok(()))?;
        let far = helper_process(CloneFlags::CLONE_NEWUTS, || Ok(()))?;
        let process = run_answer(|| {
            Ok::<_, io::Error>(format!("{}\n{}", answer(near.pid)?, answer(far.pid)?))
        })?;
        let returned = process.output.split_once('\n').unwrap_or_default();
        for (process, returned) in [(&near, returned.0), (&far, returned.1)] {
            let kernel = link(process.pid, "uts");
            ensure(returned == kernel, || {
                wrong(
                    format!("the target of the link /proc/{}/ns/uts, {kernel}", process.pid),
                    format!("your function returned {returned}"),
                    "each process has its own links, one for each kind of namespace; \
                     the target of a link is a text",
                )
            })?;
        }
        Ok(format!("{} and {}", link(near.pid, "uts"), link(far.pid, "uts")))
    })
}

/// Checks that the answer knows whether two processes share a namespace of one kind.
pub fn links2(answer: fn(Pid, Pid, &str) -> io::Result<bool>) -> ! {
    judge(|| {
        let a = helper_process(CloneFlags::CLONE_NEWUTS, || Ok(()))?;
        let b = helper_process(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC, || Ok(()))?;
        let c = helper_process(CloneFlags::CLONE_NEWIPC, || Ok(()))?;
        let cases =
            [(&a, &b, "uts"), (&a, &c, "ipc"), (&a, &b, "net"), (&b, &c, "pid"), (&a, &a, "uts")];
        for (a, b, kind) in cases {
            let returned = run_answer(|| answer(a.pid, b.pid, kind))?.output == "true";
            let (of_a, of_b) = (link(a.pid, kind), link(b.pid, kind));
            ensure(returned == (of_a == of_b), || {
                wrong(
                    format!(
                        "{} for kind {kind}: process {} is in {of_a}, process {} in {of_b}",
                        of_a == of_b,
                        a.pid,
                        b.pid
                    ),
                    format!("your function returned {returned}"),
                    "two processes share a namespace if kind and inode number are equal, \
                     and only then",
                )
            })?;
        }
        Ok("your function was right about five pairs of links".to_owned())
    })
}
