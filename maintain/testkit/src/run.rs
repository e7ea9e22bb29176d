use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{User, deadline, heed_keys, until};

/// The environment variable that marks all processes of one run.
const MARK: &str = "WITNESS_RUN";

/// A step that is about to be run.
pub struct Step {
    command: Command,
    mark: String,
    copy: Option<PathBuf>,
}

impl Step {
    /// The binary `exe` (`env!("CARGO_BIN_EXE_…")`), to be run as `user` with
    /// an empty stdin.
    pub fn new(exe: &str, user: User) -> Step {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let copy = (user == User::Ordinary && !reachable(exe.as_ref())).then(|| {
            let dir = std::env::temp_dir().join(format!("witness-{mark}"));
            fs::create_dir(&dir).expect("mkdir");
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("chmod");
            fs::copy(exe, dir.join(Path::new(exe).file_name().expect("a file"))).expect("cp");
            dir
        });
        let program = match &copy {
            Some(dir) => dir.join(Path::new(exe).file_name().expect("a file")),
            None => exe.into(),
        };
        let mut command = Command::new(program);
        command.env(MARK, &mark).current_dir("/");
        // Whatever the tests are run from, colour is off and the exit is ours.
        command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if user.uid() != nix::unistd::geteuid() {
            command.uid(user.uid().as_raw()).gid(user.uid().as_raw());
        }
        // SAFETY: only system calls in a child that has one thread.
        unsafe { command.pre_exec(heed_keys) };
        Step { command, mark, copy }
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Step {
        self.command.args(args);
        self
    }

    /// Gives access to the rest of the command: environment, directory, stdio, `pre_exec`.
    pub fn with(mut self, change: impl FnOnce(&mut Command)) -> Step {
        change(&mut self.command);
        self
    }

    /// Puts up a wall in the step's process, as its user, before it becomes the step.
    pub fn behind(self, wall: impl FnMut() -> io::Result<()> + Send + Sync + 'static) -> Step {
        self.with(|it| {
            // SAFETY: walls are system calls and allocation, in a child that has one thread.
            unsafe { it.pre_exec(wall) };
        })
    }

    /// Runs the step to its end and gathers what it wrote.
    pub fn run(self) -> Output {
        self.start_with(Stdio::null()).wait()
    }

    /// Starts the step with a stdin that stays open until [`Running::close_stdin`].
    pub fn start(self) -> Running {
        self.start_with(Stdio::piped())
    }

    fn start_with(mut self, stdin: Stdio) -> Running {
        let program = PathBuf::from(self.command.get_program());
        let mut child = self
            .command
            .stdin(stdin)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
        let stdout = child.stdout.take().map(lines);
        let stderr = child.stderr.take().map(lines);
        Running {
            child,
            stdout,
            stderr,
            seen: Output::default(),
            mark: self.mark.clone(),
            copy: self.copy.take(),
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        remove(self.copy.take());
    }
}

/// Whether everybody may walk to `exe` and run it.
fn reachable(exe: &Path) -> bool {
    let everybody_enters =
        |path: &Path| fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o001 != 0);
    exe.ancestors().filter(|path| !path.as_os_str().is_empty()).all(everybody_enters)
}

fn remove(copy: Option<PathBuf>) {
    if let Some(dir) = copy {
        let _ = fs::remove_dir_all(dir);
    }
}

/// Reads a stream to its end in a thread of its own, so that no pipe ever fills up.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
            let text = String::from_utf8_lossy(&line).into_owned();
            if sender.send(text).is_err() {
                break;
            }
            line.clear();
        }
    });
    receiver
}

/// What a finished run has written, and how it ended.
#[derive(Debug, Default)]
pub struct Output {
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
    status: Option<ExitStatus>,
}

impl Output {
    /// The exit status; none if a signal ended the process.
    pub fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// The signal that ended the process.
    pub fn signal(&self) -> Option<i32> {
        self.status.and_then(|status| status.signal())
    }
}

/// A step that is running. Dropped, it is killed with all its processes.
pub struct Running {
    child: Child,
    stdout: Option<Receiver<String>>,
    stderr: Option<Receiver<String>>,
    seen: Output,
    mark: String,
    copy: Option<PathBuf>,
}

impl Running {
    /// The PID of the step itself.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id() as i32)
    }

    /// The next line on stdout, without its newline; panics at end of file.
    pub fn line(&mut self) -> String {
        next(&self.stdout, &mut self.seen.stdout, "stdout")
    }

    /// The next line on stderr, without its newline; panics at end of file.
    pub fn note(&mut self) -> String {
        next(&self.stderr, &mut self.seen.stderr, "stderr")
    }

    /// Types into the step's stdin.
    pub fn type_in(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is still open");
        stdin.write_all(text.as_bytes()).expect("the step reads its stdin");
    }

    /// Ends the step's stdin.
    pub fn close_stdin(&mut self) {
        self.child.stdin = None;
    }

    /// Sends a signal to the step itself.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the step is still there");
    }

    /// All processes of this run: the step, its children and their children.
    pub fn processes(&self) -> Vec<Pid> {
        marked(&self.mark)
    }

    /// Waits for the end of the step and of all its output; panics if it
    /// takes too long or if a process of the run outlives the step.
    pub fn wait(mut self) -> Output {
        self.close_stdin();
        let mut status = None;
        let mark = self.mark.clone();
        until(&format!("the end of the step; left: {:?}", marked(&mark)), || {
            status = self.child.try_wait().expect("waitpid");
            status.is_some()
        });
        until("the end of every process of the run", || marked(&mark).is_empty());
        let mut output = std::mem::take(&mut self.seen);
        output.status = status;
        output.stdout.extend(self.stdout.take().into_iter().flatten());
        output.stderr.extend(self.stderr.take().into_iter().flatten());
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for pid in marked(&self.mark) {
            let _ = kill(pid, Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        remove(self.copy.take());
    }
}

fn next(stream: &Option<Receiver<String>>, seen: &mut String, name: &str) -> String {
    let stream = stream.as_ref().unwrap_or_else(|| panic!("{name} is not a pipe here"));
    match stream.recv_timeout(deadline()) {
        Ok(line) => {
            seen.push_str(&line);
            line.trim_end_matches('\n').to_owned()
        }
        Err(reason) => panic!("no further line on {name} ({reason}) after {seen:?}"),
    }
}

/// The living processes whose environment holds the mark.
fn marked(mark: &str) -> Vec<Pid> {
    let wanted = OsString::from(format!("{MARK}={mark}")).into_encoded_bytes();
    let carries_mark = |pid: &i32| {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|entry| entry == wanted))
    };
    let pids = fs::read_dir("/proc").expect("/proc").flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(carries_mark)
        .map(Pid::from_raw)
        .collect()
}
