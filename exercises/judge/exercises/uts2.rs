//! A parent that waits until its child has set the hostname.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getppid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::observe::calls::{Call, Calls, random, report};
use crate::observe::child::hostname;
use crate::observe::waiting::{sleeps_in, wait_until};
use crate::process::{Task, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A child sets the hostname, then its parent reads it. How does the parent know
when? A sleep is too long on one machine and too short on another.",
    task: "
Fork a child that calls `set_name`. In the parent call `get_name` once, as soon
as the child has set the name, and not before. Return what it returned.",
    manual: "fork(2), pipe(2), read(2)",
    starter: r#"
use std::process::exit;
use std::thread;
use std::time::Duration;

use nix::unistd::{ForkResult, fork, pipe, read, write};

fn set_then_get(set_name: fn(), get_name: fn() -> String) -> nix::Result<String> {
    let (reader, writer) = pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            // TODO: Wait for a message from the child instead of a fixed time.
            thread::sleep(Duration::from_millis(100));
            let name = get_name();
            read(&reader, &mut [0])?;
            Ok(name)
        }
    }
}

fn main() -> ! {
    judge::uts2(set_then_get)
}
"#,
    solutions: &[
        (
            "a byte in a pipe",
            r#"
use std::process::exit;

use nix::unistd::{ForkResult, fork, pipe, read, write};

fn set_then_get(set_name: fn(), get_name: fn() -> String) -> nix::Result<String> {
    let (reader, writer) = pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            read(&reader, &mut [0])?;
            Ok(get_name())
        }
    }
}

fn main() -> ! {
    judge::uts2(set_then_get)
}
"#,
        ),
        (
            "the end of a pipe",
            r#"
use std::process::exit;

use nix::unistd::{ForkResult, fork, pipe, read};

fn set_then_get(set_name: fn(), get_name: fn() -> String) -> nix::Result<String> {
    let (reader, writer) = pipe()?;
    // SAFETY: this process has one thread.
    if let ForkResult::Child = unsafe { fork() }? {
        set_name();
        exit(0)
    }
    // Without writers, read(2) returns 0: the end of the child is the message.
    drop(writer);
    read(&reader, &mut [0])?;
    Ok(get_name())
}

fn main() -> ! {
    judge::uts2(set_then_get)
}
"#,
        ),
        (
            "the end of the child",
            r#"
use std::process::exit;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn set_then_get(set_name: fn(), get_name: fn() -> String) -> nix::Result<String> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            exit(0)
        }
        ForkResult::Parent { child } => waitpid(child, None).map(|_| get_name()),
    }
}

fn main() -> ! {
    judge::uts2(set_then_get)
}
"#,
        ),
        (
            "a signal",
            r#"
use std::process::exit;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{ForkResult, fork, getppid};

fn set_then_get(set_name: fn(), get_name: fn() -> String) -> nix::Result<String> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGUSR1);
    signals.thread_block()?;
    // SAFETY: this process has one thread.
    if let ForkResult::Child = unsafe { fork() }? {
        set_name();
        kill(getppid(), Signal::SIGUSR1)?;
        exit(0)
    }
    signals.wait()?;
    Ok(get_name())
}

