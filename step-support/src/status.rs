//! How processes end: waiting for them, and ending as they did.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::prctl::set_dumpable;
use nix::sys::signal::{SigHandler, SigSet, Signal, kill, raise, signal};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::Pid;

/// Waits for a child (`waitpid(2)`). None if it has not ended and the flags are WNOHANG.
///
/// nix's function fails with EINVAL, after it has reaped the child, if a real-time signal
/// killed it.
pub fn wait(child: Pid, flags: WaitPidFlag) -> Result<Option<ExitStatus>> {
    let mut status = 0;
    // SAFETY: the kernel writes one number to `status`.
    let pid = unsafe { libc::waitpid(child.as_raw(), &raw mut status, flags.bits()) };
    let pid = Errno::result(pid).with_context(|| format!("waitpid({child})"))?;
    Ok((pid != 0).then(|| ExitStatus::from_raw(status)))
}

/// Waits for the end of a child that has nothing left to do. A command can have stopped it
/// (SIGSTOP), and then it would never end: it is killed.
pub fn wait_for_end(child: Pid) -> Result<ExitStatus> {
    let status = wait(child, WaitPidFlag::WUNTRACED)?.context("waitpid()")?;
    if status.stopped_signal().is_none() {
        return Ok(status);
    }
    kill(child, Signal::SIGKILL).with_context(|| format!("kill({child}, SIGKILL)"))?;
    wait(child, WaitPidFlag::empty())?.context("waitpid()")
}

/// How a shell numbers the end of a command: its exit status, or 128+N for signal N.
pub fn shell_status(status: ExitStatus) -> u8 {
    let signal = || 128 + status.signal().unwrap_or_default();
    status.code().unwrap_or_else(signal) as u8
}

/// Ends this program as the command ended. A shell stops its loop only if we die by the
/// same key; otherwise this returns the exit status.
pub fn pass_on(status: ExitStatus) -> u8 {
    match status.signal() {
        Some(libc::SIGINT) => end_by_signal(Signal::SIGINT),
        Some(libc::SIGQUIT) => end_by_signal(Signal::SIGQUIT),
        _ => shell_status(status),
    }
}

/// The end of a process in words: `exited with status 0`, `was killed by SIGKILL`.
pub fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (_, Some(number)) => match Signal::try_from(number) {
            Ok(signal) => format!("was killed by {signal}"),
            Err(_) => format!("was killed by signal {number}"),
        },
        _ => format!("ended: {status}"),
    }
}

/// Waits for a child of this program and returns its exit status.
///
/// # Errors
///
/// The child was killed by a signal.
pub fn wait_for_child(child: Pid) -> Result<u8> {
    let status = wait(child, WaitPidFlag::empty())?.context("waitpid()")?;
    match status.code() {
        Some(code) => Ok(code as u8),
        None => bail!("child {child} {}", describe(status)),
    }
}

/// Ends this program by a signal, as if it had never been handled here, so that a shell
/// sees which signal it was. Returns a shell's status for it if that is impossible.
pub fn end_by_signal(number: Signal) -> u8 {
    // A core dump of this program would tell nothing about the command.
    let _ = set_dumpable(false);
    // SAFETY: SIG_DFL installs no handler that could run.
    let _ = unsafe { signal(number, SigHandler::SigDfl) };
    let _ = raise(number);
    let _ = SigSet::from(number).thread_unblock();
    128 + number as u8
}
