//! Outside, while the container runs: keys go in, output comes out, signals are passed on.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitStatus;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::WaitPidFlag;
use nix::unistd::Pid;
use step_support::handshake::Side;
use step_support::status::wait;

use crate::terminal::Terminal;

/// Lets PID 1 start the command as soon as there is a terminal for it, and waits for its end.
pub fn run(init: Pid, outside: &Side, terminal: Option<Terminal>) -> Result<ExitStatus> {
    let is_built = outside.wait();
    let (Some(terminal), true) = (&terminal, is_built) else {
        outside.notify();
        return Relay::new(init, None)?.run();
    };
    let inside = terminal.open_inside(init)?;
    terminal.copy_size(&inside);
    let _raw = terminal.make_raw()?;
    outside.notify();
    Relay::new(init, Some((terminal, inside)))?.run()
}

/// What a read from the terminal inside has found.
#[derive(PartialEq, Eq)]
enum Output {
    Copied,
    NoneYet,
    /// No program has the terminal open.
    Closed,
}

struct Relay<'a> {
    init: Pid,
    signals: SignalFd,
    terminals: Option<(&'a Terminal, File)>,
    /// Keys that the container has not read yet: if nobody reads there, its output goes on.
    keys: Vec<u8>,
    /// Whether there may be more of them.
    has_keys: bool,
}

impl<'a> Relay<'a> {
    fn new(init: Pid, terminals: Option<(&'a Terminal, File)>) -> Result<Relay<'a>> {
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = SignalFd::with_flags(&SigSet::all(), flags).context("signalfd()")?;
        Ok(Relay { init, signals, has_keys: terminals.is_some(), terminals, keys: Vec::new() })
    }

    fn run(mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = wait(self.init, WaitPidFlag::WNOHANG)? {
                while self.copy_output()? == Output::Copied {}
                return Ok(status);
            }
            let stdin = io::stdin();
            let mut ends = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
            if let Some((_, inside)) = &self.terminals {
                let waiting =
                    if self.keys.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
                ends.push(PollFd::new(inside.as_fd(), PollFlags::POLLIN | waiting));
                if self.has_keys && self.keys.is_empty() {
                    ends.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
                }
            }
            poll(&mut ends, PollTimeout::NONE).context("poll()")?;
            let ready: Vec<_> = ends.iter().map(|end| end.any() == Some(true)).collect();
            if ready.get(2) == Some(&true) {
                self.read_keys();
            }
            self.write_keys()?;
            if ready.get(1) == Some(&true) && self.copy_output()? == Output::Closed {
                self.terminals = None; // the last program inside has closed its terminal
            }
            while let Some(info) = self.signals.read_signal().context("read(signalfd)")? {
                if let Ok(signal) = Signal::try_from(info.ssi_signo as i32) {
                    self.pass_on(signal)?;
                }
            }
        }
    }

    fn pass_on(&mut self, signal: Signal) -> Result<()> {
        match (signal, &self.terminals) {
            // What this process has done itself is no news for the command: a write of its own
            // may have had no reader any more.
            (Signal::SIGCHLD | Signal::SIGPIPE, _) => Ok(()),
            (Signal::SIGWINCH, Some((terminal, inside))) => {
                terminal.copy_size(inside);
                Ok(())
            }
            (Signal::SIGCONT, Some((terminal, _))) => terminal.set_raw(),
            (Signal::SIGTSTP | Signal::SIGTTIN | Signal::SIGTTOU, None) => {
                let _ = kill(self.init, Signal::SIGTSTP);
                raise(Signal::SIGSTOP).context("raise(SIGSTOP)")
            }
            // EPERM or ESRCH: it is about to end.
            _ => kill(self.init, signal).or(Ok(())),
        }
    }

    fn read_keys(&mut self) {
        let mut buffer = [0; 4096];
        match io::stdin().read(&mut buffer) {
            Ok(count @ 1..) => self.keys.extend_from_slice(&buffer[..count]),
            _ => self.has_keys = false, // the terminal is gone, and SIGHUP will tell
        }
    }

    fn write_keys(&mut self) -> Result<()> {
        let Some((_, inside)) = &mut self.terminals else { return Ok(()) };
        match inside.write(&self.keys) {
            Ok(count) => drop(self.keys.drain(..count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).context("write(terminal inside)"),
        }
        Ok(())
    }

    /// Copies what there is.
    fn copy_output(&mut self) -> Result<Output> {
        let Some((_, inside)) = &mut self.terminals else { return Ok(Output::Closed) };
        let mut buffer = [0; 16384];
        match inside.read(&mut buffer) {
            Ok(0) => Ok(Output::Closed),
            Ok(count) => {
                let mut stdout = io::stdout().lock();
                stdout
                    .write_all(&buffer[..count])
                    .and_then(|()| stdout.flush())
                    .context("write(stdout)")?;
                Ok(Output::Copied)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Output::NoneYet),
            // EIO: nobody has it open, or not yet.
            Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => Ok(Output::Closed),
            Err(error) => Err(error).context("read(terminal inside)"),
        }
    }
}