fn main() -> ! {
    judge::uts2(set_then_get)
}
"#,
        ),
    ],
    hints: [
        "What does read(2) do on a pipe that is still empty?",
        "It blocks until some process writes, or until no process has the write end open any \
         more. The byte that you send has no meaning: its arrival is the message.",
        "            read(&reader, &mut [0])?;
            Ok(get_name())",
    ],
    errors: &[
        ("EBADF", "this end of the pipe is closed, or it is the wrong one: `reader` comes first"),
        ("EAGAIN", "the pipe is empty, and O_NONBLOCK keeps read(2) from waiting"),
        ("ECHILD", "waitpid(2) has no child to wait for: fork(2) comes first"),
        ("EPIPE", "nobody can read what the child writes: the parent has closed `reader`"),
    ],
    wrong: &[
        Wrong {
            clause: "not before",
            change: r#"read(&reader, &mut [0])?;
            Ok(get_name())"#,
            to: r#"let name = get_name();
            read(&reader, &mut [0])?;
            Ok(name)"#,
            says: "before the child had set",
        },
        Wrong {
            clause: "as soon as the child has set the name",
            change: r#"read(&reader, &mut [0])?;
            Ok(get_name())"#,
            to: r#"std::thread::sleep(std::time::Duration::from_millis(900));
            Ok(get_name())"#,
            says: "before the child had set",
        },
        Wrong {
            clause: "as soon as the child has set the name",
            change: r#"read(&reader, &mut [0])?;
            Ok(get_name())"#,
            to: r#"std::thread::sleep(std::time::Duration::from_secs(5));
            Ok(get_name())"#,
            says: "too short on some machine",
        },
        Wrong {
            clause: "has set the name",
            change: r#"read(&reader, &mut [0])?;
            Ok(get_name())"#,
            to: r#"nix::poll::poll(&mut [], 100_u16).map(|_| get_name())"#,
            says: "before the child had set",
        },
        Wrong {
            clause: "the child has set the name",
            change: r#"            set_name();
            write(&writer, b".")?;"#,
            to: r#"            write(&writer, b".")?;
            set_name();"#,
            says: "before the child had set",
        },
        Wrong {
            clause: "In the parent call `get_name` once",
            change: r#"read(&reader, &mut [0])?;
            Ok(get_name())"#,
            to: r#"get_name();
            read(&reader, &mut [0])?;
            Ok(get_name())"#,
            says: "your process called it 2 times",
        },
        Wrong {
            clause: "a child that calls `set_name`",
            change: r#"    let (reader, writer) = pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            read(&reader, &mut [0])?;
            Ok(get_name())
        }
    }"#,
            to: r#"    set_name();
    Ok(get_name())"#,
            says: "the one that runs your function",
        },
        Wrong {
            clause: "calls `set_name`",
            change: r#"            set_name();
"#,
            to: r#""#,
            says: "nobody called it",
        },
        Wrong {
            clause: "Fork a child",
            change: r#"    let (reader, writer) = pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            read(&reader, &mut [0])?;
            Ok(get_name())
        }
    }"#,
            to: r#"    let (reader, writer) = pipe()?;
    for _ in 0..2 {
        match unsafe { fork() }? {
            ForkResult::Child => {}
            ForkResult::Parent { .. } => {
                read(&reader, &mut [0])?;
                return Ok(get_name());
            }
        }
    }
    set_name();
    write(&writer, b"..")?;
    exit(0)"#,
            says: "a child of process",
        },
        Wrong {
            clause: "In the parent call `get_name`",
            change: r#"    let (reader, writer) = pipe()?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, b".")?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            read(&reader, &mut [0])?;
            Ok(get_name())
        }
    }"#,
            to: r#"    let (reader, writer) = pipe()?;
    match unsafe { fork() }? {
        ForkResult::Child => {
            set_name();
            write(&writer, get_name().as_bytes())?;
            exit(0)
        }
        ForkResult::Parent { .. } => {
            let mut name = [0; 64];
            let length = read(&reader, &mut name)?;
            Ok(String::from_utf8_lossy(&name[..length]).into_owned())
        }
    }"#,
            says: "has not looked itself",
        },
        Wrong {
            clause: "call `get_name`",
            change: r#"read(&reader, &mut [0])?;
            Ok(get_name())"#,
            to: r#"read(&reader, &mut [0])?;
            let _ = get_name;
            Ok(nix::unistd::gethostname()?.to_string_lossy().into_owned())"#,
            says: "your process called it 0 times",
        },
        Wrong {
            clause: "Return what it returned",
            change: r#"read(&reader, &mut [0])?;
            Ok(get_name())"#,
            to: r#"read(&reader, &mut [0])?;
            get_name();
            Ok("slow".to_owned())"#,
            says: "get_name returned",
        },
    ],
    ..Exercise::NEW
};

/// The hostname that the child sets.
static NAME: OnceLock<String> = OnceLock::new();

/// Checks that the parent reads the hostname as soon as its child has set it.
pub fn uts2(answer: fn(Task, GetHostname) -> nix::Result<String>) -> ! {
    judge(|| {
        let _ = NAME.set(format!("helo-{}", random(0..1000)));
        let mut calls = Calls::receive()?;
        let process = run_answer(&EXERCISE, || answer(set_name, get_name))?;
        let called = |calls: &mut Calls| calls.all().iter().any(|it| it.report.starts_with(CALLED));
        wait_until(PATIENCE, || called(&mut calls));
        let calls = calls.all();
        check_setter(&calls, process.pid)?;
        check_getter(&calls, process.pid, &process.output)?;
        ensure(!calls.iter().any(|it| it.report == SLEEPS), || {
            wrong(
                "a parent that waits for a message from its child",
                "it slept for a time that it had chosen itself, by clock_nanosleep(2)",
                "a sleep is too short on some machine and too long on all others",
            )
        })?;
        Ok(format!(
            "the child set {:?}; its parent waited for that, and then read it",
            process.output
        ))
    })
}

