//! How steps 04 to 06 run a command once its surroundings are made: as a shell
//! does, from the name to the exit status.
//!
//! Each of them includes this file as its module `command`.

use std::env;
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::report::{note, printable};

/// The command of these words; without any, the reader's shell.
pub fn command(words: impl IntoIterator<Item = OsString>) -> Command {
    let mut words = words.into_iter();
    let shell = || env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut command = Command::new(words.next().unwrap_or_else(shell));
    command.args(words);
    command
}

/// Becomes the command (`execve(2)`). Comes back only if that fails, with the
/// status by which a shell tells it: 127 not found, 126 not executable.
pub fn exec(mut command: Command) -> u8 {
    let errno = errno(command.exec());
    let program = printable(command.get_program());
    note(&format!("{}: execve({program}): {errno}", env!("CARGO_PKG_NAME")));
    if errno == Errno::ENOENT { 127 } else { 126 }
}

// ANCHOR: exec_in_child
/// Runs the command in a child (`fork(2)`), which first does what `prepare`
/// says, and waits for its end; returns its exit status as a shell tells it,
/// 128+N if signal N killed it.
pub fn exec_in_child(command: Command, prepare: impl FnOnce() -> Result<()>) -> Result<u8> {
    let parent = pidfd_open(getpid()).context("pidfd_open(self)")?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }.context("fork()")? {
        ForkResult::Child => {
            die_with(parent.as_fd())?;
            prepare()?;
            Ok(exec(command))
        }
        ForkResult::Parent { child } => wait(child),
    }
}
// ANCHOR_END: exec_in_child

/// Waits for the end of a command that shares our terminal.
fn wait(child: Pid) -> Result<u8> {
    for key in [Signal::SIGINT, Signal::SIGQUIT] {
        // Ctrl-C and Ctrl-\ are for the command. We stay to tell how it ended.
        // SAFETY: SIG_IGN installs no handler that could run.
        let _ = unsafe { signal(key, SigHandler::SigIgn) };
    }
    match waitpid(child, None).with_context(|| format!("waitpid({child})"))? {
        WaitStatus::Exited(_, status) => Ok(u8::try_from(status)?),
        WaitStatus::Signaled(_, signal, _) => Ok(128 + signal as u8),
        other => bail!("waitpid({child}): {other:?}"),
    }
}

/// Has the kernel kill the caller when its parent dies (`PR_SET_PDEATHSIG`).
/// If the parent died before this call, its pidfd tells.
fn die_with(parent: BorrowedFd) -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("prctl(PR_SET_PDEATHSIG, SIGKILL)")?;
    let mut parent = [PollFd::new(parent, PollFlags::POLLIN)];
    match poll(&mut parent, PollTimeout::ZERO).context("poll(pidfd)")? {
        0 => Ok(()),
        _ => bail!("the parent has died"),
    }
}

/// A descriptor that refers to one process, even when its PID is used again
/// (`pidfd_open(2)`). It becomes readable when the process ends.
pub fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let fd = RawFd::try_from(Errno::result(fd)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The kernel's own name for an error of the standard library.
pub fn errno(error: io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}
