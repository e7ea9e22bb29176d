//! How a child ended.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};

use crate::exercise::{Exercise, Wrong};
use crate::process::{run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A child that has ended stays in the process table as a zombie until its parent
waits for it. Waiting also tells the parent how the child ended.",
    task: "
Wait for this child, and for no other. Return what a shell has in $?: the exit
status, or 128 plus the number of the signal that killed the child.",
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
    solutions: &[(
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
    )],
    hints: [
        "What does waitpid(2) return if two children have ended and you pass -1, any child?",
        "Pass the PID of the child you want. The status is either WIFEXITED or WIFSIGNALED; in nix, `WaitStatus::Exited` and `WaitStatus::Signaled`.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "waitpid(child, None)?",
            to: "waitpid(None, None)?",
            says: "exit status of that child",
        },
        Wrong {
            clause: "TODO",
            change: "Ok(128 + signal as i32)",
            to: "Ok(signal as i32)",
            says: "128 plus the signal's number",
        },
        Wrong {
            clause: "TODO",
            change: "waitpid(child, None)?",
            to: "waitpid(child, Some(nix::sys::wait::WaitPidFlag::WNOHANG))?",
            says: "a function that returns Ok",
        },
        Wrong {
            clause: "TODO",
            change: "match waitpid(child, None)? {",
            to: "match loop {
        let end = waitpid(None, None)?;
        if end.pid() == Some(child) { break end; }
    } {",
            says: "lets waitpid(2) wait for any child",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer waits for a child and returns its status as a shell does.
pub fn clone3(answer: fn(Pid) -> nix::Result<i32>) -> ! {
    judge(|| {
        let ends: [(&str, i32, fn()); 3] = [
            ("a child that exits with 3", 3, || std::process::exit(3)),
            ("a child that is killed by SIGTERM", 143, || {
                let _ = raise(Signal::SIGTERM);
            }),
            ("a child that exits with 0", 0, || std::process::exit(0)),
        ];
        for (what, expected, end) in ends {
            let process = run_answer(&EXERCISE, || {
                // The answer must not take the status of another child, which has ended before.
                let other = fork_child(|| std::process::exit(9))?;
                while !is_zombie(other) {
                    std::thread::yield_now();
                }
                let child = fork_child(end)?;
                let status = answer(child)?;
                let still = waitpid(other, Some(WaitPidFlag::WNOHANG));
                let waits = still == Ok(WaitStatus::Exited(other, 9));
                Ok::<_, Errno>(format!("{status} {child} {waits}"))
            })?;
            let words: Vec<_> = process.output.split(' ').collect();
            let [returned, child, others_status] = words[..] else { unreachable!("three words") };
            ensure(returned == expected.to_string(), || {
                wrong(
                    format!("{expected} for {what}"),
                    format!("your function returned {returned}"),
                    "after an exit a shell reports the exit status of that child, and after a \
                     signal 128 plus the signal's number",
                )
            })?;
            ensure(others_status == "true", || {
                wrong(
                    "a different child, which ended before, can still be waited for",
                    "waitpid(2) finds it no more: its status was taken",
                    "None as its first argument lets waitpid(2) wait for any child",
                )
            })?;
            let state = child
                .parse()
                .map_or_else(|_| String::new(), |pid| status(Pid::from_raw(pid), "State"));
            ensure(!state.starts_with('Z'), || {
                wrong(
                    "no zombie",
                    format!("child {child} is in state {state}"),
                    "a child that has ended stays in the process table until its parent waits for it",
                )
            })?;
        }
        Ok("three children ended, your function returned the right statuses, no zombie is left"
            .to_owned())
    })
}

fn fork_child(task: fn()) -> nix::Result<Pid> {
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            task();
            std::process::exit(1)
        }
    }
}

fn is_zombie(pid: Pid) -> bool {
    kill(pid, None).is_ok() && status(pid, "State").starts_with('Z')
}
