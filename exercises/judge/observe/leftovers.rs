//! What else an answer has left behind.

use std::fs;

use nix::unistd::Pid;

use crate::language::text;
use crate::observe::tasks::until_all_wait;
use crate::process::{processes_in, status};
use crate::verdict::{Finding, ensure, wrong};

/// Checks that there are no processes in the sandbox but the judge and those `known`, and
/// that these have one thread each.
pub fn check_no_process_left(known: &[Pid]) -> Result<(), Finding> {
    until_all_wait();
    let is_known = |pid: Pid| pid == Pid::this() || known.contains(&pid);
    for pid in processes().into_iter().filter(|&pid| !is_known(pid)) {
        let state = status(pid, "State");
        let ended = state.starts_with(['Z', 'X', '(']);
        // Whoever ends without its parent becomes the judge's child, and nobody's to wait for.
        let orphan = status(pid, "PPid") == Pid::this().to_string();
        ensure(ended && orphan, || {
            wrong(
                text!(
                    "no process that your function has left behind",
                    "함수가 남긴 프로세스가 없음",
                ),
                text!("process {pid} in state {state}", "{pid}번 프로세스가 있고, 상태는 {state}"),
                match ended {
                    true => text!(
                        "a child that has ended is a zombie until its parent does what?",
                        "끝난 자식은 부모가 무엇을 할 때까지 좀비로 남나요?",
                    ),
                    false => text!(
                        "what could refer to the namespace without running?",
                        "실행되지 않으면서도 namespace를 가리킬 수 있는 것은 무엇인가요?",
                    ),
                },
            )
        })?;
    }
    let threads = known.iter().find(|&&pid| status(pid, "Threads") != "1");
    ensure(threads.is_none(), || {
        wrong(
            text!("no thread that your function has left behind", "함수가 남긴 스레드가 없음"),
            text!(
                "the caller has more than one thread",
                "호출한 프로세스에 스레드가 둘 이상 있습니다",
            ),
            text!(
                "what could refer to the namespace without running?",
                "실행되지 않으면서도 namespace를 가리킬 수 있는 것은 무엇인가요?",
            ),
        )
    })
}

/// All processes of the sandbox.
pub fn processes() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw).collect()
}

/// Checks that no process is in a UTS namespace.
pub fn check_empty(namespace: &str) -> Result<(), Finding> {
    let inside = processes_in("uts", namespace);
    ensure(inside.is_empty(), || {
        let pids: Vec<_> = inside.iter().map(Pid::to_string).collect();
        wrong(
            text!("no process in {namespace}", "{namespace}에 프로세스가 없음"),
            text!("process {} is in it", "그 안에 있는 프로세스: {}", pids.join(", ")),
            text!(
                "that keeps the namespace alive, too, but with a process",
                "그래도 namespace가 살아 있기는 합니다. 하지만 프로세스가 살려 두고 있습니다",
            ),
        )
    })
}

/// The descriptors of a process that refer to a namespace.
pub fn descriptors(pid: Pid, namespace: &str) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let open = entries
        .filter(|entry| fs::read_link(entry.path()).is_ok_and(|it| it.as_os_str() == namespace));
    open.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
