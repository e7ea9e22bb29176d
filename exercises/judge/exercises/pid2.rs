//! What PID 1 has to reap.

use std::process::exit;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};

use crate::exercise::{Exercise, Wrong};
use crate::fork::fork_task;
use crate::language::{Both, text};
use crate::observe::calls::{pid_in_sandbox, random};
use crate::observe::init::{check_no_child, check_one_call, has_signal, run_as_pid_1};
use crate::observe::tasks::{Call, until_all_wait};
use crate::observe::waiting::{until_sleeps, wait_until};
use crate::process::Task;
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
When a process ends, the PID 1 of its PID namespace adopts its children. One that
PID 1 does not reap stays a zombie. `init` runs in PID 1 of a new PID namespace.
`service` starts some processes and ends before they do; waiting for a process
that is not there fails with ECHILD.",
        "
프로세스가 끝나면 그 자식들은 PID namespace의 PID 1이 맡습니다. PID 1이
거두지 않으면 좀비로 남습니다. `init`은 새 PID namespace의 PID 1에서
실행됩니다. `service`는 프로세스를 몇 개 시작하고 그 프로세스들보다 먼저
끝납니다. 없는 프로세스를 기다리면 ECHILD로 실패합니다.",
    ),
    task: Both(
        "
Run `service` once, in a child, and return its exit status. Before you return,
reap all children of PID 1, those that it adopts too, until none is left.",
        "
`service`를 자식에서 한 번 실행하고 그 종료 상태를 반환하세요. 반환하기
전에, 맡은 것까지 포함해서 PID 1의 자식을 하나도 남지 않을 때까지 모두
거두세요.",
    ),
    manual: "pid_namespaces(7), wait(2)",
    starter: "
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};

fn init(service: fn()) -> nix::Result<i32> {
    let service = judge::fork_task(service)?;
    // TODO: Who reaps the processes that the service has started?
    match waitpid(service, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        _ => Err(Errno::EINTR),
    }
}

fn main() -> ! {
    judge::pid2(init)
}
",
    solutions: &[
        (
            "one loop for all",
            "
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait};

fn init(service: fn()) -> nix::Result<i32> {
    let service = judge::fork_task(service)?;
    let mut result = 0;
    loop {
        match wait() {
            Ok(WaitStatus::Exited(pid, status)) if pid == service => result = status,
            Ok(_) => {} // one that PID 1 has adopted
            Err(Errno::ECHILD) => return Ok(result),
            Err(errno) => return Err(errno),
        }
    }
}

fn main() -> ! {
    judge::pid2(init)
}
",
        ),
        (
            "the service first",
            "
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait, waitpid};

fn init(service: fn()) -> nix::Result<i32> {
    let service = judge::fork_task(service)?;
    let WaitStatus::Exited(_, status) = waitpid(service, None)? else {
        return Err(Errno::EINTR);
    };
    while wait().is_ok() {}
    Ok(status)
}

fn main() -> ! {
    judge::pid2(init)
}
",
        ),
        (
            "without sleeping",
            "
use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

fn init(service: fn()) -> nix::Result<i32> {
    let service = judge::fork_task(service)?;
    let mut result = 0;
    loop {
        match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, status)) if pid == service => result = status,
            Ok(_) => {}
            Err(Errno::ECHILD) => return Ok(result),
            Err(errno) => return Err(errno),
        }
    }
}

