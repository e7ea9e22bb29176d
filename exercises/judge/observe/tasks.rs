//! Functions that an answer runs in children, and what they record about their process.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::thread::yield_now;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getpid, pause};

use crate::language::{shown, text};
use crate::observe::leftovers::processes;
use crate::process::{link, status};
use crate::verdict::{Finding, ensure, wrong};

/// One call of a task: which process made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its PID in its own PID namespace.
    pub pid: String,
    /// Its PID namespace, or nothing if it found no `/proc`.
    pub namespace: String,
    /// What else the task recorded.
    pub note: String,
}

impl Call {
    /// Records in `file` that the caller runs a task.
    pub fn record(file: &str, note: &str) {
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let text = format!("{} {} {note}\n", getpid(), namespace.display());
        let opened = File::options().append(true).create(true).open(file);
        let _ = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    }

    /// All calls that were recorded in a file.
    pub fn all(file: &str) -> Vec<Call> {
        let text = fs::read_to_string(file).unwrap_or_default();
        let calls = text.lines().filter_map(|line| {
            let mut words = line.splitn(3, ' ').map(str::to_owned);
            Some(Call { pid: words.next()?, namespace: words.next()?, note: words.next()? })
        });
        calls.collect()
    }

    /// Whether `pid`, as the judge sees it, is the process that made this call.
    pub fn was_by(&self, pid: Pid) -> bool {
        let same = self.namespace.is_empty() || link(pid, "pid") == self.namespace;
        same && inner_pid(pid) == self.pid
    }
}

/// The PID of a process in its own PID namespace.
pub fn inner_pid(pid: Pid) -> String {
    status(pid, "NSpid").split(' ').next_back().unwrap_or_default().to_owned()
}

/// The processor time that a process has used, in clock ticks: `utime` and `stime` of
/// `/proc/PID/stat`, the 12th and 13th field after its name.
fn processor_time(pid: Pid) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let (_, fields) = stat.rsplit_once(')').unwrap_or_default();
    fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum()
}

/// Whether a process waits: for an event, for its parent, or for a debugger.
fn sleeps(pid: Pid) -> bool {
    !status(pid, "State").starts_with(['R', 'D'])
}

/// Returns when a process waits, or has used the processor for 50 ms, as it does when it
/// waits in a loop.
pub fn until_waits(pid: Pid) {
    let start = processor_time(pid);
    while !sleeps(pid) && processor_time(pid) < start + 5 {
        yield_now();
    }
}

/// Returns when all processes of the sandbox but the judge wait, and so have done what
/// they were created for. An answer may not tell of all its children.
pub fn until_all_wait() {
    let others = || processes().into_iter().filter(|&pid| pid != Pid::this());
    let start: HashMap<_, _> = others().map(|pid| (pid, processor_time(pid))).collect();
    // One that waits in a loop uses the processor for ever.
    let loops = |pid| processor_time(pid) >= start.get(&pid).unwrap_or(&0) + 20;
    // A child that ends wakes its parent: for a moment both seem to wait. On a busy machine that
    // may have been the last look for long, so time alone does not tell.
    let (mut since, mut looks) = (Instant::now(), 0);
    while looks < 5 || since.elapsed() < Duration::from_millis(50) {
        looks += 1;
        if !others().all(|pid| sleeps(pid) || loops(pid)) {
            (since, looks) = (Instant::now(), 0);
        }
        yield_now();
    }
}

/// Where `stay` records its calls.
const STAYS: &str = "/tmp/stays";

/// A task that stays to be looked at.
pub fn stay() {
    stay_with("");
}

/// The same, and it records something about itself.
pub fn stay_with(note: &str) {
    Call::record(STAYS, note);
    loop {
        pause();
    }
}

/// What the tasks that stay have recorded.
pub fn stays() -> Vec<Call> {
    Call::all(STAYS)
}

/// Checks that `pids`, which the answer returned, are those of the living processes that
/// run `stay`, in their order, and that no others run it.
pub fn check_stays(pids: &[Pid], name: &str) -> Result<(), Finding> {
    until_all_wait();
    for &pid in pids {
        ensure(pid.as_raw() > 0, || {
            wrong(
                text!("a PID", "자식의 PID"),
                shown!("{pid}"),
                text!(
                    "which call returns the PID of a child?",
                    "자식의 PID를 반환하는 호출은 무엇인가요?",
                ),
            )
        })?;
        let recorded = stays().iter().any(|call| call.was_by(pid));
        ensure(recorded, || {
            wrong(
                text!(
                    "the PID of a process that runs {name}, as the caller sees it",
                    "호출한 프로세스에게 보이는, {name}를 실행하는 프로세스의 PID",
                ),
                text!(
                    "your function returned {pid}, a process in state {} that does not run it",
                    "함수가 반환한 값은 {pid}, 그 프로세스의 상태는 {}이고 {name}를 실행하지 \
                     않습니다",
                    status(pid, "State"),
                ),
                text!(
                    "in which process is the value of fork(2) or clone(2) the PID of the child, \
                     and what does the child do first?",
                    "fork(2)나 clone(2)의 값이 자식의 PID인 것은 어느 프로세스에서이고, 자식은 맨 \
                     먼저 무엇을 하나요?",
                ),
            )
        })?;
    }
    let calls = stays().len();
    ensure(calls == pids.len(), || {
        wrong(
            text!(
                "{name} runs in {} different processes",
                "{name}를 서로 다른 프로세스 {}개에서 실행",
                pids.len(),
            ),
            text!(
                "your function returned {pids:?}; {name} has been called {calls} times",
                "함수가 반환한 값은 {pids:?}, {name}가 호출된 횟수는 {calls}",
            ),
            text!("how often do you fork?", "fork를 몇 번 하나요?"),
        )
    })
}
