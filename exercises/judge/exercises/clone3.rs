//! How a child ended.

use std::process::exit;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, SigSet, Signal, raise, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::calls::random;
use crate::observe::child::fork_child;
use crate::observe::waiting::{sleeps_in, wait_until};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A child that has ended stays in the process table as a zombie until its parent
waits for it. Waiting also tells the parent how the child ended.",
        "
끝난 자식은 부모가 기다려 거둘 때까지 좀비로 프로세스 표에 남습니다. 부모는
그렇게 기다리면서 자식이 어떻게 끝났는지도 알게 됩니다.",
    ),
    task: Both(
        "
Wait until this child has ended, so that it is no zombie. Do not wait for
another child. Return what a shell has in $?: the exit status, or 128 plus the
number of the signal that killed the child.",
        "
이 자식이 끝날 때까지 기다려서 좀비로 남지 않게 하세요. 다른 자식을 기다리면
안 됩니다. 셸의 $?와 같은 값을 반환하세요. 종료 상태이거나, 시그널로 강제
종료되었다면 128에 시그널의 번호를 더한 값입니다.",
    ),
    manual: "waitpid(2)",
    starter: "
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

fn wait_for(child: Pid) -> nix::Result<i32> {
    // TODO: This waits for any child, and handles only a child that exits.
    match waitpid(None, None)? {
        WaitStatus::Exited(pid, status) if pid == child => Ok(status),
        _ => Err(Errno::ENOSYS),
    }
}

fn main() -> ! {
    judge::clone3(wait_for)
}
",
    solutions: &[
        (
            "nix",
            "
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

fn wait_for(child: Pid) -> nix::Result<i32> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        WaitStatus::Signaled(_, signal, _) => Ok(128 + signal as i32),
        _ => Err(Errno::EINVAL),
    }
}

