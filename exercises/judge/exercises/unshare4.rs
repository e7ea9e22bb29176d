//! PID 1 of a PID namespace.

use std::fs;
use std::io::Write;
use std::path::Path;

use nix::sched::CloneFlags;
use nix::unistd::{Pid, pause};

use crate::exercise::{Exercise, Wrong};
use crate::process::{Task, helper_process, link, run_answer, status};
use crate::sandbox::judge;
use crate::verdict::{ensure, wrong};

pub const EXERCISE: Exercise = Exercise {
    background: "
The first child in a new PID namespace becomes PID 1, its init. When PID 1 ends,
the kernel shuts the namespace down: every later fork(2) fails with ENOMEM.",
    task: "
In one new PID namespace, run `first` and, after it has ended, `second`, each in
its own process. Return the PID of the second as the caller sees it. Do not wait
for the second: the judge looks at it while it runs.",
    manual: "pid_namespaces(7)",
    starter: r#"
use std::process::exit;

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause};

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    // TODO: Which process is PID 1, and for how long?
    let first = fork_child(first)?;
    waitpid(first, None)?;
    fork_child(second)
}

fn fork_child(task: fn()) -> nix::Result<Pid> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            task();
            exit(0)
        }
    }
}

#[expect(dead_code, reason = "may be useful")]
fn init() {
    loop {
        pause();
    }
}

fn main() -> ! {
    judge::unshare4(run_both)
}
"#,
    solutions: &[(
        "nix",
        "
use std::process::exit;

use nix::sched::{CloneFlags, unshare};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause};

fn run_both(first: fn(), second: fn()) -> nix::Result<Pid> {
    unshare(CloneFlags::CLONE_NEWPID)?;
    fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;
    fork_child(second)
}

fn fork_child(task: fn()) -> nix::Result<Pid> {
    // SAFETY: this process has one thread.
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            task();
            exit(0)
        }
    }
}

fn init() {
    loop {
        pause();
    }
}

fn main() -> ! {
    judge::unshare4(run_both)
}
",
    )],
    hints: [
        "What must be true of PID 1 when you call fork(2) for the second time?",
        "It must be alive. Make the first child a process that stays alive (the init), and run both tasks in two more children.",
        "TODO",
    ],
    wrong: &[
        Wrong {
            clause: "TODO",
            change: "    fork_child(init)?;",
            to: "    let _ = init;",
            says: "whose PID 1 has died",
        },
        Wrong {
            clause: "TODO",
            change: "    unshare(CloneFlags::CLONE_NEWPID)?;
    fork_child(init)?;",
            to: "    let _ = (init, unshare(CloneFlags::empty()));",
            says: "not created in a new PID namespace",
        },
        Wrong {
            clause: "TODO",
            change: "    fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;",
            to: "    first();
    let _ = (init, waitpid::<Pid>);",
            says: "for the children of the process that calls unshare(2)",
        },
        Wrong {
            clause: "TODO",
            change: "    fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;
    fork_child(second)",
            to: "    fork_child(init)?;
    fork_child(first)?;
    let _ = waitpid::<Option<Pid>>;
    fork_child(second)",
            says: "waitpid(2) returns when a child has ended",
        },
        Wrong {
            clause: "TODO",
            change: "    fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;
    fork_child(second)",
            to: "    let stays = fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;
    fork_child(second)?;
    Ok(stays)",
            says: "the judge looks at the second task while it runs",
        },
        Wrong {
            clause: "TODO",
            change: "    fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;
    fork_child(second)",
            to: "    fork_child(init)?;
    let _ = second;
    waitpid(fork_child(first)?, None)?;
    fork_child(first)",
            says: "the judge looks at the second task while it runs",
        },
        Wrong {
            clause: "TODO",
            change: "    unshare(CloneFlags::CLONE_NEWPID)?;
    fork_child(init)?;
    let first = fork_child(first)?;
    waitpid(first, None)?;",
            to: "    let first = fork_child(first)?;
    waitpid(first, None)?;
    unshare(CloneFlags::CLONE_NEWPID)?;
    fork_child(init)?;",
            says: "unshare(2) comes before fork(2)",
        },
        Wrong {
            clause: "TODO",
            change: "    let first = fork_child(first)?;
    waitpid(first, None)?;",
            to: "    waitpid(fork_child(first)?, None)?;
    waitpid(fork_child(first)?, None)?;",
            says: "each once",
        },
    ],
    ..Exercise::NEW
};