fn main() -> ! {
    judge::pid2(init)
}
",
        ),
    ],
    hints: [
        Both(
            "waitpid(2) with a PID waits for that child. Which children has PID 1 whose PIDs it \
             does not know?",
            "PID를 준 waitpid(2)는 그 자식을 기다립니다. PID 1의 자식 가운데 PID를 모르는 것은 \
             무엇인가요?",
        ),
        Both(
            "wait(2) waits for any child and returns its PID, so you can tell the service from the \
             others. It fails with ECHILD when no child is left.",
            "wait(2)는 아무 자식이나 기다리고 그 PID를 반환하므로, service인지 아닌지 구별할 수 \
             있습니다. 자식이 하나도 없으면 ECHILD로 실패합니다.",
        ),
        Both::same(
            "match wait() {
    Ok(WaitStatus::Exited(pid, status)) if pid == service => result = status,
    Ok(_) => {}
    Err(Errno::ECHILD) => return Ok(result),
    Err(errno) => return Err(errno),
}",
        ),
    ],
    errors: &[(
        "ECHILD",
        Both(
            "no child is left: either all are reaped, and your function is done, or SIGCHLD is \
             ignored, and the kernel has thrown the exit status away",
            "남은 자식이 없습니다. 모두 거두어서 할 일을 마쳤거나, SIGCHLD를 무시하게 해서 커널이 \
             종료 상태를 버렸습니다",
        ),
    )],
    wrong: &[
        Wrong {
            clause: "Run `service` once",
            change: "    let service = judge::fork_task(service)?;",
            to: "    judge::fork_task(service)?;
    let service = judge::fork_task(service)?;",
            says: "the service has run 2 times",
        },
        Wrong {
            clause: "Run `service` once",
            change: "    let service = judge::fork_task(service)?;",
            to: "    let _ = service;
    let service = judge::fork_task(|| {})?;",
            says: "the service has not run",
        },
        Wrong {
            clause: "in a child",
            change: "    let service = judge::fork_task(service)?;",
            to: "    service();
    let service = judge::fork_task(|| {})?;",
            says: "PID 1 itself has run the service",
        },
        Wrong {
            clause: "return its exit status",
            change: "if pid == service => result = status",
            to: "if pid != service => result = status",
            says: "whose PID does wait(2) return?",
        },
        Wrong {
            clause: "return its exit status",
            change: "    let mut result = 0;",
            to: "    let mut result = 0;
    // SAFETY: SIG_IGN installs no handler that could run.
    unsafe {
        nix::sys::signal::signal(
            nix::sys::signal::Signal::SIGCHLD,
            nix::sys::signal::SigHandler::SigIgn,
        )
    }?;",
            says: "nobody learns how they ended",
        },
        Wrong {
            clause: "reap all children of PID 1",
            change: "    loop {
        match wait() {",
            to: "    loop {
        match nix::sys::wait::waitpid(service, None) {",
            says: "how do you learn that none is left?",
        },
        Wrong {
            clause: "those that it adopts too",
            change: "if pid == service => result = status",
            to: "if pid == service => return Ok(status)",
            says: "how do you learn that none is left?",
        },
        Wrong {
            clause: "until none is left",
            change: "            Ok(_) => {} // one that PID 1 has adopted",
            to: "            Ok(_) => return Ok(result),",
            says: "how do you learn that none is left?",
        },
        Wrong {
            clause: "until none is left",
            change: "            Ok(WaitStatus::Exited(pid, status)) if pid == service => result = status,",
            to: "            Ok(WaitStatus::Exited(pid, status)) if pid == service => {
                use nix::sys::wait::{WaitPidFlag, waitpid};
                let any = nix::unistd::Pid::from_raw(-1);
                while let Ok(WaitStatus::Exited(..)) = waitpid(any, Some(WaitPidFlag::WNOHANG)) {}
                return Ok(status);
            }",
            says: "how do you learn that none is left?",
        },
        Wrong {
            clause: "Before you return, reap all children of PID 1",
            change: "    let mut result = 0;",
            to: "    let mut result = 0;
    if service.as_raw() > 0 {
        return Ok(result);
    }",
            says: "how do you learn that none is left?",
        },
    ],
    ..Exercise::NEW
};

/// Where the service records that it runs.
const SERVICE: &str = "/tmp/service";

/// The PID of PID 1 in the sandbox.
static INIT: AtomicI32 = AtomicI32::new(0);

/// The exit status of the service, and how many orphans it leaves.
static STATUS: AtomicI32 = AtomicI32::new(0);
static ORPHANS: AtomicI32 = AtomicI32::new(0);

/// Checks that the answer, as PID 1, reaps the service and all that it leaves behind.
pub fn pid2(answer: fn(Task) -> nix::Result<i32>) -> ! {
    judge(|| {
        STATUS.store(random(2..100) as i32, Relaxed);
        ORPHANS.store(random(3..7) as i32, Relaxed);
        let process = run_as_pid_1(&EXERCISE, || {
            INIT.store(pid_in_sandbox(), Relaxed);
            answer(service)
        })?;
        until_all_wait();
        check_one_call(SERVICE, &Call::all(SERVICE))?;
        check_no_child(process.pid)?;
        let status = STATUS.load(Relaxed);
        ensure(process.output == status.to_string(), || {
            wrong(
                text!("{status}, with which the service exited", "{status}, service의 종료 상태"),
                text!("your function returned {}", "함수가 반환한 값은 {}", process.output),
                match has_signal(process.pid, "SigIgn", Signal::SIGCHLD) {
                    true => {
                        text!(
                            "SIGCHLD is ignored, so the kernel reaps the children of PID 1 itself, \
                             and nobody learns how they ended",
                            "SIGCHLD를 무시하므로 커널이 PID 1의 자식을 직접 거두고, 어떻게 \
                             끝났는지는 아무도 알 수 없습니다",
                        )
                    }
                    false => {
                        text!(
                            "PID 1 reaps its own child and those that it has adopted: whose PID \
                             does wait(2) return?",
                            "PID 1은 자기가 만든 자식도, 맡은 자식도 거둡니다. wait(2)가 반환하는 \
                             것은 누구의 PID인가요?",
                        )
                    }
                },
            )
        })?;
        let orphans = ORPHANS.load(Relaxed);
        Ok(text!(
            "PID 1 has no child left, though it adopted {orphans}, and the service exited with \
             {status}",
            "PID 1이 {orphans}개를 맡았지만 남은 자식이 없고, service의 종료 상태는 {status}입니다",
        ))
    })
}

/// The PID of the service in its namespace.
static OWN: AtomicI32 = AtomicI32::new(0);

/// A process that starts others and ends before they do.
fn service() {
    Call::record(SERVICE, "");
    if getpid().as_raw() == 1 {
        return;
    }
    OWN.store(getpid().as_raw(), Relaxed);
    for _ in 0..ORPHANS.load(Relaxed) {
        let _ = fork_task(orphan);
    }
    exit(STATUS.load(Relaxed));
}

/// A process that loses its parent, the service. It ends once the service is reaped and PID 1
/// waits again, or has returned: a PID 1 that only looks for what has ended by now finds nothing.
fn orphan() {
    let service = Pid::from_raw(OWN.load(Relaxed));
    // Unless the service stays a zombie.
    let reaped = || getppid() != service && kill(service, None).is_err();
    wait_until(Duration::from_secs(1), reaped);
    until_sleeps(Pid::from_raw(INIT.load(Relaxed)));
}
