//! Step 05: root in a user namespace, private mounts, PID 1.

use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::{Pid, getgid, getuid, pause};

use crate::process::{Task, helper_process, link, run_answer, status};
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
        let process = run_answer(|| answer(|| drop(fs::write("/tmp/first", "done")), pause))?;
        let second = Pid::from_raw(process.output.parse().unwrap_or_default());
        let inside = status(second, "NSpid");
        ensure(fs::read("/tmp/first").is_ok(), || {
            wrong("the first task has run", "it has not run", "your function has to run both tasks")
        })?;
        ensure(link(second, "pid") != link(outside.pid, "pid"), || {
            wrong(
                "the second task in a new PID namespace",
                format!("NSpid of {}: {inside}", process.output),
                "it has only one PID, or has ended: it was not created in a new PID namespace",
            )
        })?;
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
