//! The pipes between a sandbox and the judge outside of it. An answer has no descriptor of
//! the terminal: with one it could read what is typed, or change the terminal's settings.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{Pid, close, dup2_stderr, dup2_stdin, dup2_stdout, pipe2};

use crate::language::text;

/// How much of an answer's output is passed on, from stdout and stderr each.
const MAX_OUTPUT: usize = 64 << 10;

/// In the sandbox: the descriptor through which the verdict goes out.
const VERDICT: RawFd = 3;

/// In the supervisor: the descriptor through which it tells the PID of the first process.
const FIRST_PID: RawFd = 4;

/// The ends of the pipes that the judge outside reads.
pub struct Outside {
    pub stdout: Stream,
    pub stderr: Stream,
    pub verdict: Stream,
    pub first_pid: Stream,
}

/// The ends of the pipes for the sandbox.
pub struct Inside {
    stdout: OwnedFd,
    stderr: OwnedFd,
    verdict: OwnedFd,
    first_pid: OwnedFd,
}

/// Creates the pipes.
pub fn create() -> nix::Result<(Outside, Inside)> {
    let pipe = || pipe2(OFlag::O_CLOEXEC).map(|(reader, writer)| (Stream::new(reader), writer));
    let ((stdout, out), (stderr, err)) = (pipe()?, pipe()?);
    let ((verdict, report), (first_pid, pid)) = (pipe()?, pipe()?);
    Ok((
        Outside { stdout, stderr, verdict, first_pid },
        Inside { stdout: out, stderr: err, verdict: report, first_pid: pid },
    ))
}

impl Inside {
    /// Gives these pipes to the caller instead of all descriptors that it has inherited
    /// (`close_range(2)`). Its stdin is empty.
    pub fn replace_descriptors(self) -> nix::Result<()> {
        let (empty, _) = pipe2(OFlag::O_CLOEXEC)?;
        dup2_stdin(&empty)?;
        dup2_stdout(&self.stdout)?;
        dup2_stderr(&self.stderr)?;
        // With stdin, stdout and stderr open, the numbers of the last pipes are above 4.
        for (pipe, number) in [(&self.verdict, VERDICT), (&self.first_pid, FIRST_PID)] {
            // SAFETY: only the owner of this number's descriptor, which this process does not
            // use, is affected.
            Errno::result(unsafe { libc::dup2(pipe.as_raw_fd(), number) })?;
        }
        // The kernel closes them, and their owners must not close these numbers again.
        std::mem::forget((self, empty));
        // SAFETY: this process goes on to use only the descriptors that stay open.
        let closed = unsafe { libc::syscall(libc::SYS_close_range, FIRST_PID + 1, u32::MAX, 0) };
        Errno::result(closed).map(drop)
    }
}

/// In the supervisor: tells the judge outside the PID of the sandbox's first process.
pub fn send_pid(pid: Pid) {
    send(FIRST_PID, &pid.as_raw().to_ne_bytes());
}

/// In the sandbox's first process: only the supervisor knows its PID outside.
pub fn close_pid() {
    let _ = close(FIRST_PID);
}

/// In the judge or the supervisor: sends the text of the verdict to the judge outside.
pub fn send_verdict(text: &str) {
    send(VERDICT, text.as_bytes());
}

/// In the process of an answer, which has no part in the verdict.
pub fn close_verdict() {
    let _ = close(VERDICT);
}

/// Sends the only message of a pipe.
fn send(pipe: RawFd, message: &[u8]) {
    // SAFETY: no other value owns the descriptor, and it is used only here.
    let mut pipe = unsafe { File::from_raw_fd(pipe) };
    let _ = pipe.write_all(message);
}

/// What comes out of a pipe.
pub struct Stream {
    reader: File,
    passed_on: usize,
    left_out: usize,
    open: bool,
}

impl Stream {
    fn new(reader: OwnedFd) -> Stream {
        Stream { reader: reader.into(), passed_on: 0, left_out: 0, open: true }
    }

    /// Its descriptor, as long as something may come.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.open.then(|| self.reader.as_fd())
    }

    /// Reads once and passes it on. What is too much is read and left out, so that whoever
    /// writes it does not wait.
    pub fn pass_on(&mut self, to: &mut impl Write) {
        let mut buffer = [0; 8192];
        let size = match self.reader.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
            size => size.unwrap_or_default(),
        };
        self.open = size > 0;
        let kept = size.min(MAX_OUTPUT - self.passed_on);
        let _ = to.write_all(&buffer[..kept]).and_then(|()| to.flush());
        self.passed_on += kept;
        self.left_out += size - kept;
    }

    /// Passes on all that is still in the pipe, whose writers have ended.
    pub fn finish(&mut self, to: &mut impl Write) {
        while self.open {
            self.pass_on(to);
        }
        if self.left_out > 0 {
            let note = text!(
                "(the judge leaves out {} more bytes)",
                "(채점 프로그램이 나머지 {}바이트를 생략합니다)",
                self.left_out,
            );
            let _ = writeln!(to, "\n{note}");
        }
    }

    /// All that is in the pipe.
    pub fn text(&mut self) -> String {
        let mut text = Vec::new();
        self.finish(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// A PID that the supervisor sends.
    pub fn pid(&mut self) -> Option<Pid> {
        let mut bytes = [0; 4];
        let read = self.reader.read_exact(&mut bytes);
        self.open = false;
        read.is_ok().then(|| Pid::from_raw(i32::from_ne_bytes(bytes)))
    }
}
