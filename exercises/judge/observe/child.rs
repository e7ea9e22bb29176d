//! The child that an answer creates, and what it runs.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;
use std::sync::atomic::AtomicI32;
use std::sync::atomic::Ordering::Relaxed;

use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, fork, gethostname, getpid, gettid, pause};

use crate::exercise::Exercise;
use crate::language::{Text, text};
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
            text!(
                "the PID of a child of process {caller}, which runs your function",
                "함수를 실행하는 {caller}번 프로세스의 자식의 PID",
            ),
            text!(
                "{returned} is the TID of a thread of process {caller}",
                "{returned}은(는) {caller}번 프로세스의 스레드의 TID",
            ),
            text!(
                "a thread, which CLONE_THREAD creates, is in the same process as its creator",
                "CLONE_THREAD로 만든 스레드는 만든 쪽과 같은 프로세스에 있습니다",
            ),
        )
    })?;
    ensure(calls.all().iter().all(|call| call.pid != caller), || {
        wrong(
            text!("child() in a child process", "자식 프로세스에서 child() 호출"),
            text!(
                "process {caller} has called it, the one that runs your function",
                "함수를 실행하는 {caller}번 프로세스가 호출했습니다",
            ),
            text!(
                "parentheses call a function at once; clone(2) gets the function itself, and calls \
                 it in the child",
                "괄호를 붙이면 함수를 그 자리에서 호출합니다. clone(2)에는 함수 자체를 넘기고, \
                 clone(2)가 자식에서 호출합니다",
            ),
        )
    })?;
    let ppid = status(child, "PPid");
    ensure(ppid == caller.to_string(), || {
        let reason = if child == caller {
            text!(
                "this is the process that runs your function, not its child",
                "이것은 자식이 아니라 함수를 실행하는 프로세스입니다",
            )
        } else if ppid.starts_with('(') {
            text!(
                "no process has this PID: it is made up, or the child has ended and was waited for",
                "이 PID의 프로세스가 없습니다. 지어낸 번호이거나, 자식이 끝나서 이미 \
                 거두어졌습니다",
            )
        } else {
            text!(
                "a different process created it; to its parent's parent it is no child",
                "다른 프로세스가 만들었습니다. 자식의 자식은 자식이 아닙니다",
            )
        };
        wrong(
            text!(
                "the PID of a child of process {caller}, which runs your function",
                "함수를 실행하는 {caller}번 프로세스의 자식의 PID",
            ),
            text!(
                "your function returned {returned}; PPid of that process: {ppid}",
                "함수가 반환한 값은 {returned}, 그 프로세스의 PPid는 {ppid}",
            ),
            reason,
        )
    })?;
    let call = calls.first_by(child).ok_or_else(|| {
        wrong(
            text!(
                "process {child}, the child, runs child",
                "자식인 {child}번 프로세스가 child를 실행",
            ),
            text!("{}; it has not called it", "{}. child를 호출하지 않았습니다", state(child)),
            match end(child) {
                None => text!(
                    "the child runs the function that clone(2) gets, and nothing else",
                    "자식은 clone(2)에 넘긴 함수를 실행하고, 다른 것은 실행하지 않습니다",
                ),
                Some(Ok(_)) => {
                    text!(
                        "the child ended without calling it: what does it do instead, or before, \
                         and does that fail?",
                        "자식이 child를 호출하지 않고 끝났습니다. 그 대신, 또는 그 전에 무엇을 \
                         하고, 그것이 실패하나요?",
                    )
                }
                Some(Err(_)) => {
                    text!(
                        "a signal this early often comes from the stack: it has to be large \
                         enough, and with CLONE_VM, which shares memory, it must not be freed \
                         while the child runs",
                        "이렇게 일찍 오는 시그널은 스택 때문일 때가 많습니다. 스택은 충분히 커야 \
                         하고, 메모리를 공유하는 CLONE_VM을 썼다면 자식이 실행되는 동안 해제하면 \
                         안 됩니다",
                    )
                }
            },
        )
    })?;
    let children = children_of(caller);
    ensure(children == [child.as_raw()], || {
        wrong(
            text!("one child, {child}", "자식은 {child} 하나"),
            text!(
                "process {caller} has the children {children:?}",
                "{caller}번 프로세스의 자식은 {children:?}",
            ),
            text!(
                "each clone(2) and each fork(2) creates a process; its parent has to know all of \
                 them",
                "clone(2)와 fork(2)는 호출할 때마다 프로세스를 하나 만듭니다. 부모는 그 모두를 \
                 알고 있어야 합니다",
            ),
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
pub fn state(pid: Pid) -> Text {
    match end(pid) {
        None => text!("its state is {}", "상태는 {}", status(pid, "State")),
        Some(Ok(status)) => {
            text!("it has exited with status {status}", "끝났습니다(종료 상태 {status})")
        }
        Some(Err(signal)) => {
            text!("{signal} has killed it", "{signal} 시그널로 강제 종료되었습니다")
        }
    }
}

/// The exit status of a zombie, or the signal that has killed it.
pub fn end(pid: Pid) -> Option<Result<i32, Signal>> {
    let zombie = status(pid, "State").starts_with('Z');
    let end = zombie.then(|| stat(pid, 52).unwrap_or_default() as i32)?;
    Some(Signal::try_from(end & 0x7f).map_or(Ok(end >> 8), Err))
}
