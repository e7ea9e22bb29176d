//! A machine that booted a week earlier.

use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::Pid;

use crate::exercise::{Exercise, Wrong};
use crate::observe::tasks::{check_stays, stay};
use crate::process::{Task, link, run_answer};
use crate::sandbox::judge;
use crate::verdict::{ensure, unavailable, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
uptime prints the time on CLOCK_BOOTTIME. A time namespace adds an offset to that
clock, and another to CLOCK_MONOTONIC. Both are in /proc/PID/timens_offsets, for
the time namespace that the next child of the process will be in. To set one,
write a line such as \"boottime 60 0\", for 60 s and 0 ns. `child` never returns.",
    task: "
Run `child` in a new time namespace, where CLOCK_BOOTTIME is a week ahead of the
caller's. The caller stays in its time namespace. Return the child's PID as the
caller sees it.",
    manual: "time_namespaces(7), unshare(2)",
    starter: r#"
use std::{fs, io};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> io::Result<Pid> {
    // nix has no name for this flag.
    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    let pid = judge::fork_task(child)?;
    // TODO: Why does the kernel refuse this now, and how many seconds are a week?
    fs::write("/proc/self/timens_offsets", "boottime 60 0")?;
    Ok(pid)
}

fn main() -> ! {
    judge::time1(run)
}
"#,
    solutions: &[
        (
            "unshare, write, fork",
            r#"
use std::{fs, io};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::Pid;

fn run(child: fn()) -> io::Result<Pid> {
    // nix has no name for this flag.
    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(judge::fork_task(child)?)
}

fn main() -> ! {
    judge::time1(run)
}
"#,
        ),
        (
            "the child moves itself, and both clocks are ahead",
            r#"
use std::fs::{self, File};
use std::io;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::unistd::Pid;

const CLONE_NEWTIME: CloneFlags = CloneFlags::from_bits_retain(libc::CLONE_NEWTIME);

fn run(child: fn()) -> io::Result<Pid> {
    Ok(judge::fork_child(|| {
        enter().map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
        child();
        Ok(())
    })?)
}

fn enter() -> io::Result<()> {
    unshare(CLONE_NEWTIME)?;
    fs::write("/proc/self/timens_offsets", "monotonic 604800 0\nboottime 604800 0\n")?;
    let namespace = File::open("/proc/self/ns/time_for_children")?;
    Ok(setns(namespace, CLONE_NEWTIME)?)
}

fn main() -> ! {
    judge::time1(run)
}
"#,
        ),
    ],
    hints: [
        "Until when can the offsets of a time namespace be set?",
        "Until the first process is in it, and that is the first child. So write between \
         unshare(2) and fork(2). A week has 7 * 86400 seconds.",
        r#"    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(judge::fork_task(child)?)"#,
    ],
    errors: &[
        (
            "EACCES",
            "the offsets of a time namespace are fixed as soon as its first process is there: \
             which process is that, and when does it start?",
        ),
        (
            "EPERM",
            "to set offsets takes CAP_SYS_TIME in the user namespace that owns the time namespace, \
             and the caller has it only for namespaces that it has created: does unshare(2) come \
             before you write?",
        ),
        (
            "EINVAL",
            "a line for timens_offsets is the name of a clock (monotonic or boottime), seconds and \
             nanoseconds: what do you write?",
        ),
        ("ERANGE", "with this offset a clock would be before 0, or further ahead than it can be"),
    ],
    wrong: &[
        Wrong {
            clause: "in a new time namespace",
            change: r#"    unshare(CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;"#,
            to: "    unshare(CloneFlags::empty())?;",
            says: "which flag of unshare(2) is for time namespaces",
        },
        Wrong {
            clause: "CLOCK_BOOTTIME is a week ahead",
            change: r#"    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(judge::fork_task(child)?)"#,
            to: r#"    let pid = judge::fork_task(child)?;
    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
    Ok(pid)"#,
            says: "as soon as its first process is there",
        },
        Wrong {
            clause: "CLOCK_BOOTTIME is a week ahead",
            change: "boottime 604800",
            to: "monotonic 604800",
            says: "which of the two clocks does uptime show?",
        },
        Wrong {
            clause: "a week ahead",
            change: "boottime 604800",
            to: "boottime 10080",
            says: "how many seconds are a week?",
        },
        Wrong {
            clause: "ahead of the caller's",
            change: r#"    fs::write("/proc/self/timens_offsets", "boottime 604800 0")?;
"#,
            to: "",
            says: "a new time namespace begins with the offsets of the old one",
        },
        Wrong {
            clause: "The caller stays in its time namespace.",
            change: "    Ok(judge::fork_task(child)?)",
            to: r#"    let namespace = fs::File::open("/proc/self/ns/time_for_children")?;
    nix::sched::setns(namespace, CloneFlags::from_bits_retain(libc::CLONE_NEWTIME))?;
    Ok(judge::fork_task(child)?)"#,
            says: "it has moved to",
        },
        Wrong {
            clause: "Run `child`",
            change: "judge::fork_task(child)",
            to: "judge::fork_task(|| loop { let _ = child; nix::unistd::pause(); })",
            says: "what does the child do first?",
        },
        Wrong {
            clause: "Return the child's PID",
            change: "    Ok(judge::fork_task(child)?)",
            to: "    judge::fork_task(child)?;
    Ok(Pid::from_raw(1))",
            says: "that does not run it",
        },
    ],
    ..Exercise::NEW
};

