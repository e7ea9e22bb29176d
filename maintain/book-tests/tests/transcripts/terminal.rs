//! A shell on a pseudo-terminal, as readers have.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};
use testkit::{deadline, reset_terminal_signals};

/// The prompt of the shell, which no program prints.
const PROMPT: &str = "\u{1}prompt\u{2}";

/// A terminal with a shell in it.
pub struct Terminal {
    shell: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
    pressed: String,
}

impl Terminal {
    /// Opens a terminal in `dir` for the user with this uid, with the programs
    /// of `bin` in its PATH. All its processes carry `mark` in their environment.
    pub fn open(uid: u32, dir: &Path, bin: &Path, mark: &str) -> Terminal {
        let size = Winsize { ws_row: 50, ws_col: 250, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(&size, None).expect("openpty");
        // A shell that inherits the master keeps its terminal open and never gets SIGHUP.
        for end in [&master, &slave] {
            fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("fcntl");
        }
        let mut modes = tcgetattr(&slave).expect("tcgetattr");
        // Only the output is compared, not the echo of what is typed.
        modes.local_flags.remove(LocalFlags::ECHO);
        modes.output_flags.remove(OutputFlags::ONLCR);
        tcsetattr(&slave, SetArg::TCSANOW, &modes).expect("tcsetattr");

        let path = format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", bin.display());
        let mut command = Command::new("bash");
        command.args(["--norc", "--noprofile", "--noediting", "-i"]).current_dir(dir);
        command.env_clear().envs([
            ("PATH", path.as_str()),
            ("PS1", PROMPT),
            ("TERM", "dumb"),
            ("NO_COLOR", "1"),
            ("LC_ALL", "C.UTF-8"),
            ("SHELL", "/bin/bash"),
            ("HOME", "/tmp"),
            ("HISTFILE", ""),
            ("BOOK_RUN", mark),
        ]);
        let copy = || slave.try_clone().expect("dup");
        command.stdin(copy()).stdout(copy()).stderr(copy()).uid(uid).gid(uid);
        let terminal = slave.as_raw_fd();
        let own_terminal = move || {
            reset_terminal_signals()?;
            nix::unistd::setsid()?;
            // SAFETY: the call touches no memory of ours; the descriptor is open until after
            // spawn.
            let set = unsafe { nix::libc::ioctl(terminal, nix::libc::TIOCSCTTY, 0) };
            Ok(nix::errno::Errno::result(set).map(drop)?)
        };
        // SAFETY: only system calls, in a child that has one thread.
        unsafe { command.pre_exec(own_terminal) };
        let shell = command.spawn().expect("bash");
        let mut terminal = Terminal {
            shell,
            keyboard: File::from(master.try_clone().expect("dup")),
            screen: watch(master),
            seen: String::new(),
            pressed: String::new(),
        };
        terminal.until_prompt();
        terminal
    }

    /// Types a line.
    pub fn enter(&mut self, line: &str) {
        self.press(format!("{line}\n").as_bytes());
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &[u8]) {
        self.pressed = String::from_utf8_lossy(keys).into_owned();
        self.keyboard.write_all(keys).expect("the terminal is open");
    }

    /// Reads until the shell waits for a command; returns the lines before.
    pub fn until_prompt(&mut self) -> Vec<String> {
        self.read_while(|seen| !seen.contains(PROMPT));
        let (text, rest) = self.seen.split_once(PROMPT).expect("just seen");
        let lines = lines(text);
        self.seen = rest.to_owned();
        lines
    }

    /// Reads `count` lines of a program that goes on running.
    pub fn lines(&mut self, count: usize) -> Vec<String> {
        self.read_while(|seen| lines(seen.rsplit_once('\n').map_or("", |it| it.0)).len() < count);
        lines(&std::mem::take(&mut self.seen))
    }

    fn read_while(&mut self, condition: impl Fn(&str) -> bool) {
        while condition(&self.seen) {
            match self.screen.recv_timeout(deadline()) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("after {:?} only {:?} appeared", self.pressed, self.seen)
                }
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the shell ended after {:?}: {:?}", self.pressed, self.seen)
                }
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Without its terminal the shell and its jobs get SIGHUP.
        let _ = self.keyboard.write_all(b"exit\nexit\n");
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// The lines of a text that are not empty.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// Reads what appears on the screen, in its own thread.
fn watch(master: OwnedFd) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut master = File::from(master);
        let mut bytes = [0; 4096];
        // When the last process on it has ended, the terminal returns EIO.
        while let Ok(count @ 1..) = master.read(&mut bytes) {
            if sender.send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}
