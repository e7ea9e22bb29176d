use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, pipe};
use tempfile::TempDir;

use crate::{Output, User, copy_program, deadline, reset_terminal_signals, wait_or_describe};

/// The environment variable that marks all processes of one run.
const MARK: &str = "TEST_RUN";

/// A step that is about to be run.
pub struct Step {
    command: Command,
    mark: String,
    /// A copy of the program where an unprivileged user can reach it.
    copy: Option<(TempDir, PathBuf)>,
}

impl Step {
    /// The binary `exe` (`env!("CARGO_BIN_EXE_…")`) as `user`, with an empty stdin.
    pub fn new(exe: &str, user: User) -> Step {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        let exe = Path::new(exe);
        let copy = (user == User::Ordinary && !reachable(exe)).then(|| copy_program(exe, 0o755));
        let program = match &copy {
            Some((_, program)) => program.clone(),
            None => exe.to_owned(),
        };
        let mut command = Command::new(program);
        command.env(MARK, &mark).current_dir("/");
        // The environment of the tests must not decide about color.
        command.env_remove("CLICOLOR_FORCE").env_remove("NO_COLOR");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if user.uid() != nix::unistd::geteuid() {
            command.uid(user.uid().as_raw()).gid(user.uid().as_raw());
        }
        // SAFETY: only system calls in a child that has one thread.
        unsafe { command.pre_exec(reset_terminal_signals) };
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

    /// Calls `obstacle` in the new process, as the step's user, before `execve(2)`.
    pub fn with_obstacle(
        self,
        obstacle: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
    ) -> Step {
        self.with(|it| {
            // SAFETY: obstacles are system calls and allocation, in a child with one thread.
            unsafe { it.pre_exec(obstacle) };
        })
    }

    /// Sets an environment variable.
    pub fn env(self, name: &str, value: impl AsRef<OsStr>) -> Step {
        self.with(|it| _ = it.env(name, value))
    }

    /// Makes stdout a pipe whose reader has gone, as with `| head -0`.
    pub fn stdout_without_reader(self) -> Step {
        self.with(|it| _ = it.stdout(pipe_without_reader()))
    }

    /// Makes stderr a pipe whose reader has gone.
    pub fn stderr_without_reader(self) -> Step {
        self.with(|it| _ = it.stderr(pipe_without_reader()))
    }

    /// Makes stdout a device that is full (`/dev/full`).
    pub fn stdout_full(self) -> Step {
        self.with(|it| _ = it.stdout(full_device()))
    }

    /// Makes stderr a device that is full.
    pub fn stderr_full(self) -> Step {
        self.with(|it| _ = it.stderr(full_device()))
    }

    /// Asserts that `--help` succeeds and prints all of `parts`: the usage, an example, the
    /// manual page.
    #[track_caller]
    pub fn assert_help(self, parts: &[&str]) {
        let output = self.args(["--help"]).run();
        output.assert_ok();
        assert_eq!(output.stderr, "");
        for part in parts {
            assert!(output.stdout.contains(part), "no {part:?} in {}", output.stdout);
        }
    }

    /// Asserts what every step that prints promises about its stdout: a reader that leaves
    /// early is no error, a full device is one. `step` makes the same step each time.
    #[track_caller]
    pub fn assert_stdout_errors(step: impl Fn() -> Step) {
        let output = step().stdout_without_reader().run();
        assert_eq!(output.assert_ok().errors(), [""; 0]);
        let output = step().stdout_full().run();
        output.assert_error("write(stdout): ENOSPC: No space left on device", "");
    }

    /// Asserts that the output has colors only if `CLICOLOR_FORCE` asks for them.
    #[track_caller]
    pub fn assert_color_on_request(step: impl Fn() -> Step) {
        let output = step().run();
        assert!(!output.assert_ok().stdout.contains('\x1b'), "{output:?}");
        let output = step().env("CLICOLOR_FORCE", "1").run();
        assert!(output.assert_ok().stdout.contains("\x1b["), "{output:?}");
    }

    /// Runs the step to its end.
    pub fn run(self) -> Output {
        self.start_with(Stdio::null()).wait()
    }

    /// Starts the step with a stdin that stays open until [`Running::close_stdin`].
    pub fn start(self) -> Running {
        self.start_with(Stdio::piped())
    }

    fn start_with(mut self, stdin: Stdio) -> Running {
        let program = self.command.get_program().to_owned();
        let mut child = self
            .command
            .stdin(stdin)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {program:?}: {error}"));
        let stdout = child.stdout.take().map(lines);
        let stderr = child.stderr.take().map(lines);
        Running {
            child,
            stdout,
            stderr,
            seen: Output {
                program: Path::new(&program)
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                ..Output::default()
            },
            mark: self.mark,
            _copy: self.copy,
        }
    }
}

fn pipe_without_reader() -> OwnedFd {
    let (_, writer) = pipe().expect("pipe");
    writer
}

fn full_device() -> fs::File {
    fs::File::options().write(true).open("/dev/full").expect("/dev/full")
}

/// Whether every user can reach `exe` and run it.
fn reachable(exe: &Path) -> bool {
    let all_may_enter =
        |path: &Path| fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o001 != 0);
    exe.ancestors().filter(|path| !path.as_os_str().is_empty()).all(all_may_enter)
}

