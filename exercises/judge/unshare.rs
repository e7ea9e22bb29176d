//! Step 05: root in a user namespace, private mounts, PID 1.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::{Pid, getgid, getuid, pause};

use crate::process::{Task, differing_kinds, helper_process, link, run_answer, status};
use crate::sandbox::judge;
use crate::setns::drop_capabilities;
use crate::verdict::{Guess, ensure, wrong};

/// Checks that the answer, without capabilities, becomes uid 0 of a new user namespace.
pub fn unshare1(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        // The answer runs here as an ordinary user: uid 1000, no capabilities.
        let user = helper_process(CloneFlags::CLONE_NEWUSER, || {
            let files = [("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")];
            files.iter().try_for_each(|(file, text)| {
                fs::write(format!("/proc/self/{file}"), text).map_err(|_| Errno::EPERM)
            })
        })?;
        let process = run_answer(|| {
            let file = fs::File::open(format!("/proc/{}/ns/user", user.pid))?;
            setns(file, CloneFlags::CLONE_NEWUSER)?;
            drop_capabilities()?;
            answer()?;
            Ok::<_, io::Error>(format!("{}:{}", getuid(), getgid()))
        })?;
        let kernel = link(process.pid, "user");
        ensure(kernel != link(user.pid, "user"), || {
            wrong(
                "a new user namespace",
                format!("{kernel}, which other processes share"),
                "the process has not called unshare(2) with the flag for user namespaces",
            )
        })?;
        let new = differing_kinds(user.pid, process.pid);
        ensure(new == ["user"], || {
            wrong(
                "no other new namespace",
                format!("new namespaces: {}", new.join(", ")),
                "each further flag isolates more than the exercise asks for",
            )
        })?;
        for map in ["uid_map", "gid_map"] {
            let text =
                fs::read_to_string(format!("/proc/{}/{map}", process.pid)).unwrap_or_default();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            ensure(text == "0 0 1", || {
                wrong(
                    format!("ID 0 inside for your own ID outside, one ID, in {map}"),
                    format!("{text:?}"),
                    "an ID without a line in the map appears as 65534, the overflow ID",
                )
            })?;
        }
        ensure(process.output == "0:0", || {
            wrong(
                "uid 0 and gid 0",
                &process.output,
                "the process is not root in its user namespace",
            )
        })?;
        Ok(format!("{kernel}, with 0 0 1 in uid_map and gid_map"))
    })
}

/// Checks that the answer mounts a tmpfs that no process outside sees.
pub fn unshare2(answer: fn(&Path) -> nix::Result<()>) -> ! {
    judge(|| {
        let dir = Path::new("/tmp/scratch");
        let created = fs::create_dir(dir);
        ensure(created.is_ok(), || {
            wrong("a directory", format!("{created:?}"), "the sandbox is not usable")
        })?;
        let process = run_answer(|| answer(dir).map(|()| ""))?;
        let is_mounted = |pid: Pid| {
            let mounts = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
            mounts.lines().any(|line| line.contains(" /tmp/scratch ") && line.contains(" - tmpfs "))
        };
        ensure(is_mounted(process.pid), || {
            wrong(
                "a tmpfs on /tmp/scratch in the mount table of your process",
                format!("/proc/{}/mountinfo does not list it", process.pid),
                "no tmpfs was mounted there",
            )
        })?;
        ensure(!is_mounted(Pid::this()), || {
            wrong(
                "a mount that no process outside sees",
                format!("/proc/{}/mountinfo, outside, lists it too", Pid::this()),
                "if / is shared, mounts in the new mount namespace propagate to the old one \
                 until you make them private",
            )
        })?;
        Ok("the tmpfs is in your process's mount table, and not in the one outside".to_owned())
    })
}

/// Checks a prediction of what `unshare(CLONE_NEWPID)` does to the links of its caller.
pub fn unshare3(guesses: [(&str, Guess); 3], answer: fn() -> nix::Result<()>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("Same or Different for each link", "Unknown", "first predict, then run")
        })?;
        let process = run_answer(|| answer().map(|()| ""))?;
        let different = |kind: &str| {
            link(process.pid, kind).replace("_for_children", "") != link(Pid::this(), kind)
        };
        ensure(different("pid_for_children"), || {
            wrong(
                "a new PID namespace for the children of the process",
                format!("{}, the same as outside", link(process.pid, "pid_for_children")),
                "the process has not called unshare(2) with the flag for PID namespaces",
            )
        })?;
        let more = differing_kinds(Pid::this(), process.pid);
        ensure(more.is_empty(), || {
            wrong(
                "a new PID namespace and no other new one",
                format!("new namespaces: {}", more.join(", ")),
                "unshare(2) got the flags of more kinds",
            )
        })?;
        for (kind, guess) in guesses {
            let truth = if different(&kind) { Guess::Different } else { Guess::Same };
            ensure(guess == truth, || {
                wrong(
                    format!("you predicted {guess:?} for {kind}"),
                    format!(
                        "{truth:?}: {} in your process, {} outside",
                        link(process.pid, &kind),
                        link(Pid::this(), &kind)
                    ),
                    "a process never changes its own PID: the new namespace is for its children",
                )
            })?;
        }
        Ok("three links, all as you predicted".to_owned())
    })
}

/// Checks that the answer runs two tasks, one after the other, in one new PID namespace.
pub fn unshare4(answer: fn(Task, Task) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let outside = helper_process(CloneFlags::empty(), || Ok(()))?;
        let process = run_answer(|| answer(first_task, second_task))?;
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
