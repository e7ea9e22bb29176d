//! The processes of a check: one runs the answer, helper processes stand beside it.

use std::cell::Cell;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::process::exit;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::utsname::uname;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, pipe2};

use crate::exercise::Exercise;
use crate::language::{Both, CHECK_MACHINE, Text, shown, text};
use crate::sandbox::streams::close_verdict;
use crate::verdict::{Finding, unavailable, wrong};

/// The name of the processes that answers run in, as `ps` shows it (`/proc/PID/comm`).
pub const ANSWER: &str = "answer";

/// A process that has done its work and stays alive until the judge ends it.
pub struct Process {
    /// Its PID in the sandbox.
    pub pid: Pid,
    /// What its work returned, as text.
    pub output: String,
    /// The process waits for the other end of this pipe.
    release: Option<File>,
}

impl Process {
    /// Forks a process (`fork(2)`) that does its `work`, sends the result to the judge,
    /// and then waits. `explain` says what it means that the work failed.
    fn start(
        explain: impl FnOnce(&str) -> Finding,
        work: impl FnOnce() -> Result<String, String>,
    ) -> Result<Process, Finding> {
        let failed = |errno| {
            unavailable(
                "fork()",
                errno,
                text!(
                    "There may be too many processes; check: ulimit -u",
                    "프로세스가 너무 많을 수 있습니다. 확인하려면: ulimit -u",
                ),
            )
        };
        let (result_read, result_write) = pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
        let (release_read, release_write) = pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
        // SAFETY: this process has one thread, so the child may allocate and print.
        let pid = match unsafe { fork() }.map_err(failed)? {
            ForkResult::Parent { child } => child,
            ForkResult::Child => {
                drop((result_read, release_write));
                close_verdict();
                let this = getpid();
                record_panics(this);
                let result = catch_unwind(AssertUnwindSafe(work));
                let _ = io::stdout().flush();
                // The answer may have forked, and its child may have returned to us.
                if getpid() != this {
                    exit(0);
                }
                let message = match result {
                    Ok(Ok(text)) => format!("+{text}\0"),
                    Ok(Err(text)) => format!("-{text}\0"),
                    Err(_) => format!("!{}\0", PANIC.take()),
                };
                let _ = File::from(result_write).write_all(message.as_bytes());
                let _ = File::from(release_read).read(&mut [0]);
                exit(0);
            }
        };
        drop((result_write, release_read));
        let mut message = Vec::new();
        let _ = BufReader::new(File::from(result_read)).read_until(0, &mut message);
        if message.pop() == Some(0) {
            let message = String::from_utf8_lossy(&message).into_owned();
            return match message.split_at_checked(1).unwrap_or_default() {
                ("+", text) => {
                    let release = Some(release_write.into());
                    Ok(Process { pid, output: text.to_owned(), release })
                }
                ("!", panic) => Err(wrong(
                    text!("a function that returns", "반환하는 함수"),
                    text!("your function panicked: {panic}", "함수가 패닉을 일으켰습니다: {panic}"),
                    text!(
                        "a panic ends the function before it returns",
                        "패닉이 나면 함수가 반환하기 전에 끝납니다",
                    ),
                )),
                (_, error) => Err(explain(error)),
            };
        }
        let end = waitpid(pid, None).map_or_else(|errno| shown!("{errno}"), describe);
        Err(wrong(
            text!("a function that returns", "반환하는 함수"),
            text!("its process {end}", "프로세스: {end}"),
            text!(
                "the process that ran your function ended before the judge could look at it",
                "채점 프로그램이 보기 전에, 함수를 실행한 프로세스가 끝났습니다",
            ),
        ))
    }

