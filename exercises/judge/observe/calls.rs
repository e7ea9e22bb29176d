//! Which process has called a function that the answer was given, and in which order.

use std::fmt::Display;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Write};
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::OnceLock;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Pid, pipe2};
use step_support::process::pidfd_open;

use crate::language::text;
use crate::verdict::{Finding, unavailable};

/// The judge waits so many milliseconds for a call that a living process has not made.
const PATIENCE: u16 = 3_000;

/// Where the functions that the answer is given report their calls.
static REPORTS: OnceLock<File> = OnceLock::new();

/// A call of a function that the answer was given.
#[derive(Clone, Debug)]
pub struct Call {
    /// The process that called it, by its PID in the sandbox.
    pub pid: Pid,
    /// What the function reported.
    pub report: String,
}

/// Reports a call by this process. A pipe keeps the order in which processes report.
/// Returns the caller's PID in the sandbox.
pub fn report(text: impl Display) -> i32 {
    let pid = pid_in_sandbox();
    if let Some(mut pipe) = REPORTS.get() {
        let _ = pipe.write_all(format!("{pid} {text}\n").as_bytes());
    }
    pid
}

/// The PID of the caller in the sandbox, or 0: getpid(2) returns another one in a new PID
/// namespace.
pub fn pid_in_sandbox() -> i32 {
    let link = fs::read_link("/proc/self").unwrap_or_default();
    link.to_str().and_then(|pid| pid.parse().ok()).unwrap_or_default()
}

/// The calls that the judge has received.
pub struct Calls {
    pipe: File,
    text: String,
}

impl Calls {
    /// From now on processes that the judge starts can report calls.
    pub fn receive() -> Result<Calls, Finding> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).map_err(|errno| {
            unavailable(
                "pipe2()",
                errno,
                text!("To see limits: ulimit -a", "한도를 보려면: ulimit -a"),
            )
        })?;
        let _ = REPORTS.set(writer.into());
        Ok(Calls { pipe: reader.into(), text: String::new() })
    }

    /// All calls until now.
    pub fn all(&mut self) -> Vec<Call> {
        let mut bytes = Vec::new();
        // It ends with EAGAIN: the pipe is empty.
        let _ = self.pipe.read_to_end(&mut bytes);
        self.text.push_str(&String::from_utf8_lossy(&bytes));
        let calls = self.text.lines().filter_map(|line| {
            let (pid, report) = line.split_once(' ')?;
            Some(Call { pid: Pid::from_raw(pid.parse().ok()?), report: report.to_owned() })
        });
        calls.collect()
    }

    /// The first call by a process. If it has made none, waits for one until it ends.
    pub fn first_by(&mut self, pid: Pid) -> Option<Call> {
        let process = pidfd_open(pid).ok();
        loop {
            // In this order: what a process reports before it ends is found.
            let alive = process.as_ref().filter(|it| !readable([it.as_fd()], 0));
            let call = self.all().into_iter().find(|call| call.pid == pid);
            let (None, Some(process)) = (&call, alive) else { return call };
            if !readable([self.pipe.as_fd(), process.as_fd()], PATIENCE) {
                return None;
            }
        }
    }
}

/// Whether one of the files becomes readable within a time in milliseconds.
fn readable<const N: usize>(files: [BorrowedFd; N], timeout: u16) -> bool {
    let mut polled = files.map(|file| PollFd::new(file, PollFlags::POLLIN));
    poll(&mut polled, PollTimeout::from(timeout)).is_ok_and(|count| count > 0)
}

/// A number that differs from run to run, so that no answer can contain it.
pub fn random(range: Range<u64>) -> u64 {
    range.start + RandomState::new().hash_one(0) % (range.end - range.start)
}
