//! Step 05: a root of one's own, PID 1, mounts that nobody else sees.

use std::fs;
use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::unistd::{Pid, getgid, getuid, pause};

use crate::process::{Task, bystander, learner, link, status};
use crate::sandbox::judge;
use crate::setns::drop_capabilities;
use crate::verdict::{Guess, ensure, wrong};

/// Wants the caller, who has no capabilities, as uid 0 of a new user namespace.
pub fn unshare1(answer: fn() -> io::Result<()>) -> ! {
    judge(|| {
        // An ordinary user of the sandbox: uid 1000, and nothing that root may do.
        let home = bystander(CloneFlags::CLONE_NEWUSER, || {
            let files = [("setgroups", "deny"), ("uid_map", "1000 0 1"), ("gid_map", "1000 0 1")];
            files.iter().try_for_each(|(file, text)| {
                fs::write(format!("/proc/self/{file}"), text).map_err(|_| Errno::EPERM)
            })
        })?;
        let it = learner(|| {
            let door = fs::File::open(format!("/proc/{}/ns/user", home.pid))?;
            setns(door, CloneFlags::CLONE_NEWUSER)?;
            drop_capabilities()?;
            answer()?;
            Ok::<_, io::Error>(format!("{}:{}", getuid(), getgid()))
        })?;
        let kernel = link(it.pid, "user");
        ensure(kernel != link(home.pid, "user"), || {
            wrong(
                "a user namespace of its own",
                format!("{kernel}, as everybody"),
                "nothing was unshared",
            )
        })?;
        for map in ["uid_map", "gid_map"] {
            let text = fs::read_to_string(format!("/proc/{}/{map}", it.pid)).unwrap_or_default();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            ensure(text == "0 0 1", || {
                wrong(
                    format!("0 inside for this user outside, one ID long, in {map}"),
                    format!("{text:?}"),
                    "IDs that no line of the map names are 65534, the overflow ID, inside",
                )
            })?;
        }
        ensure(it.said == "0:0", || {
            wrong("uid 0 and gid 0", &it.said, "the process is not root inside")
        })?;
        Ok(format!("{kernel}, uid_map and gid_map 0 0 1"))
    })
}

/// Wants a tmpfs on a directory that no process outside sees.
pub fn unshare2(answer: fn(&Path) -> nix::Result<()>) -> ! {
    judge(|| {
        let dir = Path::new("/tmp/scratch");
        let made = fs::create_dir(dir);
        ensure(made.is_ok(), || {
            wrong("a directory", format!("{made:?}"), "the sandbox is not usable")
        })?;
        let it = learner(|| answer(dir).map(|()| ""))?;
        let shown = |pid: Pid| {
            let mounts = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
            mounts.lines().any(|line| line.contains(" /tmp/scratch ") && line.contains(" - tmpfs "))
        };
        ensure(shown(it.pid), || {
            wrong(
                "a tmpfs on /tmp/scratch in the mount table of the process",
                format!("/proc/{}/mountinfo does not have it", it.pid),
                "nothing was mounted there",
            )
        })?;
        ensure(!shown(Pid::this()), || {
            wrong(
                "a mount that nobody outside sees",
                format!("/proc/{}/mountinfo has it, too", Pid::this()),
                "where / is shared, a copy of the mount table passes its mounts on \
                 until it is made private",
            )
        })?;
        Ok("the tmpfs is in your mount table and in no other".to_owned())
    })
}

/// Wants a prediction of what `unshare(CLONE_NEWPID)` does to the links of its caller.
pub fn unshare3(guesses: [(&str, Guess); 3], answer: fn() -> nix::Result<()>) -> ! {
    let guesses = guesses.map(|(kind, guess)| (kind.to_owned(), guess));
    judge(move || {
        ensure(guesses.iter().all(|(_, guess)| *guess != Guess::Unknown), || {
            wrong("a guess for each link, before you run", "nothing yet", "first predict, then run")
        })?;
        let it = learner(|| answer().map(|()| ""))?;
        let different =
            |kind: &str| link(it.pid, kind).replace("_for_children", "") != link(Pid::this(), kind);
        ensure(different("pid_for_children"), || {
            wrong(
                "a new PID namespace for the children of the process",
                format!("{}, as everybody", link(it.pid, "pid_for_children")),
                "unshare(2) was not called, or with other flags",
            )
        })?;
        for (kind, guess) in guesses {
            let truth = if different(&kind) { Guess::Different } else { Guess::Same };
            ensure(guess == truth, || {
                wrong(
                    format!("{guess:?} for {kind}, as you predicted"),
                    format!("{}, outside {}", link(it.pid, &kind), link(Pid::this(), &kind)),
                    "a process never changes its own PID: the new namespace is for its children",
                )
            })?;
        }
        Ok("three links, as you predicted".to_owned())
    })
}

/// Wants two processes in one new PID namespace, of which the first task is over
/// when the second begins.
pub fn unshare4(answer: fn(Task, Task) -> nix::Result<Pid>) -> ! {
    judge(|| {
        let elsewhere = bystander(CloneFlags::empty(), || Ok(()))?;
        let it = learner(|| answer(|| drop(fs::write("/tmp/first", "done")), pause))?;
        let second = Pid::from_raw(it.said.parse().unwrap_or_default());
        let inside = status(second, "NSpid");
        ensure(fs::read("/tmp/first").is_ok(), || {
            wrong("the first task done", "it never ran", "both tasks are to run")
        })?;
        ensure(link(second, "pid") != link(elsewhere.pid, "pid"), || {
            wrong(
                "the second task in a new PID namespace",
                format!("NSpid of {}: {inside}", it.said),
                "it has only one PID, or is gone: it was not born in a new namespace",
            )
        })?;
        let number: i32 =
            inside.rsplit(' ').next().and_then(|it| it.parse().ok()).unwrap_or_default();
        ensure(number > 1, || {
            wrong(
                "another process as PID 1",
                format!("NSpid of the second task: {inside}"),
                "the second task is the init of its namespace: the first ran elsewhere",
            )
        })?;
        Ok(format!("the second task is {inside}, outside and inside, and PID 1 lives"))
    })
}
