//! The PID that a process has outside of its PID namespace.

use std::io;

use nix::sched::CloneFlags;

use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::random;
use crate::observe::init::run_as_pid_1;
use crate::observe::tasks::inner_pid;
use crate::process::{helper_process, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A process has a PID in its own PID namespace and one in each namespace around
it. Your function runs in PID 1 of a new PID namespace. /proc has stayed: it
still belongs to the namespace outside.",
    task: "
Return the PID of the caller as the processes outside see it.",
    manual: "pid_namespaces(7), proc(5), getpid(2)",
    starter: "
use std::io;

use nix::unistd::getpid;

fn pid_outside() -> io::Result<i32> {
    // TODO: In which PID namespace does the caller have this PID?
    Ok(getpid().as_raw())
}

fn main() -> ! {
    judge::pid1(pid_outside)
}
",
    solutions: &[
        (
            "/proc/self",
            r#"
use std::fs;
use std::io;

fn pid_outside() -> io::Result<i32> {
    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))
}

fn main() -> ! {
    judge::pid1(pid_outside)
}
"#,
        ),
        (
            "NSpid",
            r#"
use std::fs;
use std::io;

fn pid_outside() -> io::Result<i32> {
    let status = fs::read_to_string("/proc/self/status")?;
    let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let first = pids.and_then(|pids| pids.split_whitespace().next()?.parse().ok());
    first.ok_or_else(|| io::Error::other("no NSpid"))
}

fn main() -> ! {
    judge::pid1(pid_outside)
}
"#,
        ),
        (
            "the first field of /proc/self/stat",
            r#"
use std::fs;
use std::io;

fn pid_outside() -> io::Result<i32> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let first = stat.split(' ').next().and_then(|pid| pid.parse().ok());
    first.ok_or_else(|| io::Error::other("no PID"))
}

fn main() -> ! {
    judge::pid1(pid_outside)
}
"#,
        ),
    ],
    hints: [
        "getpid(2) returns a PID of the caller's own PID namespace. What else tells a process its PID?",
        "/proc/self is a link to the directory of whoever reads it. The name of that directory is a PID in the PID namespace of this /proc.",
        r#"let link = fs::read_link("/proc/self")?;"#,
    ],
    errors: &[(
        "ENOENT",
        "that file does not exist in /proc, which belongs to the namespace outside: by which \
         number do you look for it?",
    )],
    wrong: &[
        Wrong {
            clause: "as the processes outside see it",
            change: r#"    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))"#,
            to: r#"    let _ = fs::read_link("/proc/self")?;
    Ok(nix::unistd::getpid().as_raw())"#,
            says: "that is its PID inside",
        },
        Wrong {
            clause: "as the processes outside see it",
            change: r#"    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))"#,
            to: r#"    let status = fs::read_to_string("/proc/self/status")?;
    let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let last = pids.and_then(|pids| pids.split_whitespace().last()?.parse().ok());
    last.ok_or_else(|| io::Error::other("no NSpid"))"#,
            says: "that is its PID inside",
        },
        Wrong {
            clause: "the PID of the caller",
            change: r#"    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))"#,
            to: r#"    let _ = fs::read_link("/proc/self")?;
    Ok(nix::unistd::getppid().as_raw())"#,
            says: "0 stands for a parent outside",
        },
        Wrong {
            clause: "the PID of the caller",
            change: r#"    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok());
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))"#,
            to: r#"    let link = fs::read_link("/proc/self")?;
    let pid = link.to_str().and_then(|pid| pid.parse().ok()).map(|pid: i32| pid + 1);
    pid.ok_or_else(|| io::Error::other("/proc/self leads to no PID"))"#,
            says: "whose number is it?",
        },
        Wrong {
            clause: "the PID of the caller",
            change: r#""/proc/self""#,
            to: r#""/proc/init""#,
            says: "by which number do you look for it?",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer returns the PID that its process has in the sandbox.
pub fn pid1(answer: fn() -> io::Result<i32>) -> ! {
    judge(|| {
        // So that the number differs from run to run.
        for _ in 0..random(1..20) {
            helper_process(CloneFlags::empty(), || Ok(()))?.end();
        }
        let process = run_as_pid_1(&EXERCISE, answer)?;
        let (pid, returned) = (process.pid, &process.output);
        let pids = status(pid, "NSpid");
        ensure(*returned == pid.to_string(), || {
            let reason = if *returned == inner_pid(pid) {
                "that is its PID inside: what tells it the PID that others have for it?"
            } else if returned == "0" {
                "0 stands for a parent outside, of which nobody inside has the number"
            } else {
                "NSpid lists the PIDs of the caller, and this is none of them: whose number is it?"
            };
            wrong(
                format!("{pid}: NSpid of the caller is {pids:?}, from the outside in"),
                format!("your function returned {returned}"),
                reason,
            )
        })?;
        Ok(format!("NSpid of the caller is {pids:?}, and outside it is {returned}"))
    })
}
