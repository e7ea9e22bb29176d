//! PID 1. Step 08 explains its duties.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, ExitStatus};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl::set_name;
use nix::sys::signal::{SigHandler, SigSet, Signal, killpg, signal};
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};
use step_support::status::shell_status;
use step_support::{Hint, refusal};

use crate::options::Options;
use crate::protection::Protection;
use crate::status::Status;
use crate::terminal::Terminal;

/// The container's terminal: the first one of its own devpts.
const TERMINAL: &str = "/dev/pts/0";

/// Starts the task, reaps all that ends, and passes signals on until the task has ended. When
/// PID 1 ends, the kernel kills what is left.
pub fn run(options: &Options, report: &Status, task: impl FnOnce() -> u8) -> Result<u8> {
    let has_terminal = Terminal::open().is_some();
    if !options.has(Protection::Init) {
        return be_the_task(task, has_terminal);
    }
    // SAFETY: this process has one thread, so the child may allocate and print.
    let child = match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Child => process::exit(be_the_task(task, has_terminal).map_or(1, i32::from)),
        ForkResult::Parent { child } => child,
    };
    let _ = set_name(c"init");
    let all = SigSet::all(); // blocked before this process was created, so none is lost
    loop {
        match all.wait().context("sigwait()")? {
            Signal::SIGCHLD => {
                if let Some(status) = reap(child) {
                    report.write(status.into_raw());
                    return Ok(shell_status(status));
                }
            }
            // The task is a session of its own, in which the kernel ignores this signal.
            Signal::SIGTSTP => pass_on(child, Signal::SIGSTOP),
            other => pass_on(child, other),
        }
    }
}

/// Passes a signal on to the process group of the task, as a terminal does.
fn pass_on(child: Pid, signal: Signal) {
    let _ = killpg(child, signal);
}

/// Reaps every child that has ended: PID 1 adopts all orphans. Returns how the task ended, if
/// it is among them.
fn reap(child: Pid) -> Option<ExitStatus> {
    let mut ended = None;
    loop {
        let mut status = 0;
        // SAFETY: the kernel writes one number to `status`.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
        match Errno::result(pid) {
            Ok(pid) if pid == child.as_raw() => ended = Some(ExitStatus::from_raw(status)),
            Ok(1..) => {}
            _ => return ended,
        }
    }
}

/// Becomes the task: a session of its own, so that no terminal of the host is its terminal
/// (a process could type into that, CVE-2017-5226), with signals as any program expects them.
fn be_the_task(task: impl FnOnce() -> u8, has_terminal: bool) -> Result<u8> {
    let _ = setsid(); // EPERM: PID 1 may be the leader of a session already
    if has_terminal {
        let terminal = File::options().read(true).write(true).open(TERMINAL);
        let terminal = terminal.with_context(|| format!("open({TERMINAL})"))?;
        take_terminal(&terminal)?;
    }
    // SAFETY: SIG_DFL installs no handler that could run.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
    SigSet::all().thread_unblock().context("sigprocmask()")?;
    Ok(task())
}

/// Makes a terminal the controlling one, and stdin, stdout and stderr (`TIOCSCTTY`).
fn take_terminal(terminal: &File) -> Result<()> {
    dup2_stdin(terminal)
        .and_then(|()| dup2_stdout(terminal))
        .and_then(|()| dup2_stderr(terminal))
        .context("dup2()")?;
    // SAFETY: the call takes a number and touches no memory of ours.
    let taken = unsafe { libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, 0) };
    Errno::result(taken).map(drop).context("ioctl(TIOCSCTTY)")
}