/// Checks that the answer runs two tasks, one after the other, in one new PID namespace.
pub fn unshare4(answer: fn(Task, Task) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let outside = helper_process(CloneFlags::empty(), || Ok(()))?;
        let process = run_answer(&EXERCISE, || answer(first_task, second_task))?;
        let returned = Pid::from_raw(process.output.parse().unwrap_or_default());
        // It has been created, and begins when the scheduler lets it.
        let begins = || !status(returned, "State").starts_with(['S', 'Z', 'X', '(']);
        let recorded = || TaskRun::recorded("/tmp/second");
        while recorded().is_empty() && begins() {
            std::thread::yield_now();
        }
        let second = recorded();
        ensure(second.len() == 1 && second[0].pid == process.output, || {
            let pids: Vec<_> = second.iter().map(|it| it.pid.as_str()).collect();
            wrong(
                "the PID of the process that runs the second task, as its caller sees it",
                format!(
                    "your function returned {}; the second task ran in [{}]",
                    process.output,
                    pids.join(", ")
                ),
                "the judge looks at the second task while it runs",
            )
        })?;
        let first = TaskRun::recorded("/tmp/first");
        ensure(!first.is_empty(), || {
            wrong(
                "the second task begins after the first has ended",
                "the first had not begun when the second did",
                "waitpid(2) returns when a child has ended",
            )
        })?;
        ensure(first.len() == 1, || {
            wrong(
                "the first task runs once",
                format!("it has run {} times", first.len()),
                "your function has to run both tasks, each once",
            )
        })?;
        let first = &first[0];
        ensure(first.pid != process.pid.to_string(), || {
            wrong(
                "the first task in a process of its own",
                "it ran in the process that called your function",
                "a new PID namespace is for the children of the process that calls unshare(2)",
            )
        })?;
        ensure(first.namespace != link(outside.pid, "pid"), || {
            wrong(
                "the first task in a new PID namespace",
                format!("it ran in {}, like all processes outside", first.namespace),
                "it was not created in a new PID namespace: unshare(2) comes before fork(2)",
            )
        })?;
        let second = &second[0];
        ensure(second.namespace == first.namespace, || {
            wrong(
                format!("the second task in {}, like the first", first.namespace),
                format!("it ran in {}", second.namespace),
                "both tasks belong in one new PID namespace",
            )
        })?;
        ensure(!second.first_was_alive, || {
            wrong(
                "the second task begins after the first has ended",
                format!("process {} still existed when it began", first.pid),
                "waitpid(2) returns when a child has ended",
            )
        })?;
        let inside = status(returned, "NSpid");
        let number: i32 =
            inside.rsplit(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default();
        ensure(number > 1, || {
            wrong(
                "a different process as PID 1",
                format!("NSpid of the second task: {inside}"),
                "the second task is PID 1 of its namespace, so the first ran outside of it",
            )
        })?;
        Ok(format!(
            "the PIDs of the second task, outside and inside, are {inside}, and PID 1 is alive"
        ))
    })
}

/// What a task recorded when it ran. `/proc` shows it as the sandbox does: a task in a new
/// PID namespace has a second PID there.
struct TaskRun {
    pid: String,
    namespace: String,
    first_was_alive: bool,
}

impl TaskRun {
    /// Records the caller in a file.
    fn record(file: &str) {
        let link = |path: &str| fs::read_link(path).unwrap_or_default().display().to_string();
        let first = fs::read_to_string("/tmp/first").unwrap_or_default();
        let first = first.split(' ').next().unwrap_or_default();
        let alive = !first.is_empty() && Path::new("/proc").join(first).exists();
        let text = format!("{} {} {alive}\n", link("/proc/self"), link("/proc/self/ns/pid"));
        let opened = fs::File::options().append(true).create(true).open(file);
        let _ = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    }

    /// All that was recorded in a file.
    fn recorded(file: &str) -> Vec<TaskRun> {
        let text = fs::read_to_string(file).unwrap_or_default();
        let words = text.lines().map(|line| line.split(' ').map(str::to_owned).collect());
        let runs = words.filter_map(|words: Vec<_>| <[String; 3]>::try_from(words).ok());
        runs.map(|[pid, namespace, alive]| TaskRun {
            pid,
            namespace,
            first_was_alive: alive == "true",
        })
        .collect()
    }
}

/// A slow task: it ends once its parent sleeps, as it does when it waits.
fn first_task() {
    TaskRun::record("/tmp/first");
    let parent = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fourth field, the second after the name in parentheses (proc(5)).
    let parent = parent.rsplit(')').next().and_then(|it| it.split_whitespace().nth(1));
    let Some(Ok(parent)) = parent.map(str::parse) else { return };
    while !status(Pid::from_raw(parent), "State").starts_with('S') {
        std::thread::yield_now();
    }
}

/// A task that stays to be looked at.
fn second_task() {
    TaskRun::record("/tmp/second");
    pause();
}
