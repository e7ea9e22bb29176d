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
and one more for each other kind. Such a link does not name a file. Its target
is a text: the kind and a number.",
    task: "
Return that text for the UTS namespace of process `pid`.",
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
    solutions: &[
        (
            "readlink",
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
        ),
        (
            "the inode number of the namespace",
            r#"
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    let namespace = fs::metadata(format!("/proc/{pid}/ns/uts"))?;
    Ok(format!("uts:[{}]", namespace.ino()))
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
        ),
        (
            "the command readlink",
            r#"
use std::io;
use std::process::Command;

use nix::unistd::Pid;

fn read_uts_link(pid: Pid) -> io::Result<String> {
    let output = Command::new("readlink").arg(format!("/proc/{pid}/ns/uts")).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn main() -> ! {
    judge::links1(read_uts_link)
}
"#,
        ),
    ],
    hints: [
        "What does `ls -l /proc/self/ns` show after the arrow?",
        "Opening such a link opens the namespace, which cannot be read. The text comes from \
         readlink(2), in Rust fs::read_link.",
        r#"    let target = fs::read_link(format!("/proc/{pid}/ns/uts"))?;
    Ok(target.to_string_lossy().into_owned())"#,
    ],
    errors: &[
        (
            "EINVAL",
            "opening the link opens the namespace, which has no content to read; readlink(2) reads \
             the link itself, and only a link: /proc/PID/ns is a directory",
        ),
        (
            "ENOENT",
            "the link is /proc/PID/ns/uts, and its target is not the name of a file: do not \
             follow it",
        ),
        ("EISDIR", "/proc/PID/ns is a directory; the link is in it, and is called uts"),
    ],
    wrong: &[
        Wrong {
            clause: "of process `pid`",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/self/ns/uts",
            says: "is that of another process",
        },
        Wrong {
            clause: "for the UTS namespace",
            change: "/proc/{pid}/ns/uts",
            to: "/proc/{pid}/ns/ipc",
            says: "each kind of namespace has a link of its own",
        },
        Wrong {
            clause: "that text",
            change: "Ok(target.to_string_lossy().into_owned())",
            to: r#"Ok(format!("{}\n", target.display()))"#,
            says: "a newline at its end",
        },
        Wrong {
            clause: "Return that text",
            change: "Ok(target.to_string_lossy().into_owned())",
            to: r#"Ok(format!("uts:[{}]", target.as_os_str().len()))"#,
            says: "has the form kind:[number]",
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
        for process in [&near, &far] {
            let returned = run_answer(&EXERCISE, || answer(process.pid))?.output;
            let kernel = link(process.pid, "uts");
            ensure(returned == kernel, || {
                wrong(
                    format!("{kernel:?}, the target of the link /proc/{}/ns/uts", process.pid),
                    format!("your function returned {returned:?}"),
                    reason(&returned, &kernel),
                )
            })?;
        }
        Ok(format!("{} and {}", link(near.pid, "uts"), link(far.pid, "uts")))
    })
}

fn reason(returned: &str, kernel: &str) -> &'static str {
    if returned.trim() == kernel {
        "it has white space around it, such as a newline at its end, which is not in the link"
    } else if returned.contains(kernel) {
        "there is something around it; the target of the link is the text between the quotes"
    } else if returned == link(Pid::this(), "uts") {
        "this is that of another process; each process has its own links, and `pid` says whose"
    } else if returned.contains(":[") && !returned.starts_with("uts:") {
        "each kind of namespace has a link of its own, in the same directory"
    } else {
        "the target of such a link has the form kind:[number], and the kernel gives the number"
    }
}