/// Reads a stream to its end in its own thread, so that no pipe ever fills up.
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

/// A running step. Dropping it kills it and all its processes.
pub struct Running {
    child: Child,
    stdout: Option<Receiver<String>>,
    stderr: Option<Receiver<String>>,
    seen: Output,
    mark: String,
    _copy: Option<(TempDir, PathBuf)>,
}

impl Running {
    /// The PID of the step.
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

    /// Writes to the step's stdin.
    pub fn type_in(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("stdin is still open");
        stdin.write_all(text.as_bytes()).expect("the step reads its stdin");
    }

    /// Ends the step's stdin.
    pub fn close_stdin(&mut self) {
        self.child.stdin = None;
    }

    /// Sends a signal to the step, not to its children.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the step is alive");
    }

    /// All processes of this run: the step, its children and their children.
    pub fn processes(&self) -> Vec<Pid> {
        marked(&self.mark)
    }

    /// Closes stdin and waits until the step and all its output end. Panics if that takes
    /// too long, or if a process of the run outlives the step.
    pub fn wait(mut self) -> Output {
        self.close_stdin();
        let mut status = None;
        let mark = self.mark.clone();
        let left = || format!("the end of the step and all its processes: {:?}", marked(&mark));
        wait_or_describe(deadline, left, || {
            status = self.child.try_wait().expect("waitpid");
            status.is_some()
        });
        wait_or_describe(deadline, left, || marked(&mark).is_empty());
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

/// The processes whose environment has the mark.
fn marked(mark: &str) -> Vec<Pid> {
    let wanted = OsString::from(format!("{MARK}={mark}")).into_encoded_bytes();
    // One read(2) gets all of it: before a second one, execve(2) may have replaced it.
    let mut buffer = vec![0; 2 << 20];
    let has_mark = |&pid: &i32| {
        let size = read_environ(pid, &mut buffer);
        buffer[..size].split(|&byte| byte == 0).any(|entry| entry == wanted)
    };
    let pids = fs::read_dir("/proc").expect("/proc").flatten();
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        // Most processes of an idle machine are threads of the kernel: one call tells.
        .filter(|&pid| has_program(pid))
        .filter(has_mark)
        .map(Pid::from_raw)
        .collect()
}

/// Reads the environment of a process; returns its size, 0 if it cannot be read. During
/// `execve(2)` a process has none for a moment, which is long on an emulated machine; one
/// that has none at all other times is looked at ten times.
fn read_environ(pid: i32, buffer: &mut [u8]) -> usize {
    let mut looks_between = 0;
    for _ in 0..1000 {
        let file = fs::File::open(format!("/proc/{pid}/environ"));
        match file.and_then(|mut file| file.read(buffer)) {
            Ok(0) if has_program(pid) && looks_between < 10 => {
                looks_between += usize::from(!is_in_execve(pid));
                thread::sleep(Duration::from_millis(1));
            }
            size => return size.unwrap_or_default(),
        }
    }
    0
}

/// Kernel threads and zombies have none.
fn has_program(pid: i32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

/// Whether a process has no place for its environment yet: the 51st field of
/// `/proc/PID/stat`, the 49th after the name in parentheses (`proc_pid_stat(5)`).
fn is_in_execve(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    after.split_whitespace().nth(48) == Some("0")
}
