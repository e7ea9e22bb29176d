//! Running a command as a shell does, from its name to its exit status, and children
//! that never outlive their parent.

use std::env;
use std::ffi::OsString;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::{set_dumpable, set_pdeathsig};
use nix::sys::signal::{SigHandler, SigSet, Signal, raise, signal};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::error::errno;
use crate::output::{note, printable, program_name};

/// The command that `argv` names; if it is empty, the reader's shell: `$SHELL` or `/bin/sh`.
pub fn command_or_shell(argv: impl IntoIterator<Item = OsString>) -> Command {
    let mut argv = argv.into_iter();
    let shell = || env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let mut command = Command::new(argv.next().unwrap_or_else(shell));
    command.args(argv);
    command
}

/// Replaces this program by the command (`execve(2)`). Returns only if that fails, with
/// the exit status that a shell would use: 127 not found, 126 not executable.
pub fn exec(mut command: Command) -> u8 {
    let errno = errno(&command.exec());
    let path = printable(command.get_program());
    note(&format!("{}: execve({path}): {errno}", program_name()));
    if errno == Errno::ENOENT { 127 } else { 126 }
}

/// Runs `prepare` and then the command in a child (`fork(2)`), and waits for it.
/// Returns the command's exit status, or 128+N if signal N killed it.
pub fn run_in_child(command: Command, prepare: impl FnOnce() -> Result<()>) -> Result<u8> {
    let parent = ParentPidfd::of_this_process()?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }.context("fork()")? {
        ForkResult::Child => {
            parent.die_with_it()?;
            prepare()?;
            Ok(exec(command))
        }
        ForkResult::Parent { child } => wait_as_shell(child),
    }
}

/// Waits for a command that shares our terminal (`waitpid(2)`), as a shell does.
fn wait_as_shell(child: Pid) -> Result<u8> {
    for key in [Signal::SIGINT, Signal::SIGQUIT] {
        // Ctrl-C and Ctrl-\ are for the command; we stay to report how it ended.
        // SAFETY: SIG_IGN installs no handler that could run.
        let _ = unsafe { signal(key, SigHandler::SigIgn) };
    }
    match waitpid(child, None).with_context(|| format!("waitpid({child})"))? {
        WaitStatus::Exited(_, status) => Ok(u8::try_from(status)?),
        WaitStatus::Signaled(_, signal, _) => Ok(128 + signal as u8),
        other => bail!("waitpid({child}): {other:?}"),
    }
}

/// A pidfd of the process that is about to create a child.
pub struct ParentPidfd(OwnedFd);

impl ParentPidfd {
    /// Opens it; call this before `clone(2)` or `fork(2)`.
    pub fn of_this_process() -> Result<ParentPidfd> {
        pidfd_open(getpid()).map(ParentPidfd).context("pidfd_open(self)")
    }

    /// In the child: if the parent dies, even by SIGKILL, the kernel kills the child
    /// (`PR_SET_PDEATHSIG`).
    ///
    /// # Errors
    ///
    /// The parent may have died before this call; then its pidfd is readable. (Comparing
    /// `getppid(2)` would not tell: in a new PID namespace it is 0 from the start.)
    pub fn die_with_it(&self) -> Result<()> {
        set_pdeathsig(Signal::SIGKILL).context("prctl(PR_SET_PDEATHSIG, SIGKILL)")?;
        let mut parent = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut parent, PollTimeout::ZERO).context("poll(pidfd)")? {
            0 => Ok(()),
            _ => bail!("the parent has died"),
        }
    }
}

/// A descriptor for one process, even if its PID is reused later (`pidfd_open(2)`). It
/// becomes readable when the process ends.
pub fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory of ours.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let fd = RawFd::try_from(Errno::result(fd)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just created this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends a signal to the process of a pidfd (`pidfd_send_signal(2)`).
pub fn pidfd_send_signal(pidfd: &OwnedFd, signal: Signal) -> nix::Result<()> {
    let (fd, signal) = (pidfd.as_raw_fd(), signal as i32);
    let info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: the descriptor is open, and the kernel reads no memory of ours through NULL.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal, info, 0) };
    Errno::result(sent).map(drop)
}

/// Ends this program by `signal`, as if it had never been handled here, so that a shell
/// sees which signal it was. Returns a shell's status for it if that is impossible.
pub fn end_by_signal(signal: Signal) -> u8 {
    // A core dump of this program would tell nothing about the command.
    let _ = set_dumpable(false);
    // SAFETY: SIG_DFL installs no handler that could run.
    let _ = unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) };
    let _ = raise(signal);
    let _ = SigSet::from(signal).thread_unblock();
    128 + signal as u8
}
