//! How the exercises go: edit, save, read what the judge says.

use std::io;

use crate::exercise::{Exercise, Wrong};
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
This exercise needs one small edit. Each time you save this file, the judge runs
your function and asks the kernel whether it did its task. It prints what the
task expects, what it found, and why that is not the same. For a hint press h.
When the answer is right, press n for the next exercise.",
    task: "
Return the PID of the process that runs this function.",
    manual: "getpid(2)",
    starter: "
fn own_pid() -> u32 {
    // TODO: Ask the kernel: std::process::id()
    1
}

fn main() -> ! {
    judge::intro1(own_pid)
}
",
    solutions: &[
        (
            "std",
            "
fn own_pid() -> u32 {
    std::process::id()
}

fn main() -> ! {
    judge::intro1(own_pid)
}
",
        ),
        (
            "nix",
            "
fn own_pid() -> u32 {
    nix::unistd::getpid().as_raw() as u32
}

fn main() -> ! {
    judge::intro1(own_pid)
}
",
        ),
        (
            "the link /proc/self",
            r#"
fn own_pid() -> u32 {
    let target = std::fs::read_link("/proc/self").unwrap_or_default();
    target.to_string_lossy().parse().unwrap_or(0)
}

fn main() -> ! {
    judge::intro1(own_pid)
}
"#,
        ),
    ],
    hints: [
        "Who gives each process its number?",
        "The kernel does. getpid(2) asks it for the number of the caller; in Rust the call is \
         std::process::id.",
        "    std::process::id()",
    ],
    wrong: &[
        Wrong {
            clause: "the process that runs this function",
            change: "std::process::id()",
            to: "std::os::unix::process::parent_id()",
            says: "that is the parent of your process",
        },
        Wrong {
            clause: "Return the PID",
            change: "std::process::id()",
            to: "2",
            says: "a process has another PID each time",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer returns its own PID, in two processes.
pub fn intro1(answer: fn() -> u32) -> ! {
    judge(|| {
        let mut pids = Vec::new();
        for _ in 0..2 {
            let process = run_answer(&EXERCISE, || Ok::<_, io::Error>(answer()))?;
            ensure(process.output == process.pid.to_string(), || {
                wrong(
                    format!("{}, the PID of the process that ran your function", process.pid),
                    format!("your function returned {}", process.output),
                    match process.output == std::process::id().to_string() {
                        true => {
                            "that is the parent of your process: the judge, which has started it"
                        }
                        false => {
                            "a process has another PID each time it runs; only the kernel knows it"
                        }
                    },
                )
            })?;
            pids.push(process);
        }
        let pids: Vec<_> = pids.iter().map(|it| it.pid.to_string()).collect();
        Ok(format!("your function ran in two processes and knew both PIDs: {}", pids.join(", ")))
    })
}
