//! Whether two processes share a namespace.

use std::io;

use nix::sched::CloneFlags;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::process::{helper_process, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
How can you tell from the links in /proc/PID/ns that two processes share a
namespace?",
    task: r#"
Return whether `a` and `b` share the namespace of this kind: "uts", "net", …"#,
    manual: "namespaces(7)",
    starter: r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::metadata(format!("/proc/{a}/ns"))?;
    let of_b = fs::metadata(format!("/proc/{b}/ns"))?;
    // TODO: Compare what identifies the namespace.
    Ok(of_a.is_dir() == of_b.is_dir() && !kind.is_empty())
}

fn main() -> ! {
    judge::links2(share_namespace)
}
"#,
    solutions: &[(
        "nix",
        r#"
use std::fs;
use std::io;

use nix::unistd::Pid;

fn share_namespace(a: Pid, b: Pid, kind: &str) -> io::Result<bool> {
    let of_a = fs::read_link(format!("/proc/{a}/ns/{kind}"))?;
    let of_b = fs::read_link(format!("/proc/{b}/ns/{kind}"))?;
    Ok(of_a == of_b)
}

fn main() -> ! {
    judge::links2(share_namespace)
}
"#,
    )],
    hints: [
        "If the links of two processes both read uts:[4026531838], what do the processes share?",
        "The number is an inode number. No two namespaces that exist at the same time have the same one, so compare the texts of the links (or, as namespaces(7) recommends, device and inode of the opened files).",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "Ok(of_a == of_b)",
            to: "Ok(of_a.as_os_str().len() == of_b.as_os_str().len())",
            says: "inode number are equal",
        },
        Wrong {
            clause: "TODO",
            change: r#"ns/{kind}"))?;
    let of_b"#,
            to: r#"ns/uts"))?;
    let of_b"#,
            says: "inode number are equal",
        },
        Wrong {
            clause: "TODO",
            change: "Ok(of_a == of_b)",
            to: "Ok(a == b && of_a == of_b)",
            says: "inode number are equal",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer knows whether two processes share a namespace of one kind.
pub fn links2(answer: fn(Pid, Pid, &str) -> io::Result<bool>) -> ! {
    judge(|| {
        let a = helper_process(CloneFlags::CLONE_NEWUTS, || Ok(()))?;
        let b = helper_process(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC, || Ok(()))?;
        let c = helper_process(CloneFlags::CLONE_NEWIPC, || Ok(()))?;
        let cases =
            [(&a, &b, "uts"), (&a, &c, "ipc"), (&a, &b, "net"), (&b, &c, "pid"), (&a, &a, "uts")];
        for (a, b, kind) in cases {
            let returned = run_answer(&EXERCISE, || answer(a.pid, b.pid, kind))?.output == "true";
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
