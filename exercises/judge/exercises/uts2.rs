//! A parent that waits until its child has set the hostname.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getppid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::language::{Both, text};
use crate::observe::calls::{Call, Calls, random, report};
use crate::observe::child::hostname;
use crate::observe::waiting::{sleeps_in, wait_until};
use crate::process::{Task, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{Finding, ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: Both(
        "
A child sets the hostname, then its parent reads it. How does the parent know
when? A sleep is too long on one machine and too short on another.",
        "
자식이 호스트 이름을 바꾸고, 그다음 부모가 읽습니다. 부모는 언제 읽어야 할지
어떻게 알까요? sleep은 어떤 컴퓨터에서는 너무 길고 어떤 컴퓨터에서는 너무
짧습니다.",
    ),
    task: Both(
        "
Fork a child that calls `set_name`. In the parent call `get_name` once, as soon
as the child has set the name, and not before. Return what it returned.",
        "
`set_name`을 호출하는 자식을 fork하세요. 부모에서는 자식이 이름을
바꾸자마자, 그 전이 아니라, `get_name`을 한 번 호출하세요. 그것이 반환한
값을 반환하세요.",
    ),
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
        Both(
            "What does read(2) do on a pipe that is still empty?",
            "비어 있는 파이프에서 read(2)는 무엇을 하나요?",
        ),
        Both(
            "It blocks until some process writes, or until no process has the write end open any \
             more. The byte that you send has no meaning: its arrival is the message.",
            "어떤 프로세스가 쓸 때까지, 또는 쓰는 쪽을 연 프로세스가 하나도 없을 때까지 \
             기다립니다. 보내는 바이트에는 뜻이 없습니다. 도착했다는 것 자체가 메시지입니다.",
        ),
        Both::same(
            "            read(&reader, &mut [0])?;
            Ok(get_name())",
        ),
    ],
    errors: &[
        (
            "EBADF",
            Both(
                "this end of the pipe is closed, or it is the wrong one: `reader` comes first",
                "파이프의 이쪽 끝이 닫혀 있거나 반대쪽 끝입니다. `reader`가 먼저입니다",
            ),
        ),
        (
            "EAGAIN",
            Both(
                "the pipe is empty, and O_NONBLOCK keeps read(2) from waiting",
                "파이프가 비어 있고, O_NONBLOCK 때문에 read(2)가 기다리지 않습니다",
            ),
        ),
        (
            "ECHILD",
            Both(
                "waitpid(2) has no child to wait for: fork(2) comes first",
                "waitpid(2)가 기다릴 자식이 없습니다. fork(2)가 먼저입니다",
            ),
        ),
        (
            "EPIPE",
            Both(
                "nobody can read what the child writes: the parent has closed `reader`",
                "자식이 쓰는 것을 읽을 프로세스가 없습니다. 부모가 `reader`를 닫았습니다",
            ),
        ),
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
                text!(
                    "a parent that waits for a message from its child",
                    "자식의 메시지를 기다리는 부모",
                ),
                text!(
                    "it slept for a time that it had chosen itself, by clock_nanosleep(2)",
                    "clock_nanosleep(2)로 자기가 정한 시간 동안 잠들어 있었습니다",
                ),
                text!(
                    "a sleep is too short on some machine and too long on all others",
                    "sleep은 어떤 컴퓨터에서는 너무 짧고 나머지 모든 컴퓨터에서는 너무 깁니다",
                ),
            )
        })?;
        Ok(text!(
            "the child set {:?}; its parent waited for that, and then read it",
            "자식이 {:?}(으)로 바꾸었고, 부모는 그것을 기다렸다가 읽었습니다",
            process.output,
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
            text!(
                "set_name, once, in a child of process {caller}, which runs your function",
                "함수를 실행하는 {caller}번 프로세스의 자식에서 set_name을 한 번 호출",
            ),
            match setters[..] {
                [] => text!("nobody called it", "아무도 호출하지 않았습니다"),
                [(pid, _)] if pid == caller => {
                    text!(
                        "process {caller} called it, the one that runs your function",
                        "함수를 실행하는 {caller}번 프로세스가 호출했습니다",
                    )
                }
                [(pid, parent)] => text!(
                    "process {pid} called it, a child of process{parent}",
                    "{pid}번 프로세스가 호출했고, 그 부모는{parent}번입니다",
                ),
                _ => text!("it was called {} times", "{}번 호출되었습니다", setters.len()),
            },
            text!(
                "after fork(2) two processes run the same code; ForkResult::Child is for the child",
                "fork(2) 다음에는 두 프로세스가 같은 코드를 실행합니다. ForkResult::Child가 자식의 \
                 것입니다",
            ),
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
            text!(
                "get_name in the parent, process {caller}",
                "부모인 {caller}번 프로세스에서 get_name 호출",
            ),
            text!("process {} called it", "{}번 프로세스가 호출했습니다", others[0]),
            text!(
                "a parent that only hands on what its child has read has not looked itself",
                "자식이 읽은 것을 그대로 넘기기만 하는 부모는 직접 본 것이 아닙니다",
            ),
        )
    })?;
    let set = calls.iter().position(|it| it.report == SET);
    let early = getters.iter().any(|(at, _)| set.is_none_or(|set| *at < set));
    ensure(getters.len() == 1, || {
        wrong(
            text!("get_name, called once", "get_name을 한 번 호출"),
            text!(
                "your process called it {} times",
                "여러분의 프로세스가 {}번 호출했습니다",
                getters.len(),
            ),
            text!(
                "one call is enough for a parent that knows when the name is set",
                "이름이 언제 바뀌는지 아는 부모에게는 한 번이면 충분합니다",
            ),
        )
    })?;
    let name = NAME.get().map_or("", String::as_str);
    let got = getters[0].1.report.trim_start_matches(GOT).trim();
    ensure(!early, || {
        wrong(
            text!(
                "get_name after the child has set the name",
                "자식이 이름을 바꾼 다음에 get_name 호출",
            ),
            text!(
                "it returned {got:?}, before the child had set {name:?}",
                "자식이 {name:?}로 바꾸기 전에 {got:?}를 반환했습니다",
            ),
            text!(
                "set_name may take long, and nothing kept the parent waiting until it had returned",
                "set_name은 오래 걸릴 수 있는데, 그것이 반환할 때까지 부모를 기다리게 하는 것이 \
                 없었습니다",
            ),
        )
    })?;
    ensure(returned == got, || {
        wrong(
            text!("{got:?}, which get_name returned", "{got:?}, get_name이 반환한 값"),
            text!("your function returned {returned:?}", "함수가 반환한 값은 {returned:?}"),
            text!("the judge compares the two", "채점 프로그램이 두 값을 비교합니다"),
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
