//! The PID that a process has outside of its PID namespace.

use std::io;

use nix::sched::CloneFlags;

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::calls::random;
use crate::observe::init::run_as_pid_1;
use crate::observe::tasks::inner_pid;
use crate::process::{helper_process, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A process has a PID in its own PID namespace and one in each namespace around
it. Your function runs in PID 1 of a new PID namespace. /proc has stayed: it
still belongs to the namespace outside.",
        "
프로세스에게는 자기 PID namespace의 PID가 있고, 그 바깥의 PID namespace마다
PID가 하나씩 더 있습니다. 여러분의 함수는 새 PID namespace의 PID 1에서
실행됩니다. /proc은 그대로여서 바깥 namespace의 것입니다.",
    ),
    task: Both(
        "
Return the PID of the caller as the processes outside see it.",
        "
바깥의 프로세스들에게 보이는, 호출한 프로세스의 PID를 반환하세요.",
    ),
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
        Both(
            "getpid(2) returns a PID of the caller's own PID namespace. What else tells a process \
             its PID?",
            "getpid(2)는 호출한 프로세스 자신의 PID namespace의 PID를 반환합니다. 프로세스에게 \
             PID를 알려 주는 것이 또 무엇이 있나요?",
        ),
        Both(
            "/proc/self is a link to the directory of whoever reads it. The name of that directory \
             is a PID in the PID namespace of this /proc.",
            "/proc/self는 그것을 읽는 프로세스의 디렉터리를 가리키는 링크입니다. 그 디렉터리의 \
             이름은 이 /proc의 PID namespace에서 본 PID입니다.",
        ),
        Both::same(r#"let link = fs::read_link("/proc/self")?;"#),
    ],
    errors: &[(
        "ENOENT",
        Both(
            "that file does not exist in /proc, which belongs to the namespace outside: by which \
             number do you look for it?",
            "바깥 namespace의 것인 /proc에는 그런 파일이 없습니다. 어떤 번호로 찾았나요?",
        ),
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
                text!(
                    "that is its PID inside: what tells it the PID that others have for it?",
                    "그것은 안에서 본 PID입니다. 바깥에서 본 PID를 알려 주는 것은 무엇인가요?",
                )
            } else if returned == "0" {
                text!(
                    "0 stands for a parent outside, of which nobody inside has the number",
                    "0은 바깥에 있는 부모를 나타냅니다. 안에서는 그 번호를 아무도 모릅니다",
                )
            } else {
                text!(
                    "NSpid lists the PIDs of the caller, and this is none of them: whose number is \
                     it?",
                    "NSpid는 호출한 프로세스의 PID를 모두 보여 주는데, 그 가운데 없는 번호입니다. \
                     누구의 번호인가요?",
                )
            };
            wrong(
                text!(
                    "{pid}: NSpid of the caller is {pids:?}, from the outside in",
                    "{pid}: 호출한 프로세스의 NSpid는 바깥쪽부터 {pids:?}",
                ),
                text!("your function returned {returned}", "함수가 반환한 값은 {returned}"),
                reason,
            )
        })?;
        Ok(text!(
            "NSpid of the caller is {pids:?}, and outside it is {returned}",
            "호출한 프로세스의 NSpid는 {pids:?}이고, 바깥에서는 {returned}입니다",
        ))
    })
}
