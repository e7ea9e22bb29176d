//! Running a command as a shell does, from its name to its exit status, and children
//! that never outlive their parent.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{self, Command};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal};
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, fork, getpid, setsid};

use crate::error::{Hint, errno};
use crate::handshake;
use crate::output::{note, printable, program_name};
use crate::refusal;
use crate::status::pass_on;
use crate::terminal::Terminal;
use crate::watchdog::Watchdog;

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
    // `exec` has given SIGPIPE its default action, and stderr may have no reader.
    // SAFETY: SIG_IGN installs no handler that could run.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) };
    let path = printable(command.get_program());
    note(&format!("{}: execve({path}): {errno}", program_name()));
    if let Some(hint) = refusal::execution(errno, command.get_program()) {
        note(&format!("hint: {hint}"));
    }
    if errno == Errno::ENOENT { 127 } else { 126 }
}

/// Runs `prepare` and then the command in a child (`fork(2)`), and waits for it.
/// Returns the command's exit status, or 128+N if signal N killed it. If the signal was
/// SIGINT or SIGQUIT, this program dies by it too.
pub fn run_in_child(
    command: Command,
    watchdog: Watchdog,
    prepare: impl FnOnce() -> Result<()>,
) -> Result<u8> {
    let terminal = Terminal::open();
    let sigchld = DefaultSigchld::set();
    let (parent_side, child_side) = handshake::pair()?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    match unsafe { fork() }.hint(refusal::forking).context("fork()")? {
        ForkResult::Child => {
            drop(watchdog); // our copy would hide the step's end from it
            drop(parent_side); // and this one would hide it from wait()
            child_side.die_with_parent()?;
            prepare()?;
            // Until the watchdog knows this process. If `prepare` has changed the user, the
            // kernel has cleared PR_SET_PDEATHSIG, and only this tells that the parent died.
            if !child_side.wait() {
                process::exit(1);
            }
            sigchld.restore();
            Ok(exec(command))
        }
        ForkResult::Parent { child } => {
            drop(child_side);
            watchdog.watch(child);
            let keys = terminal.block_keys()?; // before the command can receive one
            parent_side.notify();
            let status = terminal.wait_for_command(child, keys)?;
            drop(watchdog);
            Ok(pass_on(status))
        }
    }
}

/// Forks a process (`fork(2)`) that survives what ends or stops a whole terminal or process
/// group: it is in its own session, and all signals are blocked in it from its first moment.
pub fn fork_detached() -> Result<ForkResult> {
    let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK).context("sigprocmask()")?;
    // SAFETY: this process has one thread, so the child may allocate and print.
    let forked = unsafe { fork() };
    match forked {
        Ok(ForkResult::Child) => {
            let _ = setsid();
            // A reader of our stdout must not have to wait for this process.
            if let Ok(null) = File::options().read(true).write(true).open("/dev/null") {
                let _ = dup2_stdin(&null).and_then(|()| dup2_stdout(&null));
            }
        }
        _ => mask.thread_set_mask().context("sigprocmask()")?,
    }
    forked.hint(refusal::forking).context("fork()")
}

/// The default action of SIGCHLD. The parent of this program may have ignored it;
/// then the kernel would reap our children, and `waitpid(2)` would give ECHILD.
pub struct DefaultSigchld {
    was_ignored: bool,
}

impl DefaultSigchld {
    /// Sets the default action, and remembers what it was.
    pub fn set() -> DefaultSigchld {
        // SAFETY: SIG_DFL installs no handler that could run.
        let before = unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) };
        DefaultSigchld { was_ignored: matches!(before, Ok(SigHandler::SigIgn)) }
    }

    /// In a child that is about to become the command: what the command inherits is what
    /// the user had set.
    pub fn restore(&self) {
        if self.was_ignored {
            // SAFETY: SIG_IGN installs no handler that could run.
            let _ = unsafe { signal(Signal::SIGCHLD, SigHandler::SigIgn) };
        }
    }
}

/// A pidfd of the process that is about to create a child.
pub struct ParentPidfd(OwnedFd);

impl ParentPidfd {
    /// Opens it; call this before `clone(2)` or `fork(2)`.
    pub fn of_this_process() -> Result<ParentPidfd> {
        let pidfd = pidfd_open(getpid()).hint(refusal::any_call).context("pidfd_open(self)")?;
        Ok(ParentPidfd(pidfd))
    }

    /// In the child: if the parent dies, even by SIGKILL, the kernel kills the child
    /// (`PR_SET_PDEATHSIG`).
    ///
    /// If the parent died before this call, its pidfd is readable, and the child exits.
    /// (Comparing `getppid(2)` would not tell: in a new PID namespace it is 0 from the start.)
    pub fn die_with_it(&self) -> Result<()> {
        set_pdeathsig(Signal::SIGKILL).context("prctl(PR_SET_PDEATHSIG, SIGKILL)")?;
        let mut parent = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut parent, PollTimeout::ZERO).context("poll(pidfd)")? {
            0 => Ok(()),
            _ => process::exit(1),
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_its_first_word_and_the_rest_are_its_arguments() {
        let command = command_or_shell(["printf", "%s", "-n"].map(OsString::from));
        assert_eq!(command.get_program(), "printf");
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["%s", "-n"]);
        assert_eq!(command_or_shell([]).get_args().count(), 0);
    }

    #[test]
    fn a_pidfd_becomes_readable_when_its_process_ends() {
        let mut child = Command::new("cat").stdin(process::Stdio::piped()).spawn().unwrap();
        let pidfd = pidfd_open(Pid::from_raw(child.id() as i32)).unwrap();
        let ended = |timeout| poll(&mut [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)], timeout);
        assert_eq!(ended(PollTimeout::ZERO), Ok(0));
        drop(child.stdin.take());
        assert_eq!(ended(PollTimeout::NONE), Ok(1));
        child.wait().unwrap();
        assert_eq!(pidfd_open(Pid::from_raw(child.id() as i32)).err(), Some(Errno::ESRCH));
    }
}
