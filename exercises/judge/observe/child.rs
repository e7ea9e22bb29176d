//! The child that an answer creates, and what it runs.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, fork, gethostname, getpid, gettid, pause};

use crate::exercise::Exercise;
use crate::observe::calls::{Call, Calls, report};
use crate::process::{Process, run_answer, status};
use crate::verdict::{Finding, ensure, wrong};

/// The PID of the process that runs the answer.
static CALLER: AtomicI32 = AtomicI32::new(0);

/// What the child of an answer runs.
pub type ChildMain = fn() -> isize;

/// What the child of an answer runs: it reports the hostname that it sees, and stays alive
/// to be looked at. If the caller of the answer runs it itself, it returns at once.
pub fn run_child() -> isize {
    // A thread of the caller stays, too.
    let pids = (report(hostname()), gettid().as_raw());
    let caller = CALLER.load(Relaxed);
    if pids == (caller, caller) {
        return 0;
    }
    loop {
        pause();
    }
}

/// Runs an answer that is given [`run_child`] and returns the PID of its child.
pub fn run_answer_with_child(
    exercise: &Exercise,
    answer: impl FnOnce() -> nix::Result<Pid>,
) -> Result<Process, Finding> {
    run_answer(exercise, || {
        CALLER.store(getpid().as_raw(), Relaxed);
        answer()
    })
}

/// The hostname that the caller sees.
pub fn hostname() -> String {
    gethostname().unwrap_or_default().to_string_lossy().into_owned()
}

/// Checks that the answer, which ran in `parent`, returned the PID of its only child, and
/// that this child runs the function that it was given. Returns its call of that function.
pub fn child_of(parent: &Process, calls: &mut Calls) -> Result<Call, Finding> {
    let (caller, returned) = (parent.pid, &parent.output);
    let child = Pid::from_raw(returned.parse().unwrap_or_default());
    ensure(child == caller || status(child, "Tgid") != caller.to_string(), || {
        wrong(
            format!("the PID of a child of process {caller}, which runs your function"),
            format!("{returned} is the TID of a thread of process {caller}"),
            "a thread, which CLONE_THREAD creates, is in the same process as its creator",
        )
    })?;
    ensure(calls.all().iter().all(|call| call.pid != caller), || {
        wrong(
            "child() in a child process",
            format!("process {caller} has called it, the one that runs your function"),
            "parentheses call a function at once; clone(2) gets the function itself, and calls \
             it in the child",
        )
    })?;
    let ppid = status(child, "PPid");
    ensure(ppid == caller.to_string(), || {
        let reason = if child == caller {
            "this is the process that runs your function, not its child"
        } else if ppid.starts_with('(') {
            "no process has this PID: it is made up, or the child has ended and was waited for"
        } else {
            "a different process created it; to its parent's parent it is no child"
        };
        wrong(
            format!("the PID of a child of process {caller}, which runs your function"),
            format!("your function returned {returned}; PPid of that process: {ppid}"),
            reason,
        )
    })?;
    let call = calls.first_by(child).ok_or_else(|| {
        wrong(
            format!("process {child}, the child, runs child"),
            format!("{}; it has not called it", state(child)),
            match end(child) {
                None => "the child runs the function that clone(2) gets, and nothing else",
                Some(Ok(_)) => {
                    "the child ended without calling it: what does it do instead, or before, and \
                     does that fail?"
                }
                Some(Err(_)) => {
                    "a signal this early often comes from the stack: it has to be large enough, and \
                     with CLONE_VM, which shares memory, it must not be freed while the child runs"
                }
            },
        )
    })?;
    let children = children_of(caller);
    ensure(children == [child.as_raw()], || {
        wrong(
            format!("one child, {child}"),
            format!("process {caller} has the children {children:?}"),
            "each clone(2) and each fork(2) creates a process; its parent has to know all of them",
        )
    })?;
    Ok(call)
}

/// Creates a child that does the task and then exits with 1 (`fork(2)`), or with 101 if the
/// task panics: its parent's code is none of its business.
pub fn fork_child(task: impl FnOnce()) -> nix::Result<Pid> {
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let result = catch_unwind(AssertUnwindSafe(task));
            exit(result.map_or(101, |()| 1))
        }
    }
}

/// The children of a process, also those that have ended.
pub fn children_of(parent: Pid) -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &i32| status(Pid::from_raw(*pid), "PPid") == parent.to_string();
    pids.filter(is_child).collect()
}

/// A field of `/proc/PID/stat`, by its number in proc(5).
pub fn stat(pid: Pid, number: usize) -> Option<i64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, the name in parentheses, may contain anything.
    let (_, after) = stat.rsplit_once(')')?;
    after.split_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

/// Whether a process lives, or how it has ended.
pub fn state(pid: Pid) -> String {
    match end(pid) {
        None => format!("its state is {}", status(pid, "State")),
        Some(Ok(status)) => format!("it has exited with status {status}"),
        Some(Err(signal)) => format!("{signal} has killed it"),
    }
}

/// The exit status of a zombie, or the signal that has killed it.
pub fn end(pid: Pid) -> Option<Result<i32, Signal>> {
    let zombie = status(pid, "State").starts_with('Z');
    let end = zombie.then(|| stat(pid, 52).unwrap_or_default() as i32)?;
    Some(Signal::try_from(end & 0x7f).map_or(Ok(end >> 8), Err))
}
