//! Step 02: creating a child with `clone(2)`, and waiting for it.

use std::fs;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pause};

use crate::process::{differing_kinds, link, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, Guess, ensure, wrong};

/// Checks that the answer creates a child (`clone(2)`) that shares all namespaces with
/// its parent and sends it SIGCHLD when it ends.
pub fn clone1(answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let parent = run_answer(|| answer(run_child))?;
        let child = child_of(parent.pid, &parent.output)?;
        let different = differing_kinds(parent.pid, child);
        ensure(different.is_empty(), || {
            wrong(
                "a child that shares every namespace with its parent",
                format!("the child has new namespaces: {}", different.join(", ")),
                "each CLONE_NEW… flag creates a new namespace",
            )
        })?;
        // The 38th field, the 36th after the name in parentheses (proc(5)).
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let after = stat.rsplit(')').next().unwrap_or_default();
        let signal = after.split_whitespace().nth(35).unwrap_or_default();
        ensure(signal == (Signal::SIGCHLD as i32).to_string(), || {
            wrong(
                "SIGCHLD (17) as the child's termination signal",
                format!("exit_signal is {signal} in /proc/{child}/stat"),
                "a waitpid(2) without __WALL does not see a child that has a different signal",
            )
        })?;
        Ok(format!(
            "process {child} is a child of {}, in the same namespaces, with exit_signal SIGCHLD",
            parent.pid
        ))
    })
}

/// Checks that the answer creates a child in a new UTS and a new IPC namespace, and
/// predicts which links of the child differ from its parent's.
pub fn clone2(guesses: [(&str, Guess); 6], answer: fn(fn() -> isize) -> nix::Result<Pid>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("Same or Different for each kind", "Unknown", "first predict, then run")
        })?;
        let parent = run_answer(|| answer(run_child))?;
        let child = child_of(parent.pid, &parent.output)?;
        let different = differing_kinds(parent.pid, child);
        ensure(different == ["ipc", "uts"], || {
            wrong(
                "a child in a new UTS and a new IPC namespace, and no other new one",
                format!("the child has new namespaces: [{}]", different.join(", ")),
                "clone(2) got other flags than these two",
            )
        })?;
        for (kind, guess) in guesses {
            let (of_parent, of_child) = (link(parent.pid, &kind), link(child, &kind));
            let truth = if of_parent == of_child { Guess::Same } else { Guess::Different };
            ensure(guess == truth, || {
                wrong(
                    format!("you predicted {guess:?} for {kind}"),
                    format!("{truth:?}: {of_parent} in the parent, {of_child} in the child"),
                    "a child gets a new namespace for each flag and shares all others",
                )
            })?;
        }
        Ok("six links, all as you predicted".to_owned())
    })
}

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
            let process = run_answer(|| {
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

/// Where a child records that it runs the function it was given.
const CHILD: &str = "/tmp/child";

/// What the child of an answer runs: it stays alive to be looked at.
fn run_child() -> isize {
    // Its PID as the judge sees it, also from a new PID namespace.
    let pid = fs::read_link("/proc/self").unwrap_or_default();
    let _ = fs::write(CHILD, pid.as_os_str().as_encoded_bytes());
    loop {
        pause();
    }
}

/// Checks that the answer returned the PID of a living child of `parent`, which runs the
/// function that it was given.
fn child_of(parent: Pid, returned: &str) -> Result<Pid, Finding> {
    let child = Pid::from_raw(returned.parse().unwrap_or_default());
    let ppid = status(child, "PPid");
    ensure(child.as_raw() > 0 && ppid == parent.to_string(), || {
        wrong(
            format!("the PID of a living child of {parent}"),
            format!("your function returned {returned}; PPid of that process: {ppid}"),
            "no child was created, or a different process created it",
        )
    })?;
    // A child that has begun to sleep, or ended, without a record runs something else.
    let recorded = || fs::read_to_string(CHILD).is_ok_and(|pid| pid == returned);
    let begins = || !status(child, "State").starts_with(['S', 'Z', 'X', '(']);
    while !recorded() && begins() {
        std::thread::yield_now();
    }
    ensure(recorded(), || {
        wrong(
            "a child that runs the function child",
            format!("process {child}, in state {}, has not called it", status(child, "State")),
            "the child runs the function that clone(2) gets",
        )
    })?;
    Ok(child)
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