/// Checks that a child of the caller called `set_name`.
fn check_setter(calls: &[Call], caller: Pid) -> Result<(), Finding> {
    let setters = calls.iter().filter_map(|it| Some((it.pid, it.report.strip_prefix(CALLED)?)));
    let setters: Vec<_> = setters.collect();
    let by_child = setters.len() == 1 && setters[0].1.trim() == caller.to_string();
    ensure(by_child, || {
        wrong(
            format!("set_name, once, in a child of process {caller}, which runs your function"),
            match setters[..] {
                [] => "nobody called it".to_owned(),
                [(pid, _)] if pid == caller => {
                    format!("process {caller} called it, the one that runs your function")
                }
                [(pid, parent)] => format!("process {pid} called it, a child of process{parent}"),
                _ => format!("it was called {} times", setters.len()),
            },
            "after fork(2) two processes run the same code; ForkResult::Child is for the child",
        )
    })
}

/// Checks that the caller called `get_name` after the name was set, and returned the result.
fn check_getter(calls: &[Call], caller: Pid, returned: &str) -> Result<(), Finding> {
    let getters = calls.iter().enumerate().filter(|(_, it)| it.report.starts_with(GOT));
    let getters: Vec<_> = getters.collect();
    let others: Vec<_> =
        getters.iter().map(|(_, it)| it.pid).filter(|pid| *pid != caller).collect();
    ensure(others.is_empty(), || {
        wrong(
            format!("get_name in the parent, process {caller}"),
            format!("process {} called it", others[0]),
            "a parent that only hands on what its child has read has not looked itself",
        )
    })?;
    let set = calls.iter().position(|it| it.report == SET);
    let early = getters.iter().any(|(at, _)| set.is_none_or(|set| *at < set));
    ensure(getters.len() == 1, || {
        wrong(
            "get_name, called once",
            format!("your process called it {} times", getters.len()),
            "one call is enough for a parent that knows when the name is set",
        )
    })?;
    let name = NAME.get().map_or("", String::as_str);
    let got = getters[0].1.report.trim_start_matches(GOT).trim();
    ensure(!early, || {
        wrong(
            "get_name after the child has set the name",
            format!("it returned {got:?}, before the child had set {name:?}"),
            "set_name may take long, and nothing kept the parent waiting until it had returned",
        )
    })?;
    ensure(returned == got, || {
        wrong(
            format!("{got:?}, which get_name returned"),
            format!("your function returned {returned:?}"),
            "the judge compares the two",
        )
    })
}

/// Returns the hostname that the caller sees.
pub type GetHostname = fn() -> String;

/// What the two functions report.
const CALLED: &str = "set_name has been called by a child of";
const SLEEPS: &str = "the parent sleeps";
const SET: &str = "the name is set";
const GOT: &str = "get_name returns";

/// Sets the hostname once the parent has waited for some time in one system call, so that
/// the time-out of a call is over, or after three seconds.
fn set_name() {
    let parent = getppid();
    report(format!("{CALLED} {parent}"));
    let mut waiting = (None, Instant::now());
    wait_until(PATIENCE, || {
        let call = sleeps_in(parent).filter(|call| !SLEEPING.contains(call));
        if call.is_none() || call != waiting.0 {
            waiting = (call, Instant::now());
        }
        waiting.1.elapsed() > WAITING
    });
    // A parent that sleeps for short times looks in between whether there is a message.
    let switches = status(parent, SWITCHES);
    let awake = || sleeps_in(parent).is_none_or(|call| !SLEEPING.contains(&call));
    let looks = wait_until(WAITING, || awake() || status(parent, SWITCHES) != switches);
    if !looks {
        report(SLEEPS);
    }
    let _ = sethostname(NAME.get().map_or("", String::as_str));
    report(SET);
}

fn get_name() -> String {
    let name = hostname();
    report(format!("{GOT} {name}"));
    name
}

/// How long a parent waits in one system call before the name is set.
const WAITING: Duration = Duration::from_millis(200);
/// The name is set after this time, whatever the parent does.
const PATIENCE: Duration = Duration::from_secs(3);
/// The field of `/proc/PID/status` that counts how often a process has gone to sleep.
const SWITCHES: &str = "voluntary_ctxt_switches";

/// The system calls that sleep for a time and wait for nothing else.
const SLEEPING: &[libc::c_long] = &[
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    #[cfg(target_pointer_width = "32")]
    407, // clock_nanosleep_time64
];