fn main() -> ! {
    judge::clone3(wait_for)
}
",
        ),
        (
            "libc",
            "
use nix::errno::Errno;
use nix::unistd::Pid;

fn wait_for(child: Pid) -> nix::Result<i32> {
    let mut status = 0;
    // SAFETY: the pointer is valid during the call.
    Errno::result(unsafe { libc::waitpid(child.as_raw(), &mut status, 0) })?;
    match libc::WIFEXITED(status) {
        true => Ok(libc::WEXITSTATUS(status)),
        false => Ok(128 + libc::WTERMSIG(status)),
    }
}

fn main() -> ! {
    judge::clone3(wait_for)
}
",
        ),
        (
            "waitid, first without taking the status, then asking again and again",
            "
use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

fn wait_for(child: Pid) -> nix::Result<i32> {
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    loop {
        match waitpid(child, Some(WaitPidFlag::WNOHANG))? {
            WaitStatus::Exited(_, status) => return Ok(status),
            WaitStatus::Signaled(_, signal, _) => return Ok(signal as i32 | 0x80),
            WaitStatus::StillAlive => {}
            _ => return Err(Errno::EINVAL),
        }
    }
}

fn main() -> ! {
    judge::clone3(wait_for)
}
",
        ),
    ],
    hints: [
        Both(
            "Which child does waitpid(2) wait for if its first argument is -1, in nix None?",
            "waitpid(2)의 첫 인자가 -1이면(nix에서는 None이면) 어느 자식을 기다리나요?",
        ),
        Both(
            "Pass the PID of the child you want. The status is either WIFEXITED or WIFSIGNALED; in \
             nix, `WaitStatus::Exited` and `WaitStatus::Signaled`.",
            "원하는 자식의 PID를 넘깁니다. 결과는 WIFEXITED이거나 WIFSIGNALED입니다. nix에서는 \
             `WaitStatus::Exited`와 `WaitStatus::Signaled`입니다.",
        ),
        Both::same("    match waitpid(child, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        WaitStatus::Signaled(_, signal, _) => Ok(128 + signal as i32),"),
    ],
    errors: &[
        (
            "ECHILD",
            Both(
                "the caller has no such child any more: the status of a child can be taken once, \
                 and waiting for any child takes that of a wrong one",
                "호출한 프로세스에게 그런 자식이 더는 없습니다. 자식의 종료 상태는 한 번만 받을 수 \
                 있는데, 아무 자식이나 기다리면 엉뚱한 자식의 것을 받습니다",
            ),
        ),
        ("EINVAL", Both(
            "waitpid(2) does not know these options; waiting for an end needs none",
            "waitpid(2)에 없는 옵션입니다. 끝나기를 기다리는 데는 옵션이 필요 없습니다",
        )),
        (
            "ENOSYS",
            Both(
                "it is from the last line of the match: the first child that waitpid(2) found was \
                 another one, or it was killed by a signal",
                "match의 마지막 줄에서 온 오류입니다. waitpid(2)가 먼저 찾은 것이 다른 \
                 자식이었거나, 자식이 시그널로 강제 종료되었습니다",
            ),
        ),
        (
            "EAGAIN",
            Both(
                "the child was still running: wait without WNOHANG, so that the kernel wakes you",
                "자식이 아직 실행되고 있었습니다. WNOHANG 없이 기다리면 끝났을 때 커널이 깨워 \
                 줍니다",
            ),
        ),
    ],
    wrong: &[
        Wrong {
            clause: "this child",
            change: "waitpid(child, None)?",
            to: "waitpid(None, None)?",
            says: "is for another child",
        },
        Wrong {
            clause: "128 plus the number of the signal",
            change: "Ok(128 + signal as i32)",
            to: "Ok(signal as i32)",
            says: "add 128",
        },
        Wrong {
            clause: "the exit status",
            change: "Ok(status)",
            to: "Ok(status << 8)",
            says: "in the upper byte",
        },
        Wrong {
            clause: "Wait until this child has ended",
            change: "waitpid(child, None)?",
            to: "waitpid(child, Some(nix::sys::wait::WaitPidFlag::WNOHANG))?",
            says: "a function that returns Ok",
        },
        Wrong {
            clause: "has ended",
            change: "waitpid(child, None)?",
            to: "{
        std::thread::sleep(std::time::Duration::from_millis(300));
        waitpid(child, Some(nix::sys::wait::WaitPidFlag::WNOHANG))?
    }",
            says: "a function that returns Ok",
        },
        Wrong {
            clause: "Do not wait for another child",
            change: "match waitpid(child, None)? {",
            to: "match loop {
        let end = waitpid(None, None)?;
        if end.pid() == Some(child) { break end; }
    } {",
            says: "lets waitpid(2) wait for any child",
        },
        Wrong {
            clause: "another child",
            change: "match waitpid(child, None)? {",
            to: "let end = waitpid(child, None)?;
    while let Ok(WaitStatus::Exited(..)) = waitpid(None, Some(nix::sys::wait::WaitPidFlag::WNOHANG)) {}
    match end {",
            says: "lets waitpid(2) wait for any child",
        },
        Wrong {
            clause: "so that it is no zombie",
            change: "waitpid(child, None)?",
            to: "nix::sys::wait::waitid(nix::sys::wait::Id::Pid(child), nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT)?",
            says: "no zombie",
        },
        Wrong {
            clause: "Return what a shell has in $?",
            change: "Ok(status)",
            to: "Ok(0)",
            says: "for a child that exits with",
        },
    ],
    ..Exercise::NEW
};

/// The exit status of a child that the answer is not to wait for.
const OTHERS_STATUS: i32 = 99;

/// How a child ends.
#[derive(Clone, Copy)]
enum End {
    Exit(i32),
    Kill(Signal),
}

/// Checks that the answer waits for a child and returns its status as a shell does.
pub fn clone3(answer: fn(Pid) -> nix::Result<i32>) -> ! {
    judge(|| {
        let signals = [Signal::SIGTERM, Signal::SIGSEGV, Signal::SIGHUP, Signal::SIGUSR1];
        let signal = signals[random(0..signals.len() as u64) as usize];
        let status = random(1..OTHERS_STATUS as u64) as i32;
        for end in [End::Exit(0), End::Exit(status), End::Kill(Signal::SIGKILL), End::Kill(signal)]
        {
            check(end, answer)?;
        }
        Ok(text!(
            "four children ended, your function returned the right statuses, no zombie is left",
            "자식 넷이 끝났고, 함수가 반환한 값이 모두 맞으며, 좀비가 남지 않았습니다",
        ))
    })
}

