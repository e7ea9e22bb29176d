//! How a child ended.

use std::process::exit;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{SigHandler, SigSet, Signal, raise, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getppid};

use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::random;
use crate::observe::child::fork_child;
use crate::observe::waiting::{sleeps_in, wait_until};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A child that has ended stays in the process table as a zombie until its parent
waits for it. Waiting also tells the parent how the child ended.",
    task: "
Wait until this child has ended, so that it is no zombie. Do not wait for
another child. Return what a shell has in $?: the exit status, or 128 plus the
number of the signal that killed the child.",
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
        "Which child does waitpid(2) wait for if its first argument is -1, in nix None?",
        "Pass the PID of the child you want. The status is either WIFEXITED or WIFSIGNALED; in \
         nix, `WaitStatus::Exited` and `WaitStatus::Signaled`.",
        "    match waitpid(child, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        WaitStatus::Signaled(_, signal, _) => Ok(128 + signal as i32),",
    ],
    errors: &[
        (
            "ECHILD",
            "the caller has no such child any more: the status of a child can be taken once, and \
             waiting for any child takes that of a wrong one",
        ),
        ("EINVAL", "waitpid(2) does not know these options; waiting for an end needs none"),
        (
            "ENOSYS",
            "it is from the last line of the match: the first child that waitpid(2) found was \
             another one, or it was killed by a signal",
        ),
        (
            "EAGAIN",
            "the child was still running: wait without WNOHANG, so that the kernel wakes you",
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
        Ok("four children ended, your function returned the right statuses, no zombie is left"
            .to_owned())
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
        End::Exit(status) => (format!("a child that exits with {status}"), status),
        End::Kill(signal) => (format!("a child that {signal} kills"), 128 + signal as i32),
    };
    let returned: i32 = returned.parse().unwrap_or_default();
    ensure(returned == expected, || {
        let reason = match end {
            _ if returned == OTHERS_STATUS => {
                "this is for another child; the first argument of waitpid(2) says whom to wait for"
            }
            End::Kill(signal) if returned == signal as i32 => {
                "this is the signal's number alone; add 128, so that it is no exit status"
            }
            End::Exit(status) if returned == status << 8 => {
                "the kernel has the exit status in the upper byte; WEXITSTATUS takes it from there"
            }
            End::Exit(_) => "a child that exits leaves the status that it gave to exit(2)",
            End::Kill(_) => "a child that a signal kills has no exit status: WIFSIGNALED tells",
        };
        wrong(
            format!("{expected} for {what}"),
            format!("your function returned {returned}"),
            reason,
        )
    })?;
    ensure(others_status == "true", || {
        wrong(
            "a different child, which ended before, can still be waited for",
            "waitpid(2) finds it no more: its status was taken",
            "None as its first argument lets waitpid(2) wait for any child",
        )
    })?;
    let state = child.parse().map(|pid| status(Pid::from_raw(pid), "State"));
    let state = state.unwrap_or_default();
    ensure(state.starts_with('('), || {
        wrong(
            "no zombie",
            format!("child {child} is in state {state}"),
            "a child that has ended stays in the process table until its parent waits for it",
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
