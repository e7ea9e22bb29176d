//! A parent that waits until its child has set the hostname.

use std::fs::{self, File};
use std::io::Write;

use nix::unistd::{gethostname, getpid, getppid, sethostname};

use crate::exercise::{Exercise, Wrong};
use crate::process::{Task, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
A child sets the hostname, then its parent reads it. How does the parent know
when? A sleep is too long on one machine and too short on another.",
    task: "
Fork a child that calls `set_name`. In the parent, call `get_name` as soon as the
child has set the name, not before, and return what it returns.",
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
    solutions: &[(
        "nix",
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
    )],
    hints: [
        "What does read(2) do on a pipe that is still empty?",
        "It blocks until some process writes, or until no process has the write end open any more. The byte that you send has no meaning: its arrival is the message.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "read(&reader, &mut [0])?;
            Ok(get_name())",
            to: "let name = get_name();
            read(&reader, &mut [0])?;
            Ok(name)",
            says: "read the hostname before the child had set it",
        },
        Wrong {
            clause: "TODO",
            change: "read(&reader, &mut [0])?;
            Ok(get_name())",
            to: "std::thread::sleep(std::time::Duration::from_millis(900));
            read(&reader, &mut [0])?;
            Ok(get_name())",
            says: "too short on some machine",
        },
        Wrong {
            clause: "TODO",
            change: r#"            set_name();
            write(&writer, b".")?;"#,
            to: r#"            write(&writer, b".")?;
            set_name();"#,
            says: "read the hostname before the child had set it",
        },
        Wrong {
            clause: "TODO",
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
            to: "    set_name();
    Ok(get_name())",
            says: "its child is the one that sets the name",
        },
        Wrong {
            clause: "TODO",
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
            to: "    let (reader, writer) = pipe()?;
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
    }",
            says: "has not looked itself",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the parent reads the hostname as soon as its child has set it.
pub fn uts2(answer: fn(Task, GetHostname) -> nix::Result<String>) -> ! {
    judge(|| {
        let process = run_answer(&EXERCISE, || answer(set_when_parent_waits, current_hostname))?;
        let caller = process.pid.to_string();
        let setter = fs::read_to_string(SETTER).unwrap_or_default();
        ensure(setter.split_once(' ').is_some_and(|(_, parent)| parent == caller), || {
            wrong(
                "set_name in a child of the caller",
                match setter.split_once(' ') {
                    Some((pid, parent)) => format!("process {pid} called it, a child of {parent}"),
                    None => "nobody called it".to_owned(),
                },
                format!("the caller is process {caller}; its child is the one that sets the name"),
            )
        })?;
        let getters = fs::read_to_string(GETTERS).unwrap_or_default();
        ensure(getters.lines().all(|getter| getter == caller), || {
            wrong(
                format!("get_name in the caller, process {caller}"),
                format!("called by process {}", getters.lines().collect::<Vec<_>>().join(", ")),
                "a parent that only hands on what its child has read has not looked itself",
            )
        })?;
        ensure(process.output == "slow", || {
            wrong(
                "the hostname slow, which the child sets once its parent waits",
                format!("your function returned {:?}", process.output),
                "the parent read the hostname before the child had set it",
            )
        })?;
        let slept = fs::read_to_string("/tmp/slept").unwrap_or_default();
        ensure(slept.is_empty(), || {
            wrong(
                "a parent that waits for a message from its child",
                format!("it waits in {slept}"),
                "a sleep is too short on some machine and too long on all others",
            )
        })?;
        Ok("the parent waited for its child's message and then read the hostname".to_owned())
    })
}

/// Returns the hostname that the caller sees.
pub type GetHostname = fn() -> String;

/// Where the process that sets the hostname records its PID and that of its parent.
const SETTER: &str = "/tmp/setter";
/// Where each process that reads the hostname adds its PID.
const GETTERS: &str = "/tmp/getters";

/// Sets the hostname once the parent sleeps in a system call, and records that call if
/// it is `clock_nanosleep(2)`.
fn set_when_parent_waits() {
    let parent = getppid();
    let _ = fs::write(SETTER, format!("{} {parent}", getpid()));
    let call = loop {
        // A parent that is running may be on its way into the call, or out of it.
        let asleep = status(parent, "State").starts_with('S');
        let text = fs::read_to_string(format!("/proc/{parent}/syscall")).unwrap_or_default();
        let number: Option<libc::c_long> =
            text.split(' ').next().and_then(|word| word.parse().ok());
        match number {
            Some(number) if asleep && number >= 0 => break number,
            _ => std::thread::yield_now(),
        }
    };
    if call == libc::SYS_clock_nanosleep {
        let _ = fs::write("/tmp/slept", "clock_nanosleep(2)");
    }
    let _ = sethostname("slow");
}

fn current_hostname() -> String {
    let getters = File::options().append(true).create(true).open(GETTERS);
    let _ = getters.and_then(|mut file| writeln!(file, "{}", getpid()));
    gethostname().unwrap_or_default().to_string_lossy().into_owned()
}