fn check(end: End, answer: fn(Pid) -> nix::Result<i32>) -> Result<(), Finding> {
    let process = run_answer(&EXERCISE, || {
        // The answer must not take the status of another child, which has ended before.
        let other = fork_child(|| exit(OTHERS_STATUS))?;
        while !status(other, "State").starts_with('Z') {
            std::thread::yield_now();
        }
        let child = fork_child(|| end_when_parent_waits(end))?;
        let status = answer(child)?;
        let still = waitpid(other, Some(WaitPidFlag::WNOHANG));
        let waits = still == Ok(WaitStatus::Exited(other, OTHERS_STATUS));
        Ok::<_, Errno>(format!("{status} {child} {waits}"))
    })?;
    let words: Vec<_> = process.output.split(' ').collect();
    let [returned, child, others_status] = words[..] else { unreachable!("three words") };
    let (what, expected) = match end {
        End::Exit(status) => {
            (text!("a child that exits with {status}", "종료 상태가 {status}인 자식"), status)
        }
        End::Kill(signal) => (
            text!("a child that {signal} kills", "{signal}로 강제 종료된 자식"),
            128 + signal as i32,
        ),
    };
    let returned: i32 = returned.parse().unwrap_or_default();
    ensure(returned == expected, || {
        let reason = match end {
            _ if returned == OTHERS_STATUS => {
                text!(
                    "this is for another child; the first argument of waitpid(2) says whom to wait \
                     for",
                    "다른 자식의 값입니다. 누구를 기다릴지는 waitpid(2)의 첫 인자가 정합니다",
                )
            }
            End::Kill(signal) if returned == signal as i32 => {
                text!(
                    "this is the signal's number alone; add 128, so that it is no exit status",
                    "시그널의 번호뿐입니다. 종료 상태와 구별되게 128을 더하세요",
                )
            }
            End::Exit(status) if returned == status << 8 => {
                text!(
                    "the kernel has the exit status in the upper byte; WEXITSTATUS takes it from \
                     there",
                    "커널은 종료 상태를 위쪽 바이트에 둡니다. WEXITSTATUS가 거기서 꺼내 줍니다",
                )
            }
            End::Exit(_) => text!(
                "a child that exits leaves the status that it gave to exit(2)",
                "스스로 끝난 자식의 종료 상태는 exit(2)에 준 값입니다",
            ),
            End::Kill(_) => text!(
                "a child that a signal kills has no exit status: WIFSIGNALED tells",
                "시그널로 강제 종료된 자식에게는 종료 상태가 없습니다. WIFSIGNALED로 알 수 \
                 있습니다",
            ),
        };
        wrong(
            text!("{expected} for {what}", "{what}에 대해 {expected}"),
            text!("your function returned {returned}", "함수가 반환한 값은 {returned}"),
            reason,
        )
    })?;
    ensure(others_status == "true", || {
        wrong(
            text!(
                "a different child, which ended before, can still be waited for",
                "먼저 끝난 다른 자식은 아직 기다려 거둘 수 있음",
            ),
            text!(
                "waitpid(2) finds it no more: its status was taken",
                "waitpid(2)가 그 자식을 찾지 못합니다. 종료 상태를 이미 누가 받았습니다",
            ),
            text!(
                "None as its first argument lets waitpid(2) wait for any child",
                "첫 인자가 None이면 waitpid(2)는 아무 자식이나 기다립니다",
            ),
        )
    })?;
    let state = child.parse().map(|pid| status(Pid::from_raw(pid), "State"));
    let state = state.unwrap_or_default();
    ensure(state.starts_with('('), || {
        wrong(
            text!("no zombie", "좀비 없음"),
            text!("child {child} is in state {state}", "자식 {child}의 상태는 {state}"),
            text!(
                "a child that has ended stays in the process table until its parent waits for it",
                "끝난 자식은 부모가 기다려 거둘 때까지 프로세스 표에 남습니다",
            ),
        )
    })?;
    process.end();
    Ok(())
}

/// Ends the caller once its parent sleeps in a call that waits for children. A parent may
/// also ask again and again without sleeping, so the caller ends after a second anyway.
fn end_when_parent_waits(end: End) {
    let waits = || matches!(sleeps_in(getppid()), Some(call) if WAITS.contains(&call));
    wait_until(Duration::from_secs(1), waits);
    match end {
        End::Exit(status) => exit(status),
        End::Kill(name) => {
            // Whoever started the judge may have had it ignored or blocked.
            // SAFETY: SIG_DFL installs no handler that could run.
            let _ = unsafe { signal(name, SigHandler::SigDfl) };
            let _ = SigSet::empty().thread_set_mask();
            let _ = raise(name);
        }
    }
}

/// The system calls that wait for children.
const WAITS: [libc::c_long; 2] = [libc::SYS_wait4, libc::SYS_waitid];