    /// Ends the process and waits for it.
    pub fn end(mut self) {
        self.release = None;
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
}

thread_local! {
    /// The message and the place of the panic in this process.
    static PANIC: Cell<String> = const { Cell::new(String::new()) };
}

/// Keeps the text of a panic in `process` for the verdict. A panic in one of its children,
/// which inherit this hook, is printed as usual.
fn record_panics(process: Pid) {
    let print = take_hook();
    set_hook(Box::new(move |panic| {
        if getpid() != process {
            return print(panic);
        }
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let place = panic
            .location()
            .map_or_else(String::new, |it| text!(" at {it}", ", 위치 {it}").to_string());
        PANIC.set(format!(
            "{}{place}",
            text.unwrap_or(Both("(no message)", "(메시지 없음)").here())
        ));
    }));
}

/// How a process ended, in words.
pub fn describe(end: WaitStatus) -> Text {
    match end {
        WaitStatus::Exited(_, status) => {
            text!("exited with status {status}", "끝났습니다(종료 상태 {status})")
        }
        WaitStatus::Signaled(_, signal, _) => {
            text!("was killed by {signal}", "{signal} 시그널로 강제 종료되었습니다")
        }
        other => shown!("{other:?}"),
    }
}

/// A function that an answer runs in a child process.
pub type Task = fn();

/// Runs the answer in its own process, which then stays alive to be looked at.
pub fn run_answer<T: Display, E: Into<io::Error>>(
    exercise: &Exercise,
    answer: impl FnOnce() -> Result<T, E>,
) -> Result<Process, Finding> {
    Process::start(
        |error| {
            let found = text!("a call failed: {error}", "호출이 실패했습니다: {error}");
            wrong(
                text!("a function that returns Ok", "Ok를 반환하는 함수"),
                found,
                exercise.explain(error),
            )
        },
        || {
            let _ = fs::write("/proc/self/comm", ANSWER);
            let output = answer().map_err(Into::into);
            output.map(|it| it.to_string()).map_err(|error: io::Error| {
                error.raw_os_error().map_or(error.to_string(), |it| Errno::from_raw(it).to_string())
            })
        },
    )
}

/// Starts a process in new namespaces. It runs `prepare` there and stays alive.
pub fn helper_process(
    flags: CloneFlags,
    prepare: impl FnOnce() -> nix::Result<()>,
) -> Result<Process, Finding> {
    helper_with_output(flags, || prepare().map(|()| String::new()))
}

/// The same, and its output is what `work` returns.
pub fn helper_with_output(
    flags: CloneFlags,
    work: impl FnOnce() -> nix::Result<String>,
) -> Result<Process, Finding> {
    let failed = |error: &str| {
        unavailable(
            text!(
                "unshare() in a helper process of the judge",
                "채점 프로그램이 만든 프로세스의 unshare()",
            ),
            error,
            CHECK_MACHINE,
        )
    };
    Process::start(failed, || {
        unshare(flags).and_then(|()| work()).map_err(|errno| errno.to_string())
    })
}

/// The namespace of a process, as `/proc/PID/ns` shows it, or the error instead.
pub fn link(pid: Pid, kind: &str) -> String {
    let path = format!("/proc/{pid}/ns/{kind}");
    match fs::read_link(&path) {
        Ok(target) => target.to_string_lossy().into_owned(),
        Err(error) => format!("{path}: {error}"),
    }
}

/// The processes of the sandbox that are in a namespace.
pub fn processes_in(kind: &str, namespace: &str) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.map(Pid::from_raw).filter(|&pid| link(pid, kind) == namespace).collect()
}

/// The kinds of namespace that this kernel has, without the `…_for_children` links.
fn kinds() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/ns").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut kinds: Vec<_> = names.filter(|name| !name.contains("_for_")).collect();
    kinds.sort();
    kinds
}

/// The kinds of namespace in which two processes differ.
pub fn differing_kinds(a: Pid, b: Pid) -> Vec<String> {
    kinds().into_iter().filter(|kind| link(a, kind) != link(b, kind)).collect()
}

/// Nodename and domainname of a UTS namespace. A child of the judge joins it
/// (`setns(2)`) and calls `uname(2)` there.
pub fn uts_names(namespace: impl AsRef<Path>) -> Result<(String, String), Finding> {
    let path = namespace.as_ref();
    let failed = |error: &str| {
        wrong(
            text!("a UTS namespace at {}", "{}에 있는 UTS namespace", path.display()),
            text!("open() and setns() there: {error}", "그것에 대한 open()과 setns(): {error}"),
            text!(
                "this file is not a UTS namespace, or the namespace no longer exists",
                "이 파일이 UTS namespace가 아니거나, 그 namespace가 이미 없어졌습니다",
            ),
        )
    };
    let helper = Process::start(failed, || {
        let file = File::open(path).map_err(|error| error.to_string())?;
        setns(file, CloneFlags::CLONE_NEWUTS).map_err(|errno| errno.to_string())?;
        let names = uname().map_err(|errno| errno.to_string())?;
        let domain = names.domainname().to_string_lossy();
        Ok(format!("{}\n{domain}", names.nodename().to_string_lossy()))
    })?;
    let (node, domain) = helper.output.split_once('\n').unwrap_or_default();
    let names = (node.to_owned(), domain.to_owned());
    helper.end();
    Ok(names)
}

/// A field of `/proc/PID/status`.
pub fn status(pid: Pid, field: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or(Both("(no such process)", "(그런 프로세스 없음)").here())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
