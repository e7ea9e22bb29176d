//! How the exercises go: edit, save, read what the judge says.

use std::io;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::process::run_answer;
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
This exercise needs one small edit. Each time you save this file, the judge runs
your function and asks the kernel whether it did its task. It prints what the
task expects, what it found, and why that is not the same. For a hint press h.
When the answer is right, press n for the next exercise.",
        "
이 문제에서는 한 곳만 조금 고치면 됩니다. 이 파일을 저장할 때마다 채점
프로그램이 여러분의 함수를 실행하고, 할 일을 했는지 커널에 확인합니다.
그리고 무엇이어야 하는지, 실제로는 무엇인지, 왜 다른지를 출력합니다. 힌트를
보려면 h를 누릅니다. 답이 맞으면 n을 눌러 다음 문제로 갑니다.",
    ),
    task: Both(
        "
Return the PID of the process that runs this function.",
        "
이 함수를 실행하는 프로세스의 PID를 반환하세요.",
    ),
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
        Both("Who gives each process its number?", "프로세스의 번호는 누가 정하나요?"),
        Both(
            "The kernel does. getpid(2) asks it for the number of the caller; in Rust the call is \
             std::process::id.",
            "커널이 정합니다. getpid(2)는 호출한 프로세스의 번호를 커널에 묻습니다. Rust에서는 \
             std::process::id입니다.",
        ),
        Both::same("    std::process::id()"),
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
                    text!(
                        "{}, the PID of the process that ran your function",
                        "{}, 함수를 실행한 프로세스의 PID",
                        process.pid,
                    ),
                    text!("your function returned {}", "함수가 반환한 값은 {}", process.output),
                    match process.output == std::process::id().to_string() {
                        true => {
                            text!(
                                "that is the parent of your process: the judge, which has started \
                                 it",
                                "그것은 여러분의 프로세스의 부모, 곧 이 프로세스를 시작한 채점 \
                                 프로그램의 PID입니다",
                            )
                        }
                        false => {
                            text!(
                                "a process has another PID each time it runs; only the kernel \
                                 knows it",
                                "프로세스의 PID는 실행할 때마다 다르고, 커널만 알고 있습니다",
                            )
                        }
                    },
                )
            })?;
            pids.push(process);
        }
        let pids: Vec<_> = pids.iter().map(|it| it.pid.to_string()).collect();
        Ok(text!(
            "your function ran in two processes and knew both PIDs: {}",
            "두 프로세스에서 함수를 실행했고, 두 PID를 모두 맞혔습니다: {}",
            pids.join(", "),
        ))
    })
}