const WEEK: i64 = 7 * 86400;

/// Checks that the answer runs a task in a new time namespace, a week after boot at least.
pub fn time1(answer: fn(Task) -> io::Result<Pid>) -> ! {
    judge(|| {
        if !Path::new("/proc/self/ns/time").exists() {
            let advice = "This kernel has no time namespaces (CONFIG_TIME_NS)";
            return Err(unavailable("readlink(/proc/self/ns/time)", Errno::ENOENT, advice));
        }
        let process = run_answer(&EXERCISE, || answer(stay))?;
        let child = Pid::from_raw(process.output.parse().unwrap_or_default());
        check_stays(&[child], "child")?;
        let (outside, caller) = (link(Pid::this(), "time"), link(process.pid, "time"));
        ensure(caller == outside, || {
            wrong(
                format!("the caller in {outside}, its time namespace"),
                format!("it has moved to {caller}"),
                "unshare(2) leaves its caller where it is: which call moves it?",
            )
        })?;
        let (inside, for_children) = (link(child, "time"), link(child, "time_for_children"));
        ensure(inside != outside, || {
            wrong(
                format!("process {child} in a new time namespace"),
                format!("{inside}, like the caller"),
                "which flag of unshare(2) is for time namespaces, and is it there before fork(2)?",
            )
        })?;
        // The file with the offsets is about this one.
        ensure(inside == for_children, || {
            wrong(
                format!("process {child}, and its children, in one new time namespace"),
                format!("it is in {inside}, and its children would be in {for_children}"),
                "how often do you call unshare(2)?",
            )
        })?;
        let ahead = offset("boottime", child) - offset("boottime", Pid::this());
        ensure(ahead == WEEK, || {
            let monotonic = offset("monotonic", child) - offset("monotonic", Pid::this());
            wrong(
                format!("CLOCK_BOOTTIME of process {child} ahead by {WEEK} s"),
                format!("it is ahead by {ahead} s, and CLOCK_MONOTONIC by {monotonic} s"),
                match (ahead, monotonic) {
                    (0, 0) => {
                        "a new time namespace begins with the offsets of the old one: what do you \
                         write to timens_offsets, and of which process?"
                    }
                    (0, _) => "which of the two clocks does uptime show?",
                    _ => "how many seconds are a week?",
                },
            )
        })?;
        Ok(format!("CLOCK_BOOTTIME in {inside} is {ahead} s ahead of that in {outside}"))
    })
}

/// By how many seconds a clock is ahead in the time namespace of the children of a process.
fn offset(clock: &str, pid: Pid) -> i64 {
    let text = fs::read_to_string(format!("/proc/{pid}/timens_offsets")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(clock));
    line.and_then(|it| it.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
