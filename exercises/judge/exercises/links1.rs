//! What a link in `/proc/PID/ns` says.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
The kernel shows the namespaces of a process as symbolic links: /proc/PID/ns/uts
and one more for each other kind. Such a link does not point to a file. Its
target is a text: the kind and a number.",
    task: "
Return that text for the UTS namespace of the process with this PID.",
    manual: "namespaces(7), readlink(2)",
    starter: r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    // TODO: Read the link instead of a file.
    fs::read_to_string(format!("/proc/{pid}/comm"))
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    let target = fs::read_link(format!("/proc/{pid}/ns/uts"))?;
    Ok(target.to_string_lossy().into_owned())
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
    )],
    hints: [
        "What does `ls -l /proc/self/ns` show after the arrow, and which system call reads that?",
        "Opening such a link opens the namespace. Its text comes from readlink(2), in Rust `fs::read_link`.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "has its own links",
        },
        Wrong {
            clause: "TODO",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/{pid}/ns/ipc",
            says: "your function returned ipc:",
        },
        Wrong {
            clause: "TODO",
            change: "Ok(target.to_string_lossy().into_owned())",
            to: r#"Ok(format!("uts:[{}]", target.as_os_str().len()))"#,
            says: "your function returned uts:[",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer returns the text of the link `/proc/PID/ns/uts`, for two
/// processes.
pub fn links1(answer: fn(Pid) -> io::Result<String>) -> ! {
    judge(|| {
        let near = helper_process(CloneFlags::empty(), || Ok(()))?;
        let far = helper_process(CloneFlags::CLONE_NEWUTS, || Ok(()))?;
        let process = run_answer(&EXERCISE, || {
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
