//! The terminal outside and the one inside: two different ones, or a program in the container
//! could type into the reader's shell.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::process;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl::set_name;
use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use nix::unistd::{ForkResult, Pid};
use step_support::process::fork_detached;
use step_support::status::wait_for_end;
use step_support::{Hint, refusal};

/// The terminal outside, if stdin and stdout are one.
pub struct Terminal {
    stdin: OwnedFd,
    saved: Termios,
}

impl Terminal {
    /// Remembers how the terminal is. None in a pipe: then the container has no terminal, and
    /// the command gets stdin, stdout and stderr as they are.
    pub fn open() -> Option<Terminal> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return None;
        }
        let stdin = io::stdin().as_fd().try_clone_to_owned().ok()?;
        let saved = tcgetattr(&stdin).ok()?;
        Some(Terminal { stdin, saved })
    }

    /// Opens the other end of the container's first terminal, `/dev/pts/0` (`pty(7)`). Reads and
    /// writes there do not wait.
    pub fn open_inside(&self, init: Pid) -> Result<File> {
        let path = format!("/proc/{init}/root/dev/pts/ptmx");
        let mut options = File::options();
        let inside = options.read(true).write(true).custom_flags(libc::O_NONBLOCK).open(&path);
        let inside = inside.hint(refusal::any_call).with_context(|| format!("open({path})"))?;
        let unlocked: libc::c_int = 0;
        // SAFETY: the kernel reads one number, which outlives the call.
        let set = unsafe { libc::ioctl(inside.as_raw_fd(), libc::TIOCSPTLCK, &raw const unlocked) };
        Errno::result(set).context("ioctl(TIOCSPTLCK)")?;
        Ok(inside)
    }

    /// Makes the terminal inside as large as this one. The kernel tells programs there
    /// (SIGWINCH).
    pub fn copy_size(&self, inside: &File) {
        // SAFETY: all zeros is a valid value of this structure.
        let mut size = unsafe { std::mem::zeroed::<libc::winsize>() };
        // SAFETY: the kernel writes the structure.
        let read = unsafe { libc::ioctl(self.stdin.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
        if read == 0 {
            // SAFETY: the kernel reads the structure.
            unsafe { libc::ioctl(inside.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        }
    }

    /// Passes keys on as they are: Ctrl-C acts inside. The settings come back when what is
    /// returned is dropped, or by a process of its own when this one is killed.
    pub fn make_raw(&self) -> Result<Raw<'_>> {
        let guard = Guard::start(self)?;
        self.set_raw()?;
        Ok(Raw { terminal: self, guard: Some(guard) })
    }

    /// Does that again, as after this process was stopped.
    pub fn set_raw(&self) -> Result<()> {
        let mut raw = self.saved.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&self.stdin, SetArg::TCSADRAIN, &raw).context("tcsetattr()")
    }

    /// Makes the terminal as it was.
    fn restore(&self) {
        let _ = tcsetattr(&self.stdin, SetArg::TCSADRAIN, &self.saved);
    }
}

/// The terminal is raw as long as this lives.
pub struct Raw<'a> {
    terminal: &'a Terminal,
    guard: Option<Guard>,
}

impl Drop for Raw<'_> {
    fn drop(&mut self) {
        self.terminal.restore();
        drop(self.guard.take());
    }
}

/// A process that makes the terminal as it was when this one ends without doing it, as by
/// SIGKILL: the kernel closes its end of the connection then.
struct Guard {
    connection: UnixStream,
    pid: Pid,
}

impl Guard {
    fn start(terminal: &Terminal) -> Result<Guard> {
        let (ours, theirs) = UnixStream::pair().context("socketpair()")?;
        match fork_detached()? {
            ForkResult::Parent { child } => Ok(Guard { connection: ours, pid: child }),
            ForkResult::Child => {
                drop(ours);
                let _ = set_name(c"terminal");
                if (&theirs).read_exact(&mut [0]).is_err() {
                    terminal.restore();
                }
                process::exit(0);
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.connection.write_all(b".");
        let _ = wait_for_end(self.pid);
    }
}
